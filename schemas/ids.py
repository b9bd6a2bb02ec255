"""Deterministic ids: the same cause gives the same id, whoever computes it and how often."""

from hashlib import blake2b
from uuid import UUID, uuid5

NAMESPACE = UUID("8f2d3c5e-6f0b-5c0e-9a63-0d4a2f6f7b11")
"""The namespace of every UUIDv5 that heedful derives. Never changes."""


def derive(*parts: str | int) -> str:
    """UUIDv5 (RFC 9562) of the parts in order, separated, so that ("a", "bc") and ("ab", "c") differ."""
    return str(uuid5(NAMESPACE, "\x1f".join(map(str, parts))))


def short_hash(identifier: str) -> int:
    """Eight bytes of BLAKE2b, to remember that an id was seen. Equal in every process."""
    return int.from_bytes(blake2b(identifier.encode(), digest_size=8).digest(), "big")
