"""The same detection as a plain Faust application would have it: agents, tables, the memory store.

    python -m benchmarks.plain_detect BOOTSTRAP PREFIX PARTITIONS

It keeps per visitor what is in the cart, how far the visitor went and when they were last seen, and per
contact who asked when, in tables with changelogs; and says what was left, and which first reply is overdue,
once the time of the log has passed it. Its deadlines live in memory beside the tables, since a table can't be
written from a timer.
"""

import sys
from collections import defaultdict
from functools import partial
from typing import Any

import faust

from benchmarks.plain import plain_app, run, wire
from benchmarks.plain_detection import CARTS, CONTACTS, Deadlines, Work
from schemas import topics


def application(bootstrap: str, prefix: str, partitions: int) -> faust.App:
    """The application, ready to run."""
    app = plain_app(f"{prefix}-detect", bootstrap, partitions)
    for name, work in {"carts": CARTS, "contacts": CONTACTS}.items():
        _detect(app, name, work, prefix, partitions)
    return app


def _detect(app: faust.App, name: str, work: Work, prefix: str, partitions: int) -> None:
    read, write = wire().read, wire().writer(f"cx.{work.output}-value")
    labels = {f"{prefix}.{label}": label for label in work.labels}
    states = app.Table(name, key_type=str, value_type=dict, partitions=partitions)
    signals = app.topic(f"{prefix}.{work.output}", key_type=bytes, value_type=bytes)
    deadlines: dict[int, Deadlines] = defaultdict(partial(Deadlines, *work.labels))

    @app.agent(app.topic(*labels, key_type=bytes, value_type=bytes), name=f"detect-{name}")
    async def detect(stream: Any) -> None:
        async for event in stream.events():
            record, of = read(event.value), deadlines[event.message.partition]
            of.hear(labels[event.message.topic], record["received_at"])
            if work.entity in record:
                work.happened(states, of, record)
            for signal in work.overdue(states, of):
                key = topics.key(signal["shop_id"], signal["profile_id"])
                await signals.send(key=key.encode(), value=write(signal))


if __name__ == "__main__":
    bootstrap, prefix, partitions = sys.argv[1:]
    run(application(bootstrap, prefix, int(partitions)))
