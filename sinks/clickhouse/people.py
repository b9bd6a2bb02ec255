"""Whose the records of a range are, and who among them asks to be forgotten."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from confluent_kafka import Message

from schemas.batches import Batch, Part
from schemas.topics import CART, PROFILE_UPDATES, Topic
from schemas.words import Millis
from sinks.clickhouse.tables import personal

Person: TypeAlias = tuple[str, str]
"""A shop, and the id of a customer or of a device."""

REQUESTS = {PROFILE_UPDATES.label: "profile_erased", CART.label: "visitor_erased"}
"""By topic, the type of event that asks for an erasure. The kernels ask for that of a customer's devices."""


class Erasure(NamedTuple):
    """A request: rows of ``id`` up to ``erased_at`` are to go. ``request``: where it stands."""

    request: str
    shop_id: str
    id: str
    erased_at: Millis


class People(NamedTuple):
    """Owners of the records of a range, the earliest time of any, and the requests among them."""

    owners: frozenset[Person] = frozenset()
    earliest: Millis = 0
    erasures: tuple[Erasure, ...] = ()


NOBODY = People()


def people(topic: Topic, batch: Batch, messages: Mapping[int, Message], place: str) -> People:
    """Whom a batch is about. ``place``: where it was read from."""
    whose = personal(topic)
    if whose is None:
        return NOBODY
    asks = REQUESTS.get(topic.label)
    owners: set[Person] = set()
    earliest, erasures = [], list[Erasure]()
    for part in batch.of(topic.model):
        times, persons = part.field(whose.time), _persons(part, whose.ids)
        owners.update(persons)
        earliest += times
        kinds = part.field("type") if asks else ()
        for position in (at for at, kind in enumerate(kinds) if kind == asks):
            offset = part.offsets[position]
            erased_at = min(times[position], messages[offset].timestamp()[1])
            erasures.append(Erasure(f"{place}-{offset}", *persons[position], erased_at))
    return People(frozenset(owners), min(earliest, default=0), tuple(erasures))


def _persons(part: Part, ids: tuple[str, ...]) -> list[Person]:
    """Whose each record is: the customer's if that is known. By columns, as every record passes here."""
    first, last = part.field(ids[0]), part.field(ids[-1])
    known = [one or other for one, other in zip(first, last, strict=True)]
    return list(zip(part.field("shop_id"), known, strict=True))
