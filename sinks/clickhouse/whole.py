"""What the embedded broker passed over is read again before its range is claimed. See ``schemas.holes``."""

from contextlib import closing

from confluent_kafka import Message

from schemas.holes import Refill, holes
from sinks.clickhouse.blocks import Source
from sinks.clickhouse.config import LandingConfig


def whole(config: LandingConfig, source: Source, start: int, messages: list[Message]) -> list[Message]:
    """The records from ``start`` on. Of inputs only: elsewhere each transaction leaves a hole, its marker."""
    offsets = (offset for message in messages if (offset := message.offset()) is not None)
    if not (config.aborted_visible and source.topic.kind == "input" and any(holes(start, offsets))):
        return messages
    with closing(Refill(config.consumer({"group.id": config.internal("landing", "reader")}))) as refill:
        return refill.complete(source.name, source.partition, start, messages)
