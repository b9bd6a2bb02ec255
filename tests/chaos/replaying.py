"""What a changelog should hold: the inputs of a kernel read once, without a broker and without faults."""

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from schemas.codec import Codec
from schemas.control import Clock, Heartbeat
from schemas.registry import FileRegistry
from schemas.topics import Output, Topic
from schemas.words import Millis, Record
from streams.kernel.changelog import POSITION_KEY, decode_position
from streams.kernel.processor import Processor
from streams.kernel.state import Entry, EntryCodec, wake_of
from streams.kernel.stepping import order
from streams.kernel.task import Task
from streams.kernel.waiting import PREFIX, rows_in
from streams.kernel.watermark import unknown
from tests.builders import START

State: TypeAlias = dict[str, tuple[Millis, Entry[Any, Any]]]
"""By key: when it is to be looked at next, and what is kept for it."""

POSITION = POSITION_KEY.decode()
CODEC = Codec(FileRegistry())


def state_of(
    processor: Processor[Any],
    changelog: Mapping[str, bytes | None],
    clock: Millis = 0,
    log: Codec = CODEC,
) -> State:
    """Changelog values decoded; forgotten keys left out. What waits unread stands where it will be placed.

    ``clock``: where the task stands; what happened before no longer waits. ``log``: how values of the log are
    decoded.
    """
    codec = EntryCodec(processor)
    values = {key: value for key, value in changelog.items() if value is not None and key != POSITION}
    rows = [row for key in values if key.startswith(PREFIX) for row in rows_in(values[key])]
    kept = {key: value for key, value in values.items() if not key.startswith(PREFIX)}
    found: State = {key: (wake_of(value), codec.decode(value)) for key, value in kept.items()}
    for at, key, value in rows:
        if at >= clock:
            wake, entry = found.get(key, (at, Entry()))
            insort(entry.inbox, log.decode(value), key=order)
            found[key] = (min(wake, at), entry)
    return found


def clock_of(changelog: Mapping[str, bytes | None]) -> Millis:
    """Where the task of a changelog partition stands."""
    position = changelog.get(POSITION)
    return decode_position(position).clock if position else 0


def replayed(
    processor: Processor[Any], records: Iterable[tuple[Topic, Record]], lateness: Millis = 0
) -> Task[Any]:
    """The task of one partition when it has read all these records. People's time stands still."""
    task, _ = read_once(processor, records, lateness)
    return task


def read_once(
    processor: Processor[Any],
    records: Iterable[tuple[Topic, Record]],
    lateness: Millis = 0,
    people: Millis = START,
) -> tuple[Task[Any], list[Output]]:
    """The same, and all that it has said. ``people``: their time."""
    task, times = Task(processor), unknown(processor.inputs)
    for topic, record in records:
        match record:
            case Heartbeat(received_at=at):
                times.received(topic.label, at)
            case Clock(kernel=kernel) if kernel == processor.name:
                continue
            case Clock(task=feeder, tasks=feeders, clock=clock):
                times.fed(feeder, feeders, clock)
            case _:
                if topic.kind == "input":
                    times.received(topic.label, record.received_at)  # type: ignore[attr-defined]
                if not _means_nothing(processor, topic, record):
                    task.receive(record)
    return task, list(_go_on(task, times.clock(lateness), people))


def _means_nothing(processor: Processor[Any], topic: Topic, record: Record) -> bool:
    bulk = processor.bulk
    return bulk is not None and topic is bulk.topic and getattr(record, bulk.never)


def _go_on(task: Task[Any], to: Millis, people: Millis) -> Iterator[Output]:
    """From one moment at which something happens to the next."""
    while (at := task.wakes_at) is not None and at < to:
        yield from task.advance(at + 1, people)
    yield from task.advance(to, people)
