"""Whether a history is right: what it left is what comes of the same without faults.

Of every history: of the steps that were committed, one after the other. Of one in which nothing comes late,
of reading the log once as well: it depends on nothing else then.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import msgspec

from schemas import topics
from schemas.codec import Codec
from schemas.topics import Output, Topic
from schemas.words import Millis, Record
from streams.kernel.changelog import POSITION_KEY, Position
from streams.kernel.processor import Processor
from streams.kernel.task import Task
from streams.visits import Visits
from tests.chaos.replaying import State, read_once, state_of
from tests.simulation.journal import uninterrupted
from tests.simulation.life import LATENESS
from tests.simulation.worker import PEOPLE, Kernel
from tests.simulation.world import CARE, World

HEALTHY: dict[str, Processor[Any]] = {"visits": Visits(), "care": CARE}
TOLD_BY: dict[str, tuple[Topic, ...]] = {"visits": (topics.FACTS,), "care": topics.OUTPUTS}
Told: TypeAlias = "Counter[tuple[str, bytes]]"
"""How often each record stands on each topic."""
Comes: TypeAlias = Callable[[World, Kernel, int], tuple[Task[Any], list[Output]]]
"""The task of a partition as it should be, and all that it has said."""

_positions = msgspec.msgpack.Decoder(Position)
_bytes = msgspec.msgpack.Encoder().encode


def check(world: World) -> None:
    """Raises AssertionError if anything is lost, said twice, said falsely or remembered falsely."""
    for kernel in world.kernels:
        _is_what(_stepped, world, kernel)
        if not world.late:
            _is_what(_replayed, world, kernel)


def _is_what(comes: Comes, world: World, kernel: Kernel) -> None:
    name = kernel.processor.name
    told: Told = Counter()
    for partition in range(world.partitions):
        task, outputs = comes(world, kernel, partition)
        told.update(_told(outputs, TOLD_BY[name]))
        held, position = _restored(world, kernel, partition)
        here = f"{name}[{partition}]"
        assert held == _state(world.codec, name, dict(task.changes()), task.clock), f"the state of {here}"
        assert (position.clock if position else 0) == task.clock, f"the clock of {here}"
        stands = position.after if position else {}
        assert kernel.committed(partition) == stands, f"offsets and position of {here}"
    assert _published(world, name) == told, f"what {name} published"


def _published(world: World, name: str) -> Told:
    """What readers of committed records are shown."""
    return Counter(
        (topic.label, _bytes(record))
        for topic in TOLD_BY[name]
        for partition in range(world.partitions)
        for record in _records(world, topic, partition)
        if type(record) is topic.model
    )


def _told(outputs: list[Output], on: tuple[Topic, ...]) -> Told:
    return Counter((out.topic.label, _bytes(out.value)) for out in outputs if out.topic in on and out.value)


def _stepped(world: World, kernel: Kernel, partition: int) -> tuple[Task[Any], list[Output]]:
    one = uninterrupted(HEALTHY[kernel.processor.name], kernel, partition)
    return one.task, one.outputs


def _replayed(world: World, kernel: Kernel, partition: int) -> tuple[Task[Any], list[Output]]:
    processor = HEALTHY[kernel.processor.name]
    heard = [(t, record) for t in processor.inputs for record in _records(world, t, partition)]
    return read_once(processor, heard, LATENESS, PEOPLE)


def _restored(world: World, kernel: Kernel, partition: int) -> tuple[State, Position | None]:
    """What stands in a changelog."""
    shown = world.log.all((kernel.changelog, partition))
    latest = {(message.key() or b""): message.value() for message in shown}
    at = latest.pop(POSITION_KEY, None)
    position = None if at is None else _positions.decode(at)
    values = {key.decode(): value for key, value in latest.items()}
    return _state(world.codec, kernel.processor.name, values, position.clock if position else 0), position


def _state(codec: Codec, name: str, changelog: dict[str, bytes | None], clock: Millis) -> State:
    """Without ids whose time has passed: they go when their key is touched, by a batch of any length."""
    found = state_of(HEALTHY[name], changelog, clock, codec)
    for _, entry in found.values():
        entry.seen = {hashed: until for hashed, until in entry.seen.items() if until >= clock}
    return found


def _records(world: World, topic: Topic, partition: int) -> Iterator[Record]:
    for message in world.log.all((world.config.named(topic), partition)):
        if message.value() is not None:
            yield world.codec.decode(message.value())
