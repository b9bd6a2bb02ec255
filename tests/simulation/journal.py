"""What a task did for each of its transactions, and what comes of the same steps in a task that never fails.

Unlike a log that is read once, it holds for events that come late, too: what comes of these depends on where
the clock stood when they were read.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, TypeAlias

from schemas import topics
from schemas.codec import Codec
from schemas.control import Clock
from schemas.topics import Output
from schemas.words import Millis
from streams.kernel.changelog import POSITION_KEY, decode_position
from streams.kernel.intake import Intake
from streams.kernel.processor import Processor
from streams.kernel.task import Task
from tests.simulation.log import Message, Writing
from tests.simulation.worker import PEOPLE, Advanced, Kernel, Read

Step: TypeAlias = Read | Advanced


class Uninterrupted:
    """The task of one partition, which takes steps one after the other."""

    def __init__(self, processor: Processor[Any], kernel: Kernel) -> None:
        """``processor``: a healthy one, whatever that of the kernel is."""
        self.task: Task[Any] = Task(processor, lambda values: [kernel.codec.decode(one) for one in values])
        self.outputs: list[Output] = []
        self._peers = kernel.partitions if topics.FACTS in processor.inputs else 0
        self._intake = Intake(kernel.config, kernel.codec, self.task)

    def take(self, step: Step) -> None:
        """Read, or let time go on."""
        match step:
            case Read(topic=topic, messages=messages):
                assert not list(self._intake.take(topic, {one.offset(): one for one in messages}))  # type: ignore[misc]
            case Advanced(to=to):
                heard = self._intake.watermarks.heard(self._peers) if self._peers else to
                self.outputs += self.task.advance(to, PEOPLE, heard=min(heard, to))


class Committed(NamedTuple):
    """A transaction of one task: where it leaves the clock."""

    writing: Writing
    clock: Millis


def committed(kernel: Kernel, partition: int) -> Iterator[Committed]:
    """All of a task, in their order."""
    for message in kernel.log.all((kernel.changelog, partition)):
        if message.key() == POSITION_KEY and message.stands and message.stands.writing:
            yield Committed(message.stands.writing, decode_position(message.value() or b"").clock)


def uninterrupted(processor: Processor[Any], kernel: Kernel, partition: int) -> Uninterrupted:
    """One that has done what was committed. Raises AssertionError if a clock that was told isn't its own."""
    one, told = Uninterrupted(processor, kernel), _told(kernel, partition)
    for writing, clock in committed(kernel, partition):
        for step in writing.journal:
            one.take(step)
        assert one.task.clock == clock, f"the clock in a position of {processor.name}[{partition}]"
        assert told.get(writing, clock) == clock, f"a clock that {processor.name}[{partition}] told"
    return one


def _told(kernel: Kernel, partition: int) -> dict[Writing | None, Millis]:
    """The clocks that a task has told behind its facts, by transaction."""
    return {
        message.stands.writing: record.clock
        for message in _facts(kernel)
        if message.stands and isinstance(record := _read(kernel.codec, message), Clock)
        if (record.kernel, record.task) == (kernel.processor.name, partition)
    }


def _facts(kernel: Kernel) -> Sequence[Message]:
    """Clocks stand in each of its partitions, the same."""
    return kernel.log.all((kernel.config.named(topics.FACTS), 0))


def _read(codec: Codec, message: Message) -> Any:
    return None if message.value() is None else codec.decode(message.value())
