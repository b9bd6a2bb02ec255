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
from benchmarks.plain_detection import (
    Deadlines,
    cart_happened,
    carts_left,
    contact_happened,
    replies_overdue,
)
from schemas import topics


def application(bootstrap: str, prefix: str, partitions: int) -> faust.App:
    """The application, ready to run."""
    app = plain_app(f"{prefix}-detect", bootstrap, partitions)
    _detect_carts(app, prefix, partitions)
    _detect_waits(app, prefix, partitions)
    return app


def _detect_carts(app: faust.App, prefix: str, partitions: int) -> None:
    read, write = wire().read, wire().writer(topics.ABANDONMENT_SIGNALS.subject)
    names = {topic.named(prefix): topic.label for topic in (topics.CLICKSTREAM, topics.CART)}
    carts = app.Table("carts", key_type=str, value_type=dict, partitions=partitions)
    signals = app.topic(topics.ABANDONMENT_SIGNALS.named(prefix), key_type=bytes, value_type=bytes)
    deadlines: dict[int, Deadlines] = defaultdict(partial(Deadlines, *names.values()))

    @app.agent(app.topic(*names, key_type=bytes, value_type=bytes))
    async def detect_carts(stream: Any) -> None:
        async for event in stream.events():
            record, of = read(event.value), deadlines[event.message.partition]
            of.hear(names[event.message.topic], record["received_at"])
            if "visitor_id" in record:
                cart_happened(carts, of, record)
            for signal in carts_left(carts, of):
                await signals.send(key=_key(signal), value=write(signal))


def _detect_waits(app: faust.App, prefix: str, partitions: int) -> None:
    read, write = wire().read, wire().writer(topics.CONTACT_SIGNALS.subject)
    label, name = topics.SUPPORT.label, topics.SUPPORT.named(prefix)
    contacts = app.Table("contacts", key_type=str, value_type=dict, partitions=partitions)
    signals = app.topic(topics.CONTACT_SIGNALS.named(prefix), key_type=bytes, value_type=bytes)
    deadlines: dict[int, Deadlines] = defaultdict(partial(Deadlines, label))

    @app.agent(app.topic(name, key_type=bytes, value_type=bytes))
    async def detect_waits(stream: Any) -> None:
        async for event in stream.events():
            record, of = read(event.value), deadlines[event.message.partition]
            of.hear(label, record["received_at"])
            if "contact_id" in record:
                contact_happened(contacts, of, record)
            for signal in replies_overdue(contacts, of):
                await signals.send(key=_key(signal), value=write(signal))


def _key(signal: dict[str, Any]) -> bytes:
    return topics.key(signal["shop_id"], signal["profile_id"]).encode()


if __name__ == "__main__":
    bootstrap, prefix, partitions = sys.argv[1:]
    run(application(bootstrap, prefix, int(partitions)))
