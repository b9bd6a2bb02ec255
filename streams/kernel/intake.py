"""What a run of records means to a task: events to apply, marks that move its clock, and what is refused."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from confluent_kafka import Message

from schemas import topics
from schemas.codec import Codec
from schemas.control import Clock as ClockRecord
from schemas.control import Heartbeat, Hold
from schemas.topics import Topic
from schemas.words import Millis, Record
from streams.kernel.config import KernelConfig
from streams.kernel.processor import Bulk
from streams.kernel.room import KEY_BYTES
from streams.kernel.task import BEGINNING, Task
from streams.kernel.watermark import unknown

if TYPE_CHECKING:
    from schemas.batches import Part

Refusal: TypeAlias = Literal["from_the_future", "key_full"]
REFUSED: dict[Refusal, str] = {
    "from_the_future": "received_at is ahead of the record's timestamp, or occurred_at of received_at",
    "key_full": f"its key holds {KEY_BYTES} bytes of events that wait, ids, carts and contacts already",
}
ERASURES = ("profile_erased", "visitor_erased")

Origins: TypeAlias = Mapping[int, Message]
"""Records by their offsets."""


class Rejected(NamedTuple):
    """A record that is not obeyed, and why."""

    record: Message
    stage: str
    reason: str
    detail: str


class Intake:
    """The way into one task.

    ``watermarks``: how far its inputs have come. ``holds``: those that told whether history is imported.
    """

    def __init__(self, config: KernelConfig, codec: Codec, task: Task[Any]) -> None:
        self.watermarks = unknown(task.processor.inputs)
        self.holds: dict[str, bool] = {}
        self._tolerance = config.future_tolerance
        self._codec = codec
        self._task = task

    def take(self, topic: Topic, origins: Origins) -> Iterator[Rejected]:
        """Take a run of records of one input in; what is refused."""
        batch = self._codec.decode_batch(topic, [(at, record.value()) for at, record in origins.items()])
        bulk = self._task.processor.bulk
        if bulk is not None and bulk.topic is topic:
            for part in batch.of(topic.model):
                yield from self._take_bulk(bulk, part, origins)
            records = batch.besides(topic.model)
        else:
            records = batch.records
        for offset, record in records:
            refused = self._take(topic, record, origins[offset])
            if refused is not None:
                yield _rejected(origins[offset], refused)
        for bad in batch.bad:
            yield Rejected(origins[bad.offset], "decode", bad.reason, bad.detail)

    def _take_bulk(self, bulk: Bulk, part: "Part", origins: Origins) -> Iterator[Rejected]:
        """Events that mean something alone, or for what is known, are taken as others are; the rest waits.

        Column by column: nine of ten events come this way.
        """
        records = [origins[offset] for offset in part.offsets]
        occurred, received, never = map(part.field, ("occurred_at", "received_at", bulk.never))
        for at in self._ahead(occurred, received, records):
            yield _rejected(records[at], "from_the_future")
            received[at], never[at] = BEGINNING, True  # moves no clock, and nothing comes of it
        self.watermarks.received(bulk.topic.label, max(received, default=BEGINNING))
        keys, known = topics.keys(*map(part.field, bulk.key)), self._task.known
        means = [
            one is not None or key in known for one, key in zip(part.field(bulk.alone), keys, strict=True)
        ]
        rows = zip(occurred, keys, (record.value() or b"" for record in records), strict=True)
        self._task.wait([row for row, now, no in zip(rows, means, never, strict=True) if not (now or no)])
        read = [at for at, (now, no) in enumerate(zip(means, never, strict=True)) if now and not no]
        for at, event in zip(read, part.pick(read), strict=True):
            if not self._receive(event, records[at]):
                yield _rejected(records[at], "key_full")

    def _take(self, topic: Topic, record: Record, origin: Message) -> Refusal | None:
        """Why the record is not obeyed; None: it is."""
        match record:
            case Hold(action=action):
                if action != "unknown":
                    self.holds[topic.label] = action == "hold"
            case ClockRecord(kernel=kernel, task=task, clock=clock) if kernel == self._task.processor.name:
                self.watermarks.echoed(task, clock)
            case ClockRecord(task=task, tasks=tasks, clock=clock):
                self.watermarks.fed(task, tasks, clock)
            case Heartbeat(received_at=at):
                if at - _written(origin) > self._tolerance:
                    return "from_the_future"
                self.watermarks.received(topic.label, at)
            case _:
                return self._take_event(topic, record, origin)
        return None

    def _take_event(self, topic: Topic, event: Any, origin: Message) -> Refusal | None:
        if topic.kind == "input":
            if self._ahead([event.occurred_at], [event.received_at], [origin]):
                return "from_the_future"
            self.watermarks.received(topic.label, event.received_at)
        return None if self._receive(event, origin) else "key_full"

    def _receive(self, event: Any, origin: Message) -> bool:
        """Whether its key has room for it. An erasure is obeyed however much its key holds."""
        size = None if event.type in ERASURES else len(origin.value() or b"")
        return self._task.receive(event, size)

    def _ahead(self, occurred: list[Millis], received: list[Millis], records: list[Message]) -> list[int]:
        """Positions of those that claim a future which the record's timestamp contradicts."""
        most = self._tolerance
        times = zip(occurred, received, map(_written, records), strict=True)
        return [i for i, (at, then, written) in enumerate(times) if then - written > most or at - then > most]


def _written(record: Message) -> Millis:
    return record.timestamp()[1]


def _rejected(record: Message, refusal: Refusal) -> Rejected:
    return Rejected(record, "apply", refusal, REFUSED[refusal])
