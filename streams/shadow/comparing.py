"""What rules say of a range of the log, beside what was said then: by kind of signal, outcome and guard.

Ids depend on the version of the rules; so one thing that is said is known by what it is about.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from schemas.jsonl import to_iso
from schemas.outputs import AbandonmentSignal, ContactSignal, Decision, Outreach
from schemas.words import Millis
from streams.errors import FixConfiguration
from streams.rules.durations import written

MOVED: Millis = 60_000
"""What is said at another time, but by less than this, is the same: live, clocks move in steps."""

MOST = 500_000
"""So much that was said is compared at most: some 300 MB."""

EXAMPLES = 3
REFUSING = ("held", "refused")

Group: TypeAlias = tuple[str, str]
"""Of what is counted together: its topic, and the kind of signal, the outcome and guard, or the action."""


class Said(NamedTuple):
    """One thing that was said, for people."""

    at: Millis
    event_id: str
    profile_id: str
    about: str
    why: str

    def plain(self) -> dict[str, str]:
        """For JSON."""
        return {**self._asdict(), "at": to_iso(self.at)}


class Pair(NamedTuple):
    """The same thing, said then and now at different times."""

    then: Said
    now: Said


@dataclass
class Count:
    """Of one group: how much was said then and is said now, what of it is not the same, and some of that."""

    then: int = 0
    now: int = 0
    moved: int = 0
    only_then: int = 0
    only_now: int = 0
    moved_examples: list[Pair] = field(default_factory=list)
    only_then_examples: list[Said] = field(default_factory=list)
    only_now_examples: list[Said] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether anything would have been otherwise."""
        return bool(self.moved or self.only_then or self.only_now)


class Comparison:
    """Takes what was said then and is said now, in any order. Raises FixConfiguration if it is too much."""

    def __init__(self) -> None:
        self._then: dict[Hashable, list[Said]] = defaultdict(list)
        self._now: dict[Hashable, list[Said]] = defaultdict(list)
        self._size = 0

    def then(self, topic: str, record: Any) -> None:
        """It was said."""
        self._take(self._then, topic, record)

    def now(self, topic: str, record: Any) -> None:
        """The rules say it."""
        self._take(self._now, topic, record)

    def counts(self) -> dict[Group, Count]:
        """By group, in their order."""
        found: dict[Group, Count] = defaultdict(Count)
        for identity in {**self._then, **self._now}:
            group = identity[0]  # type: ignore[index]
            _count(found[group], self._then.get(identity, []), self._now.get(identity, []))
        return {group: found[group] for group in sorted(found)}

    def _take(self, side: dict[Hashable, list[Said]], topic: str, record: Any) -> None:
        self._size += 1
        if self._size > MOST:
            raise FixConfiguration(
                f"more than {MOST:,} signals, decisions and outreach are in this range; choose a shorter one"
            )
        group, identity, about, why = _known_by(topic, record)
        said = Said(record.occurred_at, record.event_id, record.profile_id, about, why)
        side[group, record.shop_id, record.profile_id, identity].append(said)


def _count(count: Count, then: list[Said], now: list[Said]) -> None:
    count.then += len(then)
    count.now += len(now)
    left, added = _without_pairs(then, now)
    for pair in map(Pair, left, added):
        if abs(pair.then.at - pair.now.at) >= MOVED:
            count.moved += 1
            _keep(count.moved_examples, pair)
    both = min(len(left), len(added))
    count.only_then += len(left) - both
    count.only_now += len(added) - both
    for said in left[both:]:
        _keep(count.only_then_examples, said)
    for said in added[both:]:
        _keep(count.only_now_examples, said)


def _without_pairs(then: list[Said], now: list[Said]) -> tuple[list[Said], list[Said]]:
    """What is left of both, in its order, without what was said at the very same time."""
    times: dict[Millis, int] = defaultdict(int)
    for said in now:
        times[said.at] += 1
    left = []
    for said in sorted(then):
        if times[said.at]:
            times[said.at] -= 1
        else:
            left.append(said)
    added = [said for said in sorted(now, reverse=True) if _taken(times, said.at)]
    return left, added[::-1]


def _taken(times: dict[Millis, int], at: Millis) -> bool:
    times[at] -= 1
    return times[at] >= 0


def _keep(examples: list[Any], one: Any) -> None:
    if len(examples) < EXAMPLES:
        examples.append(one)


def _known_by(topic: str, record: Any) -> tuple[Group, Hashable, str, str]:
    """Its group, what it is known by, what it is about, and why it was said."""
    identity: Hashable
    match record:
        case AbandonmentSignal(kind=kind, stage=stage):
            why = f"silent since {_clock(record.last_activity_at)}, cause {record.cause}"
            identity = (record.cart_id, record.changed_by, record.order_id)
            return (topic, f"{kind} {stage}"), identity, f"cart {record.cart_id}", why
        case ContactSignal(kind=kind, clock=clock):
            identity = (record.contact_id, clock, record.instance, record.step, record.started_at)
            about = f"contact {record.contact_id}, {clock}"
            return (topic, kind), identity, about, ", ".join(_promised(record))
        case Decision(outcome=outcome, guard=guard):
            identity = (record.cart_id, record.rule, record.step, record.channel)
            about = f"{record.rule}, {record.channel}, cart {record.cart_id}"
            return (topic, f"{outcome} by {guard}"), identity, about, _because(record)
        case Outreach(action=action):
            identity = (record.cart_id, record.rule, record.step)
            return (topic, action), identity, f"{record.rule}, cart {record.cart_id}", record.reason or ""
    raise AssertionError(record)


def _promised(record: ContactSignal) -> Iterator[str]:
    if record.step:
        yield f"step {record.step}"
    if record.target_ms is not None:
        yield f"target {written(record.target_ms)}"
    if record.due_at is not None:
        yield f"due {_clock(record.due_at)}"
    if record.policy:
        yield f"policy {record.policy}"


def _because(record: Decision) -> str:
    said = (f"{one.guard} {one.result}: {one.detail}" for one in record.guards if one.result in REFUSING)
    held = f"held until {_clock(record.held_until)}" if record.held_until is not None else ""
    return ", ".join(filter(None, (*said, held)))


def _clock(at: Millis) -> str:
    return to_iso(at)[:16].replace("T", " ")


def same(counts: Iterable[Count]) -> bool:
    """Whether nothing would have been otherwise."""
    return not any(count.differs for count in counts)
