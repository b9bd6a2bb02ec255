"""What is decided belongs to the time of the log; what leaves, to the time of people."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas import topics
from tests.builders import (
    World,
    added,
    asked,
    book,
    bought,
    clicked,
    consented,
    emptied,
    identified,
    minute,
    ordered,
    replied,
)
from tests.properties.cluster import Cluster, Turn
from tests.properties.saying import LIVE, SIGNALS, decided, ids, records, requests, states

CUSTOMER = (consented(-10), identified(-1))
OUTAGE = (10, 190)
CUTS = pytest.mark.parametrize("turns", [1, 3, 36])


def after_an_outage(*backlog: Any, turns: int, before: tuple[Any, ...] = ()) -> Cluster:
    """A cart in minute 0, nobody at work from minute 10 to 190, and then the backlog in so many turns."""
    began, ended = OUTAGE
    found = Cluster(LIVE, 2, 2).work([Turn((*CUSTOMER, *before, added(0)), minute(began))])
    found.visits.restart()
    found.care.restart()
    found.now = minute(ended)
    length = (ended - began) / turns
    for turn in range(turns):
        reached = minute(began + length * (turn + 1))
        events = [event for event in backlog if minute(began + length * turn) <= event.received_at < reached]
        found.turn(Turn(tuple(events), reached))
    found.now = None
    return found.work([Turn((), minute(ended + n)) for n in range(5)])


@CUTS
def test_a_buyer_in_the_backlog_is_not_mailed(turns: int) -> None:
    found = after_an_outage(ordered(150), turns=turns)
    assert records(found.published, *topics.OUTREACH.values()) == []
    assert {outcome for outcome, _ in decided(found)} == {"held", "withdrawn"}
    assert decided(found)[-1] == ("withdrawn", "condition")
    assert {row.guard for row in records(found.published, topics.DECISIONS) if row.outcome == "held"} == {
        "backlog"
    }
    assert [one.kind for one in records(found.published, *SIGNALS)] == ["abandoned", "recovered"]


@CUTS
@pytest.mark.parametrize("then", [emptied(150), added(150, "p2"), consented(150, consent="denied")])
def test_nor_is_who_emptied_or_changed_the_cart_or_wants_no_mails(turns: int, then: Any) -> None:
    found = after_an_outage(then, turns=turns)
    assert records(found.published, *topics.OUTREACH.values()) == []


@CUTS
def test_nor_is_who_waits_for_an_answer(turns: int) -> None:
    found = after_an_outage(asked(150), turns=turns)
    assert records(found.published, *topics.OUTREACH.values()) == []
    assert decided(found)[-1][0] == "held"


@CUTS
@pytest.mark.parametrize(
    "then",
    [
        pytest.param(asked(150, customer="phone"), id="a question"),
        pytest.param(ordered(150, customer="phone"), id="an order"),
        pytest.param(consented(150, customer="phone", consent="denied"), id="a denial"),
    ],
)
def test_nor_is_who_is_told_about_under_another_name(turns: int, then: Any) -> None:
    """It is forwarded, and heard when the clock has long reached the time of people."""
    devices = (clicked(-5, visitor="phone"), identified(-4, visitor="phone"))
    found = after_an_outage(then, turns=turns, before=devices)
    assert records(found.published, *topics.OUTREACH.values()) == []


@CUTS
def test_who_did_nothing_is_mailed_once_the_backlog_is_worked_off(turns: int) -> None:
    found = after_an_outage(turns=turns)
    assert [request.occurred_at >= minute(OUTAGE[1] - 3) for request in requests(found)] == [True]


def test_an_import_publishes_no_outreach_also_with_mode_live() -> None:
    found = Cluster(book("outreach.mode=live", "outreach.quiet_hours.enabled=false"))
    found.held = True
    found.work(
        [Turn((*CUSTOMER, added(0)), minute(1)), Turn((), minute(100)), Turn((ordered(110),), minute(120))]
    )
    assert records(found.published, *topics.OUTREACH.values()) == []
    assert decided(found) == [("shadowed", "emit"), ("cancelled", "condition")]


WEBHOOKS = [ordered(20), asked(30), replied(40), consented(-5), added(5, "p2"), bought(50)]


@pytest.mark.parametrize("webhook", WEBHOOKS, ids=lambda event: event.type)
@pytest.mark.parametrize("later", [60, 24 * 60, 20 * 24 * 60])
def test_a_webhook_delivered_again_changes_nothing(webhook: Any, later: float) -> None:
    life = [*CUSTOMER, added(0), *WEBHOOKS]
    life.sort(key=lambda event: event.occurred_at)
    at = 50 + later
    once = World(LIVE).hear(*life).until(at)
    twice = World(LIVE).hear(*life).until(at).hear(replace(webhook, received_at=minute(at)))
    assert ids(twice) == ids(once)
    assert states(twice) == states(once)
