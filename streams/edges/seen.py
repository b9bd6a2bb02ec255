"""What went by: how many of each kind, each id counted once, and the latest ones. Bounded memory."""

from collections import Counter, OrderedDict, deque
from typing import Any

import msgspec

from schemas.ids import short_hash
from schemas.topics import Topic
from schemas.words import Record

REMEMBERED = 100_000
LATEST = 20


class Seen:
    """Counts since the process started. An id that comes again after ``REMEMBERED`` others counts again."""

    def __init__(self, remembered: int = REMEMBERED, latest: int = LATEST) -> None:
        self._remembered = remembered
        self._ids: OrderedDict[int, None] = OrderedDict()
        self._counts: dict[str, Counter[str]] = {}
        self._latest: deque[dict[str, Any]] = deque(maxlen=latest)
        self.again = 0
        self.bad = 0

    async def __call__(self, topic: Topic, record: Any) -> None:
        """Count a signal or an outreach record."""
        if self._is_known(short_hash(record.event_id)):
            self.again += 1
            return
        kind = getattr(record, "kind", None) or record.action
        self._counts.setdefault(topic.label, Counter())[kind] += 1
        self._latest.appendleft({"topic": topic.label, **_shown(record)})

    def status(self) -> dict[str, Any]:
        """As JSON: counts by topic and kind, the latest, duplicates, what couldn't be read."""
        return {
            "seen": {label: dict(counts) for label, counts in self._counts.items()},
            "latest": list(self._latest),
            "again": self.again,
            "bad": self.bad,
        }

    def _is_known(self, identity: int) -> bool:
        if identity in self._ids:
            return True
        self._ids[identity] = None
        if len(self._ids) > self._remembered:
            self._ids.popitem(last=False)
        return False


def _shown(record: Record) -> dict[str, Any]:
    fields = msgspec.structs.asdict(record)
    return {name: msgspec.to_builtins(value) for name, value in fields.items() if value is not None}
