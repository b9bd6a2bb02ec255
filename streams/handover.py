"""Who is who, between two profiles: what a visitor who proves to be a customer hands over, and passes on.

Both travel as facts to the customer's key. ``moved`` carries what the rules remembered; it stands behind
all other facts of its moment, so that the cart, which visits tells anew, is known before. ``forwarded``
carries an event that still came under the old key. Their ``visitor_id`` is where they set out: one that
comes back there goes no further.
"""

from collections.abc import Collection
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from schemas import topics
from schemas.events import CartEvent, Feedback, OrderEvent, ProfileUpdate, SupportEvent
from schemas.facts import Fact
from schemas.ids import derive
from schemas.topics import Output
from schemas.words import Millis
from streams.profile import Profile, RuleStates

LAST = 2**31 - 1
"""A sequence behind all others."""

Event: TypeAlias = Fact | SupportEvent | OrderEvent | ProfileUpdate | Feedback
"""What reaches a profile."""


class Handover(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What one profile hands over to another."""

    form: int = 1
    visitors: dict[str, Millis] = {}
    last_order_at: Millis | None = None
    rules: RuleStates


_encoder = msgspec.msgpack.Encoder()
_handovers = msgspec.msgpack.Decoder(Handover)
_events: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)


def makes_alias(event: Event) -> bool:
    """Whether the event says that the profile is another one's."""
    return (
        isinstance(event, Fact)
        and event.type == "linked"
        and event.customer_id not in (None, event.profile_id)
    )


def came_back(profile: Profile, event: Event) -> bool:
    """Whether aliases lead in a circle: what set out here has come back."""
    return (
        isinstance(event, Fact)
        and event.type in ("moved", "forwarded")
        and event.visitor_id == profile.profile_id
    )


def moved(profile: Profile, linked: Fact) -> Output:
    """What the visitor's profile hands over to the customer's."""
    handover = Handover(visitors=profile.visitors, last_order_at=profile.last_order_at, rules=profile.rules)
    fact = Fact(
        event_id=derive(linked.event_id, "moved", profile.key),
        shop_id=profile.shop_id,
        occurred_at=linked.occurred_at,
        received_at=linked.received_at,
        sequence=LAST,
        profile_id=linked.customer_id or "",
        visitor_id=profile.profile_id,
        type="moved",
        payload=_encoder.encode(handover),
    )
    return _to(fact)


def forwarded(profile: Profile, event: Event) -> Output:
    """An event that came under the key of an alias, for the customer."""
    customer = profile.alias_of or ""
    if isinstance(event, Fact) and event.type in ("moved", "forwarded"):
        return _to(replace(event, profile_id=customer))
    fact = Fact(
        event_id=derive(event.event_id, "forwarded", profile.key),
        shop_id=event.shop_id,
        occurred_at=event.occurred_at,
        received_at=event.received_at,
        sequence=event.sequence,
        profile_id=customer,
        visitor_id=profile.profile_id,
        type="forwarded",
        payload=_encoder.encode(event),
    )
    return _to(fact)


def handed_over(fact: Fact) -> Handover:
    """What a ``moved`` fact carries."""
    return _handovers.decode(fact.payload or b"")


def unwrapped(event: Event) -> Event:
    """The event, as if it had come under the key where it is now."""
    if not isinstance(event, Fact) or event.type != "forwarded":
        return event
    return replace(_events.decode(event.payload or b""), profile_id=event.profile_id)


def erasure_of(fact: Fact, erased_at: Millis) -> ProfileUpdate:
    """The erasure of a customer, for what comes only now of the time before it."""
    return ProfileUpdate(
        event_id=derive(fact.event_id, "erased"),
        shop_id=fact.shop_id,
        occurred_at=erased_at,
        received_at=fact.received_at,
        profile_id=fact.profile_id,
        type="profile_erased",
    )


def erasures(profile: Profile, erasure: ProfileUpdate, visitors: Collection[str]) -> list[Output]:
    """Devices of the customer are to be forgotten by visits too."""
    return [
        Output(
            topics.CART,
            topics.key(profile.shop_id, visitor),
            CartEvent(
                event_id=derive(erasure.event_id, "visitor_erased", topics.key(profile.shop_id, visitor)),
                shop_id=profile.shop_id,
                occurred_at=erasure.occurred_at,
                received_at=erasure.received_at,
                source="heedful",
                visitor_id=visitor,
                type="visitor_erased",
            ),
        )
        for visitor in sorted(visitors)
    ]


def _to(fact: Fact) -> Output:
    return Output(topics.FACTS, topics.key(fact.shop_id, fact.profile_id), fact)
