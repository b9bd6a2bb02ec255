"""Detection by Bytewax: one state per key, snapshots in SQLite; a step of its own waits for the event time.

python -m benchmarks.peers.bytewax.main BOOTSTRAP PREFIX SCHEMAS STATE

Its timers know the wall clock only, and a key knows only the time of its own events. So what waits goes on to
a second step, keyed by partition, which is told how far every topic has come.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import bytewax.operators as op
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from benchmarks.plain_detection import CARTS, CONTACTS, Deadlines, Record, States, Work
from benchmarks.plain_wire import Wire


class Heard(NamedTuple):
    """How far a topic has come in a partition."""

    label: str
    received_at: int


class Known(NamedTuple):
    """The state of an entity after an event that happened then; None: there is none any more."""

    who: str
    state: Record | None
    at: int


Message: TypeAlias = KafkaSourceMessage[Any, Any]
Read: TypeAlias = tuple[str, str, Record]
"""Label of the topic, partition, record."""


class Entity(StatefulBatchLogic[tuple[str, Record], tuple[str, Known], Record]):
    """One visitor or contact."""

    def __init__(self, work: Work, state: Record | None) -> None:
        self._work = work
        self._state = state

    def on_batch(self, values: list[tuple[str, Record]]) -> tuple[Iterable[tuple[str, Known]], bool]:
        """What is known after each of them; forgotten if nothing is."""
        told = []
        for partition, record in values:
            before = self._state
            self._happened(record)
            if before is not None or self._state is not None:
                known = Known(record[self._work.entity], self._state, record["occurred_at"])
                told.append((partition, known))
        return told, self._state is None

    def snapshot(self) -> Record:
        """A state is never changed, only replaced."""
        assert self._state is not None
        return self._state

    def _happened(self, record: Record) -> None:
        known = self._state
        if known is not None and self._work.due(known) < record["occurred_at"]:
            known = {**known, "done": True}  # the step that waits has said it, or says it now
        self._state = self._work.after(known, record)


class Partition(StatefulBatchLogic[Heard | Known, Record, Any]):
    """What waits in one partition."""

    def __init__(self, work: Work, snapshot: tuple[States, Deadlines] | None) -> None:
        self._work = work
        self._waiting, self._deadlines = snapshot or ({}, Deadlines(*work.labels))

    def on_batch(self, values: list[Heard | Known]) -> tuple[Iterable[Record], bool]:
        """What is to be said once all of them are known."""
        signals = []
        for value in values:
            if isinstance(value, Heard):
                self._deadlines.hear(*value)
            else:
                signals += self._learn(*value)
        for signal in self._work.overdue(self._waiting, self._deadlines):
            del self._waiting[signal[self._work.entity]]
            signals.append(signal)
        return signals, False

    def snapshot(self) -> tuple[States, Deadlines]:
        """As it is now."""
        return dict(self._waiting), self._deadlines.copy()

    def _learn(self, who: str, state: Record | None, at: int) -> Iterator[Record]:
        known = self._waiting.pop(who, None)
        if known is not None and self._work.due(known) < at:
            yield self._work.signal(who, known, self._work.due(known))
            known = None
        if state is not None and not state["done"]:
            self._waiting[who] = state
            self._work.wait(known, state, self._deadlines, who)


def dataflow(bootstrap: str, prefix: str, schemas: Path) -> Dataflow:
    """Both detections."""
    flow = Dataflow("detect")
    for work in (CARTS, CONTACTS):
        _detect(flow, work, bootstrap, prefix, Wire.of_folder(schemas))
    return flow


def _detect(flow: Dataflow, work: Work, bootstrap: str, prefix: str, wire: Wire) -> None:
    labels = {f"{prefix}.{label}": label for label in work.labels}
    name, settings = work.entity, {"isolation.level": "read_committed", "fetch.queue.backoff.ms": "5"}
    source = KafkaSource([bootstrap], [*labels], add_config=settings)
    read = op.flat_map_batch(f"{name}_read", op.input(f"{name}_in", flow, source), _reading(labels, wire))
    happened = op.flat_map_batch(f"{name}_events", read, partial(_events, work.entity))
    known = op.key_rm(f"{name}_told", op.stateful_batch(f"{name}_known", happened, partial(Entity, work)))
    heard = op.flat_map_batch(f"{name}_heard", read, _heard)
    said = op.stateful_batch(f"{name}_said", op.merge(f"{name}_all", known, heard), partial(Partition, work))
    sink = KafkaSink([bootstrap], f"{prefix}.{work.output}", add_config={"compression.type": "lz4"})
    op.output(f"{name}_out", op.map(f"{name}_write", said, _writing(work, wire)), sink)


def _reading(labels: dict[str, str], wire: Wire) -> Callable[[list[Message]], Iterator[Read]]:
    def read(messages: list[Message]) -> Iterator[Read]:
        for message in messages:
            yield labels[message.topic or ""], str(message.partition), wire.read(message.value)

    return read


def _events(entity: str, read: list[Read]) -> Iterator[tuple[str, tuple[str, Record]]]:
    for _, partition, record in read:
        if entity in record:
            yield record[entity], (partition, record)


def _heard(read: list[Read]) -> Iterator[tuple[str, Heard]]:
    latest: dict[tuple[str, str], int] = {}
    for label, partition, record in read:
        latest[partition, label] = record["received_at"]
    for (partition, label), received_at in latest.items():
        yield partition, Heard(label, received_at)


def _writing(work: Work, wire: Wire) -> Callable[[tuple[str, Record]], KafkaSinkMessage[bytes, bytes]]:
    write = wire.writer(f"cx.{work.output}-value")

    def written(said: tuple[str, Record]) -> KafkaSinkMessage[bytes, bytes]:
        _, signal = said
        return KafkaSinkMessage(f"main/{signal['profile_id']}".encode(), write(signal))

    return written


if __name__ == "__main__":
    bootstrap, prefix, schemas, state = sys.argv[1:]
    init_db_dir(Path(state), 1)
    flow = dataflow(bootstrap, prefix, Path(schemas))
    every = timedelta(milliseconds=100)
    cli_main(flow, epoch_interval=every, recovery_config=RecoveryConfig(Path(state)))
