"""What was said then and is said now, by group: the same, at another time, only then, only now."""

from collections.abc import Iterable
from typing import Any

import pytest
from msgspec.structs import replace

from schemas import topics
from schemas.outputs import AbandonmentSignal, Decision
from schemas.topics import Output
from schemas.words import GuardResult
from streams.care import Care
from streams.errors import FixConfiguration
from streams.formats.base import Row
from streams.replay import PUBLISHED, Replay
from streams.rules.book import RuleBook
from streams.shadow import comparing
from streams.shadow.comparing import MOVED, Comparison, Count, same
from streams.visits import Visits
from tests.builders import World, book, line, minute
from tests.properties.always import always
from tests.properties.cluster import topics_of
from tests.properties.lives import END, LIVES
from tests.properties.saying import LIVE

UNTIL = END + 8 * 60
SIGNALS = topics.ABANDONMENT_SIGNALS.label


def left(at: float, cart: str = "c1", **said: Any) -> AbandonmentSignal:
    """A cart was left."""
    base: dict[str, Any] = {
        "event_id": f"{cart} {at}",
        "profile_id": "ann",
        "visitor_id": "v",
        "kind": "abandoned",
        "stage": "cart",
        "rules_version": "1",
        "cart_id": cart,
        "opened_by": "e",
        "changed_by": "e",
        "lines": (line(),),
    }
    moments = dict.fromkeys(("occurred_at", "processed_at", "changed_at", "last_activity_at"), minute(at))
    return AbandonmentSignal(**{**base, **moments, **said})


def compared(then: Iterable[Any], now: Iterable[Any]) -> dict[str, Count]:
    found = Comparison()
    for record in then:
        found.then(SIGNALS, record)
    for record in now:
        found.now(SIGNALS, record)
    return {kind: count for (_, kind), count in found.counts().items()}


def numbers(count: Count) -> tuple[int, ...]:
    return count.then, count.now, count.only_then, count.only_now, count.moved


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        pytest.param([left(1)], [left(1)], (1, 1, 0, 0, 0), id="the same"),
        pytest.param([left(1)], [left(1, event_id="x", rules_version="2")], (1, 1, 0, 0, 0), id="another id"),
        pytest.param([left(1)], [], (1, 0, 1, 0, 0), id="only then"),
        pytest.param([], [left(1)], (0, 1, 0, 1, 0), id="only now"),
        pytest.param([left(1)], [left(31)], (1, 1, 0, 0, 1), id="later"),
        pytest.param([left(1)], [left(1, "c2")], (1, 1, 1, 1, 0), id="another cart"),
        pytest.param([left(1)], [left(1, changed_by="f")], (1, 1, 1, 1, 0), id="another episode"),
        pytest.param([left(1)], [left(1, profile_id="bea")], (1, 1, 1, 1, 0), id="another customer"),
        pytest.param([left(1), left(90)], [left(90)], (2, 1, 1, 0, 0), id="the same times belong together"),
        pytest.param([left(1), left(90)], [left(90), left(9)], (2, 2, 0, 0, 1), id="and the others do"),
        pytest.param([left(5), left(5)], [left(5)], (2, 1, 1, 0, 0), id="twice, once"),
    ],
)
def test_counts(then: list[Any], now: list[Any], expected: tuple[int, ...]) -> None:
    assert numbers(compared(then, now)["abandoned cart"]) == expected


@pytest.mark.parametrize(("by", "moved"), [(MOVED - 1, 0), (MOVED, 1), (MOVED + 1, 1)])
def test_a_little_earlier_or_later_is_the_same(by: int, moved: int) -> None:
    one = left(1)
    count = compared([one], [replace(one, occurred_at=one.occurred_at + by)])["abandoned cart"]
    assert count.moved == moved


def test_another_kind_or_stage_is_another_group() -> None:
    found = compared([left(1)], [left(1, stage="checkout"), left(1, kind="withdrawn")])
    assert set(found) == {"abandoned cart", "abandoned checkout", "withdrawn cart"}


def test_a_few_examples_say_who_what_and_why() -> None:
    count = compared([], [left(number, f"c{number}", cause="failed_search") for number in range(9)])
    examples = count["abandoned cart"].only_now_examples
    assert len(examples) == comparing.EXAMPLES
    assert (examples[0].profile_id, examples[0].about) == ("ann", "cart c0")
    assert examples[0].why.endswith("cause failed_search")


def test_a_decision_says_which_guards_refused() -> None:
    guards = (
        GuardResult(guard="condition", result="passed"),
        GuardResult(guard="consent", result="refused", detail="unknown"),
        GuardResult(guard="emit", result="skipped"),
    )
    moments = dict.fromkeys(("occurred_at", "processed_at", "valid_until"), minute(1))
    words = dict.fromkeys(("event_id", "outreach_id", "signal_id", "rules_version"), "x")
    row = Decision(
        **moments, **words, profile_id="ann", rule="r", outcome="refused", guard="consent", guards=guards
    )
    found = Comparison()
    found.then("decisions", row)
    count = found.counts()["decisions", "refused by consent"]
    assert count.only_then_examples[0].why == "consent refused: unknown"


def test_too_much_to_compare_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MOST", 2)
    with pytest.raises(FixConfiguration, match="choose a shorter one"):
        compared([left(1), left(2)], [left(1)])


def replayed(rules: RuleBook, life: list[Any]) -> list[Output]:
    host = Replay([Visits(), Care(rules)])
    return list(host.run([Row(topics_of(event), event, "") for event in life], lambda: minute(UNTIL)))


def between(then: list[Output], now: list[Output]) -> dict[tuple[str, str], Count]:
    found = Comparison()
    for out in then:
        if out.topic.label in PUBLISHED and out.value is not None:
            found.then(out.topic.label, out.value)
    for out in now:
        found.now(out.topic.label, out.value)
    return found.counts()


@always(life=LIVES)
def test_the_same_rules_say_the_same(life: list[Any]) -> None:
    live = World(LIVE).hear(*life).until(UNTIL)
    assert same(between(live.published, replayed(LIVE, life)).values())


@always(life=LIVES)
def test_then_less_what_is_gone_and_with_what_is_new_is_now(life: list[Any]) -> None:
    sooner = book(
        "outreach.mode=live", "rules.abandonment.cart.after=20m", "rules.contacts.first_reply.target=9m"
    )
    for count in between(replayed(LIVE, life), replayed(sooner, life)).values():
        assert count.then - count.only_then + count.only_now == count.now
