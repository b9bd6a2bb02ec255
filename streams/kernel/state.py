"""The state of one key, and its form in the changelog.

A changelog value is one byte of format, eight bytes of the moment to look at the key next, and the entry in
MessagePack. So a restore arms the timers without decoding what nobody touches.
"""

import struct
from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

import msgspec

from schemas.words import Millis
from streams.errors import Refused
from streams.kernel.processor import Processor

S = TypeVar("S")
E = TypeVar("E")

FORMAT = 1
_HEAD = struct.Struct(">BQ")


class Entry(msgspec.Struct, Generic[S, E], array_like=True, gc=False):
    """What a task keeps for one key.

    ``inbox``: events that the clock has not passed, in the order in which they will be applied.
    ``seen``: ids of events, hashed, each until when a second copy is to be dropped.
    ``state``: the processor's; None while it has nothing to remember.
    """

    inbox: list[E] = msgspec.field(default_factory=list)
    seen: dict[int, Millis] = msgspec.field(default_factory=dict)
    state: S | None = None

    @property
    def empty(self) -> bool:
        """Nothing left to keep."""
        return self.state is None and not self.inbox and not self.seen


class EntryCodec:
    """Turns the entries of one processor into changelog values and back."""

    def __init__(self, processor: Processor[Any]) -> None:
        events: Any = reduce(or_, {topic.model for topic in processor.inputs})
        self._decoder = msgspec.msgpack.Decoder(Entry[processor.state, events])  # type: ignore[name-defined]
        self._encoder = msgspec.msgpack.Encoder()

    def encode(self, entry: Entry[Any, Any], wake: Millis) -> bytes:
        """The changelog value of an entry; look at it again once the clock has passed ``wake``."""
        return _HEAD.pack(FORMAT, wake) + self._encoder.encode(entry)

    def decode(self, value: bytes) -> Entry[Any, Any]:
        """The entry in a changelog value.

        Raises Refused if a later heedful wrote it.
        """
        wake_of(value)
        entry: Entry[Any, Any] = self._decoder.decode(memoryview(value)[_HEAD.size :])
        return entry


def wake_of(value: bytes) -> Millis:
    """When the key in a changelog value is to be looked at next. Raises Refused on an unknown format."""
    form, wake = _HEAD.unpack_from(value)
    if form != FORMAT:
        raise Refused(
            f"The changelog holds state in format {form}; this version of heedful reads {FORMAT}. "
            "Run the version that wrote it, or start another deployment on the same inputs."
        )
    return int(wake)
