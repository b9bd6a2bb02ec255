"""Conformance vectors: what clocks must say of what happened (schemas/vectors), run against the rules."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NamedTuple, cast

import msgspec

from schemas import topics
from schemas.errors import BadRecord
from schemas.events import SupportEvent
from schemas.jsonl import from_json, to_iso
from schemas.outputs import ContactSignal
from schemas.words import Millis
from streams.care import Care
from streams.errors import FixInput
from streams.kernel.task import Task
from streams.rules.book import RuleBook
from streams.rules.durations import duration
from streams.rules.settings import RuleSet

SHIPPED = Path(__file__).parents[1] / "schemas" / "vectors"
"""The vectors of this package."""

_LENGTH = re.compile(r"\d+[hms]")
Moment = Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$")]


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What must be true in the end. The README of the vectors says what each means."""

    runs: dict[str, list[str]] = {}
    due: dict[str, Moment] = {}
    kept: dict[str, bool] = {}
    statuses: dict[str, str] = {}


class Case(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was promised, what happened, what must come of it."""

    name: str
    events: list[dict[str, Any]]
    until: Moment
    expect: Expected
    calendars: dict[str, Any] = {}
    contacts: dict[str, Any] = {}


class Vector(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of cases."""

    id: str
    title: str
    cases: list[Case]
    source: str = ""
    note: str = ""


class Finding(NamedTuple):
    """One expectation, and what the rules say instead."""

    what: str
    expected: str
    found: str

    @property
    def holds(self) -> bool:
        """Whether they are the same."""
        return self.expected == self.found


def read(file: Path) -> Vector:
    """The vector in a file. Raises FixInput, naming file and field."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Vector)
    except OSError as error:
        raise FixInput(f"{file}: can't be read: {error.strerror}") from error
    except msgspec.DecodeError as error:
        raise FixInput(f"{file}: {error}") from error


def run(case: Case) -> list[Finding]:
    """Each expectation of a case beside what the rules say. Raises FixConfiguration, FixInput."""
    until = moment(case.until)
    signals = _signals(case, until)
    expect = case.expect
    return [
        *(
            Finding(f"{clock} runs", _lengths(runs), _runs(signals, clock))
            for clock, runs in expect.runs.items()
        ),
        *(
            Finding(f"{clock} due", to_iso(moment(at)), _due(signals, clock))
            for clock, at in expect.due.items()
        ),
        *(
            Finding(f"{clock} kept", "yes" if kept else "no", _kept(signals, clock))
            for clock, kept in expect.kept.items()
        ),
        *_statuses(signals, expect.statuses, until),
    ]


def moment(text: str) -> Millis:
    """A time of a vector. Raises FixInput."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise FixInput(f"{text!r} is no time: {error}") from error
    if at.tzinfo is None:
        raise FixInput(f"{text!r} has no offset; write Z or +01:00 behind it")
    return round(at.timestamp() * 1000)


def length(text: str) -> Millis:
    """A length of time such as ``16h 8s``. Raises FixInput."""
    parts = text.split()
    if not parts or not all(_LENGTH.fullmatch(part) for part in parts):
        raise FixInput(f"{text!r} is no length of time; write hours, minutes and seconds, such as '28h 30m'")
    return sum(map(duration, parts))


def spelt(counted: Millis) -> str:
    """The other way round. Milliseconds are left out if there are none."""
    seconds, millis = divmod(counted, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "m"), (seconds, "s"), (millis, "ms"))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or "0s"


def _lengths(runs: Iterable[str]) -> str:
    return ", ".join(spelt(length(run)) for run in runs) or "none"


def _signals(case: Case, until: Millis) -> list[ContactSignal]:
    tables = {"rules": {"contacts": case.contacts}, "calendars": case.calendars}
    book = RuleBook.single(RuleSet.from_mapping(tables))
    task = Task(Care(book, lateness=0))
    said: list[Any] = []
    for place, told in enumerate(case.events):
        event = _event(told, place)
        task.receive(event)
        said += task.advance(event.occurred_at, event.occurred_at)
    said += task.advance(until + 1, until + 1)
    return [out.value for out in said if out.topic is topics.CONTACT_SIGNALS]


def _event(told: Mapping[str, Any], place: int) -> SupportEvent:
    at = moment(str(told.get("at", "")))
    known = {
        "event_id": f"event-{place}",
        "occurred_at": at,
        "received_at": at,
        "sequence": place,
        "profile_id": "customer",
        "contact_id": "contact",
    }
    fields = {name: value for name, value in told.items() if name != "at"}
    try:
        return cast(SupportEvent, from_json(SupportEvent, {**known, **fields}))
    except BadRecord as error:
        raise FixInput(f"event {place}: {error.detail}") from error


def _runs(signals: list[ContactSignal], clock: str) -> str:
    ended = (one for one in signals if one.clock == clock and one.kind == "fulfill")
    return ", ".join(spelt(one.counted_ms or 0) for one in ended) or "none"


def _due(signals: list[ContactSignal], clock: str) -> str:
    moments = [one.due_at for one in signals if one.clock == clock and one.due_at is not None]
    return to_iso(moments[-1]) if moments else "never"


def _kept(signals: list[ContactSignal], clock: str) -> str:
    return "no" if any(one.clock == clock and one.kind == "breach" for one in signals) else "yes"


def _statuses(signals: list[ContactSignal], expected: Mapping[str, str], until: Millis) -> Iterator[Finding]:
    """How long the contact was in each status, around the clock."""
    told = [one for one in signals if one.kind == "update_status"]
    ends = [*(one.occurred_at for one in told), until][1:]
    lasted: Counter[str] = Counter()
    for one, end in zip(told, ends, strict=True) if told else ():
        lasted[one.status] += end - one.occurred_at
    for status, wanted in expected.items():
        yield Finding(f"status {status}", spelt(length(wanted)), spelt(lasted[status]))
