"""Landing as a plain Faust application would have it: an agent that takes batches and inserts them.

    python -m benchmarks.plain_land BOOTSTRAP PREFIX PARTITIONS PATH ROWS...

Into the same tables of the same engine, as JSON. Says ``landed ROWS`` when so many rows are in.
"""

import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faust
import msgspec

from benchmarks.lander import LINGER
from benchmarks.plain import plain_app, run, wire
from schemas.topics import CART, CLICKSTREAM
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.tables import table_of

BATCH = 5_000
ORIGIN = ("_topic", "_partition", "_offset")


class Target:
    """The tables, and how many rows went in."""

    def __init__(self, path: str, steps: Sequence[str]) -> None:
        self._store = EmbeddedStore(Path(path))
        self._steps = [int(rows) for rows in steps]
        self._rows = 0
        migrate(self._store)

    def insert(self, table: str, rows: list[dict[str, Any]]) -> None:
        """Append rows of one partition."""
        first, last = rows[0], rows[-1]
        token = f"{first['_topic']}-{first['_partition']}-{first['_offset']}-{last['_offset']}"
        data = b"\n".join(map(msgspec.json.encode, rows))
        self._store.insert(table, tuple(first), data, "JSONEachRow", token)
        self._rows += len(rows)
        while self._steps and self._rows >= self._steps[0]:
            print(f"landed {self._steps.pop(0)}", flush=True)


def application(bootstrap: str, prefix: str, partitions: int, target: Target) -> faust.App:
    """The application, ready to run."""
    read = wire().read
    app = plain_app(f"{prefix}-land", bootstrap, partitions)
    tables = {topic.named(prefix): table_of(topic) for topic in (CLICKSTREAM, CART)}

    @app.agent(app.topic(*tables, key_type=bytes, value_type=bytes))
    async def land(stream: Any) -> None:
        async for events in stream.take_events(BATCH, within=LINGER / 1000):
            blocks: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
            for event in events:
                record = read(event.value)
                if "event_id" in record:
                    origin = (event.message.topic, event.message.partition, event.message.offset)
                    blocks[origin[:2]].append(record | dict(zip(ORIGIN, origin, strict=True)))
            for (name, _), rows in blocks.items():
                target.insert(tables[name], rows)

    return app


if __name__ == "__main__":
    bootstrap, prefix, partitions, path, *steps = sys.argv[1:]
    run(application(bootstrap, prefix, int(partitions), Target(path, steps)))
