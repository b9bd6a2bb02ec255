"""Topics of Faust's as bytes: heedful's own codec reads and writes them."""

from typing import Any

import faust

from streams.kernel.deadletters import Origin


def raw(app: faust.App, *names: str) -> Any:
    """The topics of these names, keys and values as they are."""
    as_they_are: faust.Schema[bytes, bytes] = faust.Schema(
        key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw"
    )
    return app.topic(*names, schema=as_they_are, allow_empty=True)


def origin_of(message: Any) -> Origin:
    """Where a record of Faust's stands, and its bytes."""
    written = int(message.timestamp * 1_000)
    return Origin(message.topic, message.partition, message.offset, written, message.key, message.value)
