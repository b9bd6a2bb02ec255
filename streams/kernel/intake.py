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
from streams.kernel.waiting import Row
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
        """Events that mean something alone, or for what is known, are taken as others are; the rest waits."""
        latest, wanted = BEGINNING, list[int]()
        names = ("occurred_at", "received_at", *bulk.key, bulk.alone, bulk.never)
        for at, (offset, occurred, received, shop, entity, alone, never) in enumerate(part.fields(*names)):
            origin, key = origins[offset], topics.key(shop, entity)
            if self._ahead(occurred, received, origin):
                yield _rejected(origin, "from_the_future")
                continue
            latest = max(latest, received)
            if never:
                continue
            if alone is not None or self._task.knows(key):
                wanted.append(at)
            else:
                self._task.wait(Row(occurred, key, origin.value() or b""))
        self.watermarks.received(bulk.topic.label, latest)
        for at, event in zip(wanted, part.pick(wanted), strict=True):
            refused = self._take_event(bulk.topic, event, origins[part.offsets[at]])
            if refused:
                yield _rejected(origins[part.offsets[at]], refused)

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
        """An erasure is obeyed however much its key holds."""
        if topic.kind == "input":
            if self._ahead(event.occurred_at, event.received_at, origin):
                return "from_the_future"
            self.watermarks.received(topic.label, event.received_at)
        size = None if event.type in ERASURES else len(origin.value() or b"")
        return None if self._task.receive(event, size) else "key_full"

    def _ahead(self, occurred: Millis, received: Millis, origin: Message) -> bool:
        """Who claims a future that the record's timestamp contradicts moves no clock."""
        return received - _written(origin) > self._tolerance or occurred - received > self._tolerance


def _written(record: Message) -> Millis:
    return record.timestamp()[1]


def _rejected(record: Message, refusal: Refusal) -> Rejected:
    return Rejected(record, "apply", refusal, REFUSED[refusal])
