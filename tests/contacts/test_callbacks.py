"""Call-backs as promises: requested, attempted, reached, expired; was the window kept? Minutes."""

from typing import Any

import pytest

from schemas import topics
from tests.builders import asked, minute, minutes, replied, status
from tests.contacts.telling import DAY, heard, rules, signals, told


def requested(at: float, window: tuple[float, float] | None = (60, 120)) -> Any:
    promised = {} if window is None else {"window_from": minute(window[0]), "window_until": minute(window[1])}
    return told("callback_requested", at, **promised)


def attempted(at: float) -> Any:
    return told("callback_attempted", at)


def reached(at: float) -> Any:
    return told("callback_reached", at)


KINDS = (
    "callback_requested",
    "callback_attempted",
    "callback_reached",
    "callback_expired",
    "breached",
    "closed",
)


def story(*events: Any, until: float = 3 * DAY, book: Any = None) -> list[tuple[str, float, bool | None]]:
    found = signals(heard(*events, until=until, book=book), *KINDS, clock="callback")
    return [(one.kind.removeprefix("callback_"), minutes(one.occurred_at), one.window_kept) for one in found]


REQUESTED = ("requested", 0, None)
MISSED = ("breached", 120, False)


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        pytest.param([reached(60)], [("reached", 60, True)], id="when the window opens"),
        pytest.param([reached(120)], [("reached", 120, True)], id="at its very end"),
        pytest.param([reached(121)], [MISSED, ("reached", 121, False)], id="after it"),
        pytest.param([reached(59)], [("reached", 59, None)], id="before it: neither kept nor missed"),
        pytest.param(
            [attempted(70), reached(300)],
            [("attempted", 70, True), ("reached", 300, True)],
            id="called in it, reached later",
        ),
        pytest.param(
            [attempted(50), reached(200)],
            [("attempted", 50, None), MISSED, ("reached", 200, False)],
            id="called before it only",
        ),
        pytest.param([], [MISSED, ("expired", 120 + DAY, False)], id="never"),
        pytest.param(
            [attempted(70), attempted(80), attempted(90)],
            [
                ("attempted", 70, True),
                ("attempted", 80, True),
                ("attempted", 90, True),
                ("expired", 90, True),
            ],
            id="as many attempts as there may be",
        ),
        pytest.param([status("solved", 30)], [("closed", 30, None)], id="solved otherwise"),
        pytest.param([told("callback_cancelled", 30)], [("closed", 30, None)], id="no longer wanted"),
    ],
)
def test_a_promised_window(events: list[Any], expected: list[Any]) -> None:
    assert story(requested(0), *events) == [REQUESTED, *expected]


def test_wait_is_counted_from_the_request_and_from_the_last_attempt() -> None:
    world = heard(requested(0), attempted(70), attempted(100), reached(130))
    waits = [
        (one.elapsed_ms / 60_000, (one.net_ms or 0) / 60_000, one.attempts)
        for one in signals(world, "callback_attempted", "callback_reached")
    ]
    assert waits == [(70, 70, 1), (100, 30, 2), (130, 30, 2)]


def test_without_a_window_the_target_is_the_promise() -> None:
    book = rules('[rules.contacts.callback]\ntarget = "2h"\nexpires_after = "1h"')
    assert story(requested(0, None), book=book) == [
        REQUESTED,
        ("breached", 120, None),
        ("expired", 180, None),
    ]


def test_without_window_and_target_it_only_expires() -> None:
    assert story(requested(0, None)) == [REQUESTED, ("expired", DAY, None)]


def test_a_new_window_replaces_the_old_one() -> None:
    told_again = requested(30, (200, 260))
    assert story(requested(0), told_again, reached(250)) == [
        REQUESTED,
        ("requested", 30, None),
        ("reached", 250, True),
    ]


def test_who_asked_to_be_called_waits_until_reached() -> None:
    world = heard(requested(0), reached(70))
    assert [one.waiting for one in world.said(topics.CONTACTS)] == [True, False]


def test_being_reached_answers_what_was_asked() -> None:
    world = heard(asked(0), requested(5), reached(30))
    assert [one.kind for one in signals(world, "answered", clock="first_reply")] == ["answered"]


def test_a_written_reply_keeps_the_promise_open() -> None:
    assert story(requested(0), replied(30), until=40) == [REQUESTED]
