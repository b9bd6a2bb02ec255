"""A task on Kafka: records in, one transaction after the other out."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from confluent_kafka import Message

from schemas.codec import Codec
from schemas.control import Clock as ClockRecord
from schemas.topics import Topic
from schemas.words import Millis
from streams.errors import FixConfiguration, Refused, Unavailable
from streams.kernel.changelog import (
    POSITION_KEY,
    Position,
    encode_position,
)
from streams.kernel.config import KernelConfig
from streams.kernel.deadletters import offset_of
from streams.kernel.intake import Intake
from streams.kernel.measures import Done
from streams.kernel.processor import Processor
from streams.kernel.progress import Progress
from streams.kernel.publishing import Publishing
from streams.kernel.restoring import Copy, RestoreProgress, Source
from streams.kernel.task import Task
from streams.kernel.transaction import Transaction
from streams.kernel.watermark import Watermarks


class Durable(NamedTuple):
    """All that follows from the inputs up to these offsets, and from time up to the clock, is durable."""

    clock: Millis = 0
    positions: Mapping[str, int] = {}


class HostedTask:
    """Task ``partition`` of a kernel: its state, its clock, its transactions.

    Construct it when the partition is assigned: that restores it from the log. ``read`` what was fetched,
    ``advance``, and ``commit`` when due. After an exception ``abort`` it and build it anew.
    """

    def __init__(
        self,
        processor: Processor[Any],
        config: KernelConfig,
        codec: Codec,
        partition: int,
        tasks: int,
        hears_peers: bool = False,
    ) -> None:
        """``tasks``: how many share the keys. ``hears_peers``: they tell each other how far they are."""
        self.partition = partition
        self._tasks = tasks
        self._peers = tasks if hears_peers else 0
        self.task: Task[Any] = Task(processor, self._read_again)
        self.counts: Counter[str] = Counter()
        self.positions: dict[str, int] = {}
        self.durable = Durable()
        self.restoring: RestoreProgress | None = None
        self.progress = Progress(since=0)
        self.ahead: dict[str, int] = {}
        """By topic label, bytes that were read and wait because another input holds the clock back."""
        self._config = config
        self._codec = codec
        self._labels = {config.named(topic): topic for topic in processor.inputs}
        self._names = {topic.label: name for name, topic in self._labels.items()}
        self._changelog = config.internal(processor.name, "changelog")
        self._intake = Intake(config, codec, self.task)
        self._committed: dict[str, int] = {}
        transactional_id = config.internal(processor.name, str(partition))
        self._transaction = Transaction(config, transactional_id)
        self._says = Publishing(config, codec, processor.name, self._transaction)

    def sweep(self) -> None:
        """Have the embedded broker end what predecessors committed and it kept pending.

        Once no predecessor's transaction is open any more. The record says that a commit led from nowhere to
        nowhere, which no restore follows.
        """
        if self._config.aborted_visible:
            nowhere = Position({}, {}, self._intake.watermarks, self.task.clock, {})
            value = encode_position(nowhere)
            self._transaction.sweep(self._changelog, POSITION_KEY, value, self.partition)

    def restore(self, asked: Callable[[], dict[str, int]], followed: Copy | None = None) -> Copy:
        """Take over the state that belongs to the committed offsets (by topic label). Fires nothing.

        ``followed``: what a standby has of it; what is returned, one may go on from. Raises Refused if the
        changelog and the offsets don't belong together; FixConfiguration if the keys were shared by another
        number of tasks; Unavailable if somebody has committed since the offsets were asked for: whoever took
        over from a worker that stood still in a restore.
        """
        committed, self.restoring = asked(), RestoreProgress()
        source = Source(self._config, self._changelog, self.partition)
        try:
            batch = source.restored(committed, self.restoring, followed)
        except Refused as refused:
            if asked() == committed:
                raise
            raise Unavailable("Another worker took over while this one was restoring.") from refused
        self.task.restore_all(batch.values)
        self.positions = dict(committed)
        self._committed = dict(committed)
        if batch.position is not None:
            self._check_tasks(batch.position.tasks)
            self._intake.holds = dict(batch.position.holds)
            self._intake.watermarks = batch.position.watermarks
            self.task.resume(batch.position.clock)
            self.progress = Progress(batch.position.since, batch.position.clock)
            self.ahead = dict(batch.position.ahead)
        self.restoring = None
        self._config.reached("restore.done")
        return Copy(batch.offset, batch.values)

    def _check_tasks(self, then: int) -> None:
        if then not in (0, self._tasks):
            raise FixConfiguration(
                f"The state in {self._changelog} was kept by {then} tasks, and the topics have {self._tasks} "
                "partitions now: keys have moved to other partitions, and their state has not. Move to "
                "topics under another --prefix, as streams/README.md says under 'More partitions'."
            )

    @property
    def holds(self) -> Mapping[str, bool]:
        """Whether history is being imported, by topic label of the inputs that told."""
        return self._intake.holds

    @property
    def watermarks(self) -> Watermarks:
        """How far its inputs have come."""
        return self._intake.watermarks

    @property
    def held(self) -> bool:
        """History is being imported into one of the inputs."""
        return any(self.holds.values())

    @property
    def urgent(self) -> bool:
        """An output that somebody acts on at once waits to become visible."""
        return self._says.urgent

    @property
    def changed(self) -> bool:
        """There is something that a commit would make durable, besides having read on."""
        return self._transaction.open or self.task.changed

    @property
    def read_on(self) -> bool:
        """Records were read since the last commit."""
        return self.positions != self._committed

    def read(self, name: str, messages: Sequence[Message]) -> None:
        """Take a run of records of one input in the order of their offsets."""
        topic = self._labels[name]
        origins = {offset_of(message): message for message in messages}
        for rejected in self._intake.take(topic, origins):
            self._says.bury(*rejected, self.holds)
        self.positions[topic.label] = max(origins) + 1
        self.counts["read"] += len(messages)
        self._says.done.read[topic.label] += len(messages)

    @property
    def since(self) -> Millis:
        """Where its clock stands; before time has begun, the first moment at which anything may happen."""
        return self.task.clock or self.task.wakes_at or 0

    @property
    def comes_to(self) -> Millis:
        """Where its clock may go, as the log says."""
        return self._intake.watermarks.clock(self._config.lateness)

    @property
    def lags(self) -> bool:
        """Its clock has not come yet where it may go."""
        return self.task.clock < self.comes_to

    def advance(self, to: Millis, now: Millis) -> None:
        """Let the clock reach a moment up to ``comes_to``, and put what follows into the transaction."""
        heard = self._intake.watermarks.heard(self._peers) if self._peers else to
        for output in self.task.advancing(to, now, self.held, min(heard, to)):
            self._says.publish(output, self.holds)
        self._config.reached("commit.outputs")

    def announce(self, facts: Topic, tasks: int, partitions: int) -> None:
        """Write the clock behind this transaction's facts, into every partition of ``facts``."""
        kernel = self.task.processor.name
        clock = ClockRecord(task=self.partition, tasks=tasks, clock=self.task.clock, kernel=kernel)
        value = self._codec.encode(clock)
        for partition in range(partitions):
            self._transaction.produce(self._config.named(facts), b"", value, partition)
        self._config.reached("commit.clock")

    def stage(self) -> None:
        """Put changed state and the position into the transaction: the last that it holds."""
        for key, value in self.task.changes():
            self._transaction.produce(self._changelog, key.encode(), value, self.partition)
        self._config.reached("commit.changelog")
        self._transaction.produce(self._changelog, POSITION_KEY, self._position(), self.partition)
        self._config.reached("commit.position")

    def commit(self, membership: Any) -> Done:
        """Make outputs, state and having read durable, all or nothing; returns what is visible now.

        ``membership`` is the group's metadata, as the consumer gives it. Nothing may be read in between.
        """
        positions = {(self._names[label], self.partition): at for label, at in self.positions.items()}
        self._transaction.commit(positions, membership)
        self._committed = dict(self.positions)
        self.counts["commits"] += 1
        done = self._says.committed()
        for label, count in done.published.items():
            self.counts[f"published {label}"] += count
        return done

    @property
    def hangs(self) -> bool:
        """Whether its commit will never end."""
        return self._transaction.hangs

    def note_durable(self) -> None:
        """Nothing is under way: everything that follows from what was read is durable."""
        self.durable = Durable(self.task.clock, dict(self.positions))

    def abort(self) -> None:
        """Give up what isn't committed, and the task with it."""
        self._transaction.abort()

    def close(self) -> None:
        """Let go after a commit."""
        self._transaction.close()

    def _read_again(self, values: Sequence[bytes]) -> list[Any]:
        """Events that waited unread. They were good when they came."""
        bulk = self.task.processor.bulk
        assert bulk is not None
        return [event for _, event in self._codec.decode_batch(bulk.topic, enumerate(values)).records]

    def _position(self) -> bytes:
        position = Position(
            before=self._committed,
            after=self.positions,
            watermarks=self._intake.watermarks,
            clock=self.task.clock,
            holds=self._intake.holds,
            tasks=self._tasks,
            since=self.progress.since,
            ahead=self.ahead,
        )
        return encode_position(position)
