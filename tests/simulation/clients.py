"""What ``confluent_kafka`` is to the kernel, on the simulated log."""

from collections.abc import Callable, Sequence
from typing import Any
from zlib import crc32

from confluent_kafka import KafkaError, TopicPartition

from tests.simulation.log import Isolation, Log, Membership, Message, refused

Answer = Callable[[str], None]
"""Called around a commit, before and after the broker has it; raises if the client gets no answer."""


class Producer:
    """Sends at once. What a fenced one sends is dropped, and its next request refused."""

    def __init__(self, log: Log, partitions: int, answer: Answer, settings: dict[str, Any]) -> None:
        self._log = log
        self._count = partitions
        self._answer = answer
        self._id: str = settings.get("transactional.id", "")
        self._epoch = 0
        self._reports: list[Callable[[], None]] = []

    def init_transactions(self, patience: float) -> None:
        """Fence predecessors."""
        self._epoch = self._log.initialise(self._id)

    def begin_transaction(self) -> None:
        """It begins with its first record."""

    def produce(
        self,
        topic: str,
        value: bytes | None = None,
        key: bytes | None = None,
        partition: int = -1,
        on_delivery: Callable[[KafkaError | None, Any], None] | None = None,
    ) -> None:
        """Append a record."""
        place = (topic, crc32(key or b"") % self._count if partition < 0 else partition)
        if not self._id:
            self._log.append(place, key, value)
        elif not self._fenced:
            self._log.append(place, key, value, self._log.writing(self._id))
        if on_delivery is not None:
            report = on_delivery
            self._reports.append(lambda: report(None, None))

    def send_offsets_to_transaction(
        self, offsets: Sequence[TopicPartition], membership: Membership, patience: float
    ) -> None:
        """Offsets become part of the transaction."""
        self._refuse_if_fenced()
        said = {(at.topic, at.partition): at.offset for at in offsets}
        self._log.send_offsets(self._log.writing(self._id), said, membership)

    def commit_transaction(self, patience: float) -> None:
        """All or nothing; and sometimes no answer, before or after."""
        self._refuse_if_fenced()
        self._answer("before")
        self._log.finish(self._id, "committed")
        self._answer("after")

    def abort_transaction(self, patience: float) -> None:
        """Nothing of it is shown."""
        self._refuse_if_fenced()
        self._log.finish(self._id, "aborted")

    def poll(self, patience: float) -> None:
        """Report what the broker has taken."""
        reports, self._reports = self._reports, []
        for report in reports:
            report()

    def purge(self) -> None:
        """Nothing is under way."""

    def close(self) -> None:
        """Nothing is held."""

    @property
    def _fenced(self) -> bool:
        return self._log.is_fenced(self._id, self._epoch)

    def _refuse_if_fenced(self) -> None:
        if self._fenced:
            raise refused(KafkaError._FENCED)


class Consumer:
    """Reads one partition, and says when it has come to an end.

    ``wait``: called when there is nothing to read; whether something may have happened meanwhile.
    """

    def __init__(self, log: Log, wait: Callable[[], bool], settings: dict[str, Any]) -> None:
        self._log = log
        self._wait = wait
        self._isolation: Isolation = settings["isolation.level"]
        self._place = ("", 0)
        self._next = 0
        self._ended: int | None = None

    def assign(self, places: Sequence[TopicPartition]) -> None:
        """Read from there."""
        (at,) = places
        self._place, self._next = (at.topic, at.partition), at.offset

    def get_watermark_offsets(self, at: TopicPartition, timeout: float) -> tuple[int, int]:
        """Where a reader like this one finds beginning and end."""
        return 0, self._log.end((at.topic, at.partition), self._isolation)

    def consume(self, most: int, patience: float) -> list[Message]:
        """Up to so many records, or that the end was reached."""
        found = self._fetched(most)
        while not found and patience and self._wait():
            found = self._fetched(most)
        return found

    def close(self) -> None:
        """Nothing is held."""

    def _fetched(self, most: int) -> list[Message]:
        found, self._next = self._log.read(self._place, self._next, most, self._isolation)
        if len(found) < most and self._next != self._ended:
            self._ended = self._next
            found.append(Message(self._place, self._next))
        return found
