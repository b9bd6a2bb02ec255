"""A log as Kafka keeps it, in memory: offsets, transactions, fences, generations; and no time of its own."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, TypeAlias

from confluent_kafka import KafkaError, KafkaException

from schemas.words import Millis

Place: TypeAlias = tuple[str, int]
"""A topic and a partition."""
Fate = Literal["open", "committed", "aborted"]
Isolation = Literal["read_committed", "read_uncommitted"]


def refused(code: int, fatal: bool = True) -> KafkaException:
    """What a client raises when the broker has refused it."""
    return KafkaException(KafkaError(code, fatal=fatal))


class Membership(NamedTuple):
    """A member's part in a group, as of one generation."""

    group: str
    generation: int


@dataclass(eq=False, slots=True)
class Writing:
    """One transaction. Its offsets become visible with it."""

    fate: Fate = "open"
    journal: Sequence[Any] = ()
    """The steps that led to it."""
    touched: set[Place] = field(default_factory=set)
    offsets: dict[tuple[str, Place], int] = field(default_factory=dict)


class Appended(NamedTuple):
    """What stands at one offset. Without a value and a key it is the marker that ends a transaction."""

    key: bytes | None
    value: bytes | None
    at: Millis
    writing: Writing | None
    marker: bool = False

    def shown(self, isolation: Isolation) -> bool:
        """Whether readers get to see it, if they come that far."""
        if self.marker:
            return False
        return isolation == "read_uncommitted" or self.writing is None or self.writing.fate == "committed"


class Message(NamedTuple):
    """A record, or the end of a partition, as ``confluent_kafka`` hands it out."""

    place: Place
    at: int
    stands: Appended | None = None

    def topic(self) -> str:
        """Its topic."""
        return self.place[0]

    def partition(self) -> int:
        """Its partition."""
        return self.place[1]

    def offset(self) -> int:
        """Its offset; of an end, the next one."""
        return self.at

    def error(self) -> KafkaError | None:
        """That the end was reached."""
        return KafkaError(KafkaError._PARTITION_EOF) if self.stands is None else None

    def key(self) -> bytes | None:
        """Its key."""
        return self.stands.key if self.stands else None

    def value(self) -> bytes | None:
        """Its value."""
        return self.stands.value if self.stands else None

    def timestamp(self) -> tuple[int, Millis]:
        """When it was appended."""
        return (2, self.stands.at if self.stands else 0)


class Log:
    """All partitions, transactional ids and groups of a broker. ``now``: the stamp of its records."""

    def __init__(self, now: Millis) -> None:
        self.now = now
        self.offsets: dict[tuple[str, Place], int] = {}
        self.generations: Counter[str] = Counter()
        self._partitions: dict[Place, list[Appended]] = {}
        self._pending: dict[Place, dict[Writing, int]] = {}
        """Open transactions of a partition, and the first offset of each."""
        self._epochs: Counter[str] = Counter()
        self._writings: dict[str, Writing] = {}

    # Records.

    def append(
        self, place: Place, key: bytes | None, value: bytes | None, writing: Writing | None = None
    ) -> None:
        """At the end of a partition."""
        partition = self._partitions.setdefault(place, [])
        if writing is not None:
            writing.touched.add(place)
            self._pending.setdefault(place, {}).setdefault(writing, len(partition))
        partition.append(Appended(key, value, self.now, writing))

    def end(self, place: Place, isolation: Isolation = "read_uncommitted") -> int:
        """One past the last record; for read_committed the last stable offset."""
        end = len(self._partitions.get(place, ()))
        pending = self._pending.get(place) if isolation == "read_committed" else None
        return min(pending.values(), default=end) if pending else end

    def read(
        self, place: Place, start: int, most: int, isolation: Isolation = "read_committed"
    ) -> tuple[list[Message], int]:
        """At most so many records from an offset on, and the offset to go on from."""
        end = self.end(place, isolation)
        found: list[Message] = []
        while start < end and len(found) < most:
            stands = self._partitions[place][start]
            if stands.shown(isolation):
                found.append(Message(place, start, stands))
            start += 1
        return found, start

    def all(self, place: Place) -> list[Message]:
        """What readers of committed records are shown."""
        return self.read(place, 0, self.end(place))[0]

    # Transactions.

    def initialise(self, transactional_id: str) -> int:
        """A new epoch: ends the predecessor's transaction, and fences it."""
        if writing := self._writings.pop(transactional_id, None):
            self._end(writing, "aborted")
        self._epochs[transactional_id] += 1
        return self._epochs[transactional_id]

    def epoch(self, transactional_id: str) -> int:
        """The latest one of an id."""
        return self._epochs[transactional_id]

    def is_fenced(self, transactional_id: str, epoch: int) -> bool:
        """Whether somebody else has initialised the id since."""
        return self._epochs[transactional_id] != epoch

    def writing(self, transactional_id: str) -> Writing:
        """The open transaction of an id; begun if there is none."""
        return self._writings.setdefault(transactional_id, Writing())

    def send_offsets(self, writing: Writing, offsets: dict[Place, int], membership: Membership) -> None:
        """Make offsets part of a transaction. A member of an earlier generation is refused."""
        if self.generations[membership.group] != membership.generation:
            raise refused(KafkaError.ILLEGAL_GENERATION)
        for place, offset in offsets.items():
            writing.offsets[membership.group, place] = offset

    def finish(self, transactional_id: str, fate: Literal["committed", "aborted"]) -> None:
        """End the open transaction of an id."""
        writing = self._writings.pop(transactional_id, None)
        if writing is None:
            raise refused(KafkaError.INVALID_TXN_STATE)
        self._end(writing, fate)

    def expire(self, transactional_id: str) -> None:
        """The transaction is open for too long: the coordinator aborts it, and fences who began it."""
        if transactional_id in self._writings:
            self.initialise(transactional_id)

    def opened(self) -> list[str]:
        """Ids whose transactions are open."""
        return sorted(self._writings)

    def _end(self, writing: Writing, fate: Literal["committed", "aborted"]) -> None:
        writing.fate = fate
        for place in sorted(writing.touched):
            del self._pending[place][writing]
            self._partitions[place].append(Appended(None, None, self.now, writing, marker=True))
        if fate == "committed":
            self.offsets.update(writing.offsets)

    # Groups.

    def rebalance(self, group: str) -> Membership:
        """The next generation of a group."""
        self.generations[group] += 1
        return Membership(group, self.generations[group])

    def committed(self, group: str, place: Place) -> int | None:
        """The next offset that a group has committed."""
        return self.offsets.get((group, place))
