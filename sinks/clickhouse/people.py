"""Whose the records of a range are, and who among them asks to be forgotten."""

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from confluent_kafka import Message

from schemas.batches import Batch
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
    names = ("shop_id", whose.time, *whose.ids, *(("type",) if asks else ()))
    owners: set[Person] = set()
    earliest, erasures = [], []
    for offset, shop_id, at, *rest in batch.fields(topic.model, *names):
        owner = rest[0] or rest[len(whose.ids) - 1]
        owners.add((shop_id, owner))
        earliest.append(at)
        if asks and rest[-1] == asks:
            request = f"{place}-{offset}"
            erasures.append(Erasure(request, shop_id, owner, min(at, messages[offset].timestamp()[1])))
    return People(frozenset(owners), min(earliest, default=0), tuple(erasures))
