"""A codec that hands out the very records that were written: what the simulation is not about."""

from collections.abc import Iterable

from schemas.batches import Batch, Part
from schemas.codec import Codec
from schemas.published import SUBJECT_OF
from schemas.registry import FileRegistry
from schemas.topics import Topic
from schemas.words import Record

REGISTRY = FileRegistry()


class Memo(Codec):
    """Records are immutable; a value is the number of one."""

    def __init__(self) -> None:
        super().__init__(REGISTRY)
        self._written: list[Record] = []

    def encode(self, record: Record) -> bytes:
        """The next number."""
        self._written.append(record)
        return b"%d" % (len(self._written) - 1)

    def decode(self, value: bytes | None, topic: Topic | None = None) -> Record:
        """The record of a number."""
        return self._written[int(value or b"")]

    def decode_batch(self, topic: Topic, records: Iterable[tuple[int, bytes | None]]) -> Batch:
        """All are good."""
        by_model: dict[type[Record], list[tuple[int, Record]]] = {}
        for offset, value in records:
            record = self.decode(value)
            by_model.setdefault(type(record), []).append((offset, record))
        return Batch([self._part(model, pairs) for model, pairs in by_model.items()], [], [])

    def _part(self, model: type[Record], pairs: list[tuple[int, Record]]) -> Part:
        offsets, records = [offset for offset, _ in pairs], [record for _, record in pairs]
        return Part(
            self.reading(REGISTRY.id_of(SUBJECT_OF[model])),
            offsets,
            lambda chosen: records if chosen is None else [records[at] for at in chosen],
            lambda name: [getattr(record, name) for record in records],
            lambda: (self.encode(record) for record in records),
        )
