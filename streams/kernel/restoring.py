"""How a task's state is built from its changelog: read anew, or begun with what a standby has followed."""

import logging
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from confluent_kafka import KafkaException, Message

from streams.errors import Refused
from streams.kernel.changelog import (
    POSITION_KEY,
    Batch,
    Position,
    decode_position,
    find_end,
    read_batches,
    read_up_to,
)
from streams.kernel.config import KernelConfig

log = logging.getLogger(__name__)

TELL_EVERY = 5.0
"""Seconds between two lines of log about one restore."""


@dataclass(slots=True)
class Copy:
    """The newest value of each key in a changelog partition before ``offset``, undecoded.

    ``position``: the position record, if that was the last record of all.
    """

    offset: int = 0
    values: dict[bytes, bytes] = field(default_factory=dict)
    position: bytes | None = None

    def take(self, messages: Iterable[Message]) -> None:
        """Records that follow. ``offset`` is to be moved by whoever read them."""
        values = self.values
        for message in messages:
            key, value = message.key() or b"", message.value()
            if key == POSITION_KEY:
                self.position = value
            elif value is None:
                values.pop(key, None)
                self.position = None
            else:
                values[key] = value
                self.position = None

    def duplicate(self) -> "Copy":
        """Another one, that goes its own way."""
        return Copy(self.offset, dict(self.values), self.position)


@dataclass(slots=True)
class RestoreProgress:
    """How far a restore has come: keys so far, offsets of the changelog behind it, and all there are."""

    keys: int = 0
    offset: int = 0
    end: int | None = None

    @property
    def share(self) -> float:
        """Of the offsets, how many are behind it; from 0 to 1."""
        return 0.0 if self.end is None else min(1.0, self.offset / self.end) if self.end else 1.0

    def __str__(self) -> str:
        return f"{self.keys:,} keys so far, {self.share:.0%} of its changelog read"


class Restored(NamedTuple):
    """All state as of the committed offsets, undecoded. ``offset``: that of the changelog behind it."""

    values: dict[bytes, bytes]
    position: Position | None
    offset: int = 0

    @property
    def reached(self) -> dict[str, int]:
        """Where the inputs stood."""
        return dict(self.position.after) if self.position else {}


@dataclass(frozen=True)
class Source:
    """The changelog partition of one task."""

    config: KernelConfig
    topic: str
    partition: int

    def restored(
        self, committed: Mapping[str, int], progress: RestoreProgress, followed: Copy | None = None
    ) -> Restored:
        """All state as of the committed offsets.

        ``followed``: what a standby has; only what comes behind it is read. If that doesn't lead to the
        committed offsets, everything is read. The transactional id of the task must have been initialised, so
        that no transaction is pending. Raises Refused if changelog and offsets don't belong together.
        """
        self.config.reached("restore.offsets")
        end = find_end(self.config, self.topic, self.partition)
        self.config.reached("restore.end")
        progress.end = end
        if followed is not None and not self.config.aborted_visible:
            found = self._continued(followed, end, progress)
            if found is not None and found.reached == committed:
                return found
            log.warning("%s: what a standby followed doesn't lead to the committed offsets", self)
        found = self._whole(end, committed, progress)
        if found.reached != committed:
            raise Refused(self._parted(found.reached, committed))
        return found

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"

    def _continued(self, followed: Copy, end: int, progress: RestoreProgress) -> Restored | None:
        """None: the log isn't the one that was followed."""
        if followed.offset > end:
            return None
        try:
            return self._read(followed, end, progress)
        except KafkaException as failure:
            log.warning("%s can't be read on from %s: %s", self, followed.offset, failure)
            return None

    def _whole(self, end: int, committed: Mapping[str, int], progress: RestoreProgress) -> Restored:
        if self.config.aborted_visible:
            return _chained(list(read_batches(self.config, self.topic, self.partition, end)), committed)
        return self._read(Copy(), end, progress)

    def _read(self, copy: Copy, end: int, progress: RestoreProgress) -> Restored:
        began, known, start = time.monotonic(), len(copy.values), copy.offset
        for messages, reached in self._told(copy, end, progress):
            copy.take(messages)
            copy.offset = reached
        log.info(
            "%s: %s keys restored in %.1f s, %s of them followed before; offsets %s to %s were read",
            *(self, f"{len(copy.values):,}", time.monotonic() - began, f"{known:,}", start, end),
        )
        position = None if copy.position is None else decode_position(copy.position)
        return Restored(copy.values, position, copy.offset)

    def _told(self, copy: Copy, end: int, progress: RestoreProgress) -> Iterator[tuple[list[Message], int]]:
        """What is read, with its progress shown."""
        told = time.monotonic()
        for messages, reached in read_up_to(self.config, self.topic, self.partition, end, copy.offset):
            yield messages, reached
            progress.keys, progress.offset = len(copy.values), reached
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                log.info("%s is restored: %s", self, progress)

    def _parted(self, reached: Mapping[str, int], committed: Mapping[str, int]) -> str:
        return (
            f"The changelog of {self.config.deployment} stands at {dict(reached)}, the committed offsets at "
            f"{dict(committed)}: offsets were reset or have expired, or the changelog was deleted. Going on "
            "would count events twice or lose them. Put the group's offsets back to the changelog's "
            "position, or start under another deployment name, which builds its state from the inputs."
        )


def _chained(batches: list[Batch], committed: Mapping[str, int]) -> Restored:
    """Only the commits that lead to the committed offsets: the broker shows aborted ones too.

    Walks back from the last commit that ends at the committed offsets; each one's beginning is the end of
    the one before it.
    """
    chain: list[Batch] = []
    sought = dict(committed)
    for batch in reversed(batches):
        if batch.position is not None and batch.position.after == sought and sought:
            chain.append(batch)
            sought = batch.position.before
    merged = dict[bytes, bytes | None]()
    for batch in reversed(chain):
        merged.update(batch.values)
    values = {key: value for key, value in merged.items() if value is not None}
    return Restored(values, chain[0].position if chain else None)
