"""What came of it: signals, decisions and requests, by id and as they stand in the end."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import msgspec

from schemas import topics
from schemas.outputs import ContactSignal, Outreach
from schemas.topics import Output
from streams.rules.contacts.said import METRIC_EVENTS
from tests.builders import World, book
from tests.properties.cluster import Cluster

LIVE = book("outreach.mode=live", "outreach.quiet_hours.enabled=false")
SIGNALS = (topics.ABANDONMENT_SIGNALS, topics.CONTACT_SIGNALS)
CONCLUSIONS = (*SIGNALS, topics.DECISIONS, *topics.OUTREACH.values())


def records(outputs: Iterable[Output], *on: topics.Topic) -> list[Any]:
    """What was said on some topics."""
    return [out.value for out in outputs if out.topic in on and out.value is not None]


def conclusions(outputs: Iterable[Output]) -> list[Any]:
    """Every signal for people: without those that only say how the clocks of contacts move."""
    said = records(outputs, *SIGNALS)
    return [one for one in said if not {one.kind, getattr(one, "detail", None)} & set(METRIC_EVENTS)]


def ids(host: World | Cluster) -> list[str]:
    """Of every signal, decision and outreach."""
    return sorted(record.event_id for record in records(host.published, *CONCLUSIONS))


def states(host: World | Cluster) -> dict[str, bytes]:
    """Of every profile."""
    if isinstance(host, Cluster):
        return host.care.states()
    return {key: msgspec.msgpack.encode(state) for key, state in host.care.states().items()}


def standing(host: World | Cluster) -> set[str]:
    """Ids of signals that were not taken back; with a false signal its recovery goes."""
    return {one.event_id for one in _standing(host)}


def outcomes(host: World | Cluster) -> Counter[tuple[Any, ...]]:
    """The same by what they say: said again after it was taken back, it has another id.

    Of a recovery what was recovered, whichever of several orders is said to have done it.
    """
    return Counter(_outcome(one) for one in {one.event_id: one for one in _standing(host)}.values())


def _outcome(one: Any) -> tuple[Any, ...]:
    if isinstance(one, ContactSignal):
        return (one.kind, one.contact_id, one.clock, one.started_at, one.occurred_at, one.cause, one.step)
    return (one.kind, one.abandoned_id if one.kind == "recovered" else one.event_id)


def _standing(host: World | Cluster) -> list[Any]:
    said = records(host.published, *SIGNALS)
    back = {
        getattr(one, name, None)
        for one in said
        for name in ("abandoned_id", "withdraws")
        if one.kind == "withdrawn"
    }
    back.discard(None)
    return [
        one
        for one in said
        if one.kind != "withdrawn" and not {one.event_id, getattr(one, "abandoned_id", None)} & back
    ]


def requests(host: World | Cluster) -> list[Outreach]:
    """Requests that were not called back."""
    sent: list[Outreach] = records(host.published, *topics.OUTREACH.values())
    cancelled = {one.outreach_id for one in sent if one.action == "cancel"}
    return [one for one in sent if one.action == "request" and one.outreach_id not in cancelled]


def decided(host: World | Cluster) -> list[tuple[str, str]]:
    """Outcome and guard of every decision."""
    return [(row.outcome, row.guard) for row in records(host.published, topics.DECISIONS)]


def gone(host: World | Cluster) -> set[str]:
    """Signals about which nobody may be approached any more: the cart was bought, changed or emptied."""
    rows = records(host.published, topics.DECISIONS)
    return {
        row.signal_id
        for row in rows
        if row.outcome in ("cancelled", "withdrawn") and row.guard == "condition"
    }
