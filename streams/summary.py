"""What came of a replay, in numbers."""

from collections import Counter
from typing import Any, get_args

import msgspec

from schemas import topics
from schemas.topics import Output
from schemas.words import AbandonmentKind, ContactSignalKind

KINDS: dict[str, tuple[str, ...]] = {
    topics.ABANDONMENT_SIGNALS.name: get_args(AbandonmentKind)[1:],
    topics.CONTACT_SIGNALS.name: get_args(ContactSignalKind)[1:],
}
"""Every kind of each topic of signals."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """``read``: data rows. ``duplicates``: rows identical to an earlier one. ``unchanged``: rows that say
    nothing new, in files that tell what holds and not what happened. ``open_episodes``: carts that are not
    empty, not ordered and not yet signalled. ``signals``: topic, kind, how many.
    """

    read: int
    duplicates: int
    unchanged: int
    dead_letters: int
    open_episodes: int
    waiting_contacts: int
    signals: dict[str, dict[str, int]]


class SignalCounts:
    """Counts signals by topic and kind; a kind that didn't occur is 0."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, out: Output) -> None:
        """Count it, if it is a signal."""
        if out.topic.name in KINDS:
            value: Any = out.value
            self._counts[out.topic.name, value.kind] += 1

    def by_topic(self) -> dict[str, dict[str, int]]:
        """{topic: {kind: how many}}."""
        return {topic: {kind: self._counts[topic, kind] for kind in kinds} for topic, kinds in KINDS.items()}
