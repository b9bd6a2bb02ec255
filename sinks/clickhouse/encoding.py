"""How bodies are packed on their way, under the names that HTTP and ClickHouse give it."""

from collections.abc import Mapping
from types import ModuleType

import cramjam

METHODS: Mapping[str, ModuleType] = {
    "zstd": cramjam.zstd,
    "lz4": cramjam.lz4,
    "gzip": cramjam.gzip,
    "deflate": cramjam.zlib,
    "br": cramjam.brotli,
}
"""Those that come first are taken first, where a client accepts several."""


def accepted(header: str) -> str | None:
    """What to pack an answer with, by the request's Accept-Encoding; None: leave it as it is."""
    named = [one.replace(" ", "").lower() for one in header.split(",")]
    wanted = {one.partition(";")[0] for one in named if not one.endswith((";q=0", ";q=0.0"))}
    return next((name for name in METHODS if name in wanted), None)


def packed(data: bytes, name: str) -> bytes:
    """Packed by one of METHODS."""
    return bytes(METHODS[name].compress(data))


def unpacked(data: bytes, name: str, limit: int) -> bytes:
    """Raises ValueError if the method isn't known, it isn't packed so, or it is longer than ``limit``."""
    if name not in METHODS:
        raise ValueError(f"bodies are packed with {', '.join(METHODS)}, not with {name}")
    room = bytearray(limit)
    try:
        length = METHODS[name].decompress_into(data, room)
    except cramjam.DecompressionError as error:
        raise ValueError(f"not {name}, or longer than {limit} bytes: {error}") from None
    return bytes(room[:length])
