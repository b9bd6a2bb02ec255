"""Deterministic ids: the same cause gives the same id, whoever computes it and how often."""

from hashlib import blake2b, sha1
from uuid import UUID

NAMESPACE = UUID("8f2d3c5e-6f0b-5c0e-9a63-0d4a2f6f7b11")
"""The namespace of every UUIDv5 that heedful derives. Never changes."""
_NAMESPACE = NAMESPACE.bytes


def derive(*parts: str | int) -> str:
    """UUIDv5 (RFC 9562) of the parts in order, separated, so that ("a", "bc") and ("ab", "c") differ.

    ``uuid.uuid5`` gives the same in three times the time, and every fact has one.
    """
    name = "\x1f".join(map(str, parts))
    digest = bytearray(sha1(_NAMESPACE + name.encode(), usedforsecurity=False).digest()[:16])
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def short_hash(identifier: str) -> int:
    """Eight bytes of BLAKE2b, to remember that an id was seen. Equal in every process."""
    return int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big")
