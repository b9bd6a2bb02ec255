"""Detection by Quix Streams: one state per key in RocksDB with a changelog, exactly once.

python -m benchmarks.peers.quix.main BOOTSTRAP PREFIX SCHEMAS STATE

A state can be reached only while a record of its key is handled, and nothing wakes a key up. So what waits is
held in memory as well, and said when any record of its partition has moved the time past it.
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from quixstreams import Application, State, message_context
from quixstreams.models.serializers import SerializationContext, Serializer
from quixstreams.models.topics.exceptions import TopicNotFoundError

from benchmarks.plain_detection import CARTS, CONTACTS, Deadlines, Record, States, Work
from benchmarks.plain_wire import Wire


class Written(Serializer):
    """Signals as Avro."""

    def __init__(self, wire: Wire, subject: str) -> None:
        self._write = wire.writer(subject)

    def __call__(self, value: Any, ctx: SerializationContext) -> bytes:
        """Wire bytes."""
        return self._write(value)


class Detector:
    """What waits in each partition, beside the store."""

    def __init__(self, work: Work, prefix: str, wire: Wire) -> None:
        self._work = work
        self._read = wire.read
        self._labels = {f"{prefix}.{label}": label for label in work.labels}
        self._waiting: States = {}
        self._deadlines: dict[int, Deadlines] = defaultdict(partial(Deadlines, *work.labels))

    def __call__(self, value: bytes, state: State) -> list[Record]:
        """One record; what is to be said."""
        place, record = message_context(), self._read(value)
        deadlines = self._deadlines[place.partition]
        deadlines.hear(self._labels[place.topic], record["received_at"])
        if self._work.entity in record:
            self._happened(record, deadlines, state)
        return list(self._work.overdue(self._waiting, deadlines))

    def _happened(self, record: Record, deadlines: Deadlines, state: State) -> None:
        who = record[self._work.entity]
        stored = state.get(who)
        if stored is not None:
            self._waiting.setdefault(who, stored)
        self._work.happened(self._waiting, deadlines, record)
        now = self._waiting.get(who)
        if now is not None:
            state.set(who, now)
        elif stored is not None:
            state.delete(who)


def application(bootstrap: str, prefix: str, schemas: Path, state: str) -> Application:
    """The application, ready to run."""
    app = Application(
        bootstrap,
        consumer_group=prefix,
        auto_offset_reset="earliest",
        commit_interval=0.1,
        processing_guarantee="exactly-once",
        consumer_extra_config={"isolation.level": "read_committed", "fetch.queue.backoff.ms": 5},
        producer_extra_config={"compression.type": "lz4"},
        consumer_poll_timeout=0.1,
        state_dir=state,
        loglevel="WARNING",
    )
    for work in (CARTS, CONTACTS):
        _detect(app, work, prefix, Wire.of_folder(schemas))
    return app


def _detect(app: Application, work: Work, prefix: str, wire: Wire) -> None:
    inputs = [
        app.topic(f"{prefix}.{label}", key_deserializer="bytes", value_deserializer="bytes")
        for label in work.labels
    ]
    written = Written(wire, f"cx.{work.output}-value")
    output = app.topic(f"{prefix}.{work.output}", key_serializer="str", value_serializer=written)
    frame = app.dataframe(inputs[0])
    for other in inputs[1:]:
        frame = frame.concat(app.dataframe(other))
    said = frame.apply(Detector(work, prefix, wire), stateful=True, expand=True)
    said.to_topic(output, key=lambda signal: f"main/{signal['profile_id']}")


def known_topics(make: Callable[[], Application], tries: int = 20) -> Application:
    """The application, once the broker knows the changelogs that making it creates: it looks too soon."""
    for _ in range(tries):
        try:
            return make()
        except TopicNotFoundError as unknown:
            print(f"again: {unknown}", flush=True)
    return make()


if __name__ == "__main__":
    bootstrap, prefix, schemas, state = sys.argv[1:]
    known_topics(lambda: application(bootstrap, prefix, Path(schemas), state)).run()
