"""The contract of every rule: whatever happens, it is deterministic, remembers in bytes, and forgets."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.events import Feedback
from schemas.outputs import ContactSignal, Decision, Outreach
from schemas.topics import Output
from schemas.words import Millis
from streams.rules.base import Now, Rule, Step
from streams.rules.registry import RULES
from streams.rules.standing import Standing
from tests import builders as say
from tests.builders import DAY, World, book, minute, minutes
from tests.rules.lives import INTERNAL, LIVES, WHOLE_LIVES, conclusions

EVERY_RULE = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
LONG_AFTER = minute(3 * 365 * DAY)
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def now(at: Millis) -> Now:
    return Now(at=at, clock=at, now=at, profile_id="ann")


class Hosted:
    """One rule, over one customer. Its state is written and read back between any two steps."""

    def __init__(self, rule: Rule[Any], whose: str = "ann", *, remembers_in_bytes: bool = False) -> None:
        self.rule = rule
        self.whose = whose
        self.state: Any = None
        self.published: list[Output] = []
        self._in_bytes = remembers_in_bytes

    def live(self, events: list[Any]) -> "Hosted":
        """Let the events happen, each after what was due before it."""
        for event in events:
            self.reach(event.occurred_at)
            self._take(lambda state, event=event: self.rule.on_event(state, event, now(event.occurred_at)))
            for value in conclusions(round(minutes(event.occurred_at)), self.whose):
                self._take(lambda state, v=value, e=event: self.rule.on_event(state, v, now(e.occurred_at)))
        return self

    def reach(self, at: Millis) -> "Hosted":
        """Let time pass up to, and without, ``at``."""
        while self.state is not None and (due := self.rule.deadline(self.state)) < at:
            self._take(lambda state, due=due: self.rule.on_deadline(state, now(due)))
            assert self.state is None or self.rule.deadline(self.state) > due
        return self

    def _take(self, step_of: Any) -> None:
        before = msgspec.msgpack.encode(self.state)
        step = step_of(self.state)
        assert msgspec.msgpack.encode(self.state) == before, "a rule changed the state it was handed"
        self.published.extend(step.publish)
        self.state = step.state
        if self._in_bytes and self.state is not None:
            encoded = msgspec.msgpack.encode(self.state)
            self.state = msgspec.msgpack.decode(encoded, type=self.rule.state)


@EVERY_RULE
@FEW
@given(life=LIVES)
def test_the_same_life_has_the_same_outcome_also_through_bytes(rule: Rule[Any], life: list[Any]) -> None:
    once = Hosted(rule).live(life).reach(LONG_AFTER)
    assert Hosted(rule).live(life).reach(LONG_AFTER).published == once.published
    assert Hosted(rule, remembers_in_bytes=True).live(life).reach(LONG_AFTER).published == once.published


@EVERY_RULE
@FEW
@given(life=LIVES)
def test_everything_is_forgotten_in_the_end(rule: Rule[Any], life: list[Any]) -> None:
    assert Hosted(rule).live(life).reach(LONG_AFTER).state is None


@EVERY_RULE
@FEW
@given(life=LIVES)
def test_no_id_is_used_twice(rule: Rule[Any], life: list[Any]) -> None:
    published = Hosted(rule).live(life).reach(LONG_AFTER).published
    ids = [record.value.event_id for record in published if hasattr(record.value, "event_id")]
    assert len(set(ids)) == len(ids)


@EVERY_RULE
@FEW
@given(life=LIVES)
def test_to_take_over_from_nobody_is_to_be_them(rule: Rule[Any], life: list[Any]) -> None:
    theirs = Hosted(rule).live(life)
    if theirs.state is not None:
        merged = rule.merge(None, theirs.state, now(minute(5 * 60))).state
        assert merged is None or rule.deadline(merged) == rule.deadline(theirs.state)


@EVERY_RULE
@FEW
@given(life=LIVES)
def test_what_a_rule_does_not_know_changes_nothing(rule: Rule[Any], life: list[Any]) -> None:
    hosted = Hosted(rule).live(life)

    class Unknown(msgspec.Struct):
        pass

    step = rule.on_event(hosted.state, Unknown(), now(minute(5 * 60)))
    assert (step.state, step.publish, step.tell) == (hosted.state, (), ())


def everything_said() -> list[Any]:
    """What a customer does, and what both kernels make of it: of every type that rules may hear of."""
    life = [
        say.identified(0),
        say.consented(1),
        say.added(2),
        say.asked(3),
        say.replied(4),
        say.ordered(90),
    ]
    feedback = Feedback(
        event_id="f",
        occurred_at=minute(5),
        received_at=minute(5),
        profile_id="ann",
        type="sent",
        outreach_id="o",
    )
    world = World(book("outreach.mode=live", "outreach.quiet_hours.enabled=false")).hear(*life).until(100)
    told = [out.value for out in world.published if out.value is not None]
    return [*life, feedback, *told, Standing("c1", "change", minute(2), emptied=False)]


@EVERY_RULE
@FEW
@given(life=LIVES)
def test_what_a_rule_does_not_listen_to_changes_nothing(rule: Rule[Any], life: list[Any]) -> None:
    state = Hosted(rule).live(life).state
    unheard = [value for value in everything_said() if type(value) not in rule.listens]
    assert {Decision, Outreach, ContactSignal} <= {type(value) for value in unheard}
    for value in unheard:
        assert rule.on_event(state, value, now(minute(5 * 60))) == Step(state)
        assert rule.on_late(state, value, now(minute(5 * 60))) == Step(state)


@EVERY_RULE
@FEW
@given(mine=LIVES, theirs=LIVES)
def test_a_merge_has_no_direction(rule: Rule[Any], mine: list[Any], theirs: list[Any]) -> None:
    one, other = Hosted(rule, "ann").live(mine).state, Hosted(rule, "v").live(theirs).state
    if one is not None and other is not None:
        at = now(minute(5 * 60))
        assert rule.merge(one, other, at).state == rule.merge(other, one, at).state


def heard(events: list[Any]) -> list[Any]:
    """Everything published, however the events arrive within half an hour."""
    world = World(lateness=30).hear(*events).until(40 * DAY)
    return sorted((out for out in world.published if out.topic not in INTERNAL), key=str)


@FEW
@given(life=WHOLE_LIVES, delays=st.lists(st.integers(0, 29), min_size=14, max_size=14))
def test_any_order_of_arrival_within_the_lateness_gives_the_same(life: list[Any], delays: list[int]) -> None:
    delayed = [
        msgspec.structs.replace(event, received_at=event.occurred_at + delay * 60_000)
        for event, delay in zip(life, delays, strict=False)
    ]
    assert heard(sorted(delayed, key=lambda event: event.received_at)) == heard(life)


@FEW
@given(life=WHOLE_LIVES, again=st.lists(st.integers(0, 13), max_size=5))
def test_what_is_told_again_changes_nothing(life: list[Any], again: list[int]) -> None:
    repeated = [life[index] for index in again if index < len(life)]
    assert heard(life + repeated) == heard(life)


@FEW
@given(life=WHOLE_LIVES)
def test_nothing_is_left_of_anybody(life: list[Any]) -> None:
    world = World().hear(*life).until(3 * 365 * DAY)
    assert world.care.states() == {}
    assert world.visits.states() == {}
