"""What a task keeps by key, decoded once it is touched, and which keys changed since they were written."""

from collections.abc import Callable, Iterable, Iterator, KeysView
from typing import Any, Generic, TypeVar

from schemas.words import Millis
from streams.kernel.processor import Processor
from streams.kernel.state import Entry, EntryCodec

S = TypeVar("S")

Wake = Callable[[Entry[S, Any]], Millis | None]


class Entries(Generic[S]):
    """The entries of one task. ``wake``: when the key of an entry is to be looked at next."""

    def __init__(self, processor: Processor[S], wake: Wake[S]) -> None:
        self._codec = EntryCodec(processor)
        self._wake = wake
        self._entries: dict[str, Entry[S, Any] | bytes] = {}
        self._dirty: dict[str, bool] = {}
        """Keys that changed since ``changes`` was asked, and whether they were known before."""

    def __len__(self) -> int:
        return len(self._entries)

    def keys(self) -> KeysView[str]:
        """The keys of which anything is known, now and whenever it is looked at."""
        return self._entries.keys()

    def get(self, key: str) -> Entry[S, Any] | None:
        """The entry of a key; None: nothing is known of it."""
        entry = self._entries.get(key)
        if isinstance(entry, bytes):
            entry = self._entries[key] = self._codec.decode(entry)
        return entry

    def change(self, key: str, entry: Entry[S, Any]) -> None:
        """From now on this is kept for the key; it may go on changing until ``changes`` is asked."""
        self._dirty.setdefault(key, key in self._entries)
        self._entries[key] = entry

    def forget(self, key: str) -> None:
        """Nothing is known of the key any more. It must have been said to change."""
        del self._entries[key]

    def restore(self, keys: Iterable[str], values: Iterable[bytes]) -> None:
        """Take changelog values over as they are."""
        self._entries.update(zip(keys, values, strict=True))

    @property
    def changed(self) -> bool:
        """Whether some entry differs from what ``changes`` gave last."""
        return bool(self._dirty)

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Changelog values of all keys that changed since this was asked last; None: the key is forgotten.

        A key that came and went in between is left out.
        """
        dirty, self._dirty = self._dirty, {}
        for key, known in dirty.items():
            value = self._value(key)
            if known or value is not None:
                yield key, value

    def _value(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        return self._encoded(entry) if isinstance(entry, Entry) else entry

    def _encoded(self, entry: Entry[S, Any]) -> bytes:
        return self._codec.encode(entry, self._wake(entry) or 0)
