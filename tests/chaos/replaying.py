"""What a changelog should hold: the inputs of a kernel read once, without a broker and without faults."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from schemas.control import Clock, Heartbeat
from schemas.topics import Topic
from schemas.words import Millis, Record
from streams.kernel.processor import Output, Processor
from streams.kernel.state import Entry, EntryCodec, wake_of
from streams.kernel.task import Task
from streams.kernel.watermark import unknown
from tests.builders import START

State: TypeAlias = dict[str, tuple[Millis, Entry[Any, Any]]]
"""By key: when it is to be looked at next, and what is kept for it."""


def state_of(processor: Processor[Any], changelog: Mapping[str, bytes | None]) -> State:
    """Changelog values decoded; forgotten keys left out."""
    codec = EntryCodec(processor)
    values = {key: value for key, value in changelog.items() if value is not None}
    return {key: (wake_of(value), codec.decode(value)) for key, value in values.items()}


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
                task.receive(record)
    return task, list(_go_on(task, times.clock(lateness), people))


def _go_on(task: Task[Any], to: Millis, people: Millis) -> Iterator[Output]:
    """From one moment at which something happens to the next."""
    while (at := task.wakes_at) is not None and at < to:
        yield from task.advance(at + 1, people)
    yield from task.advance(to, people)
