"""The vocabulary of tests: moments, events that happen at them, and the whole of heedful without a broker.

Events are given in the order in which they arrive; ``at`` is when they happened, in minutes after START.
Ids are derived from what is said, so that the same words twice are the same event twice.
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar

from schemas import topics
from schemas.events import CartEvent, Click, OrderEvent, ProfileUpdate, SupportEvent
from schemas.facts import Fact
from schemas.ids import derive
from schemas.outputs import AbandonmentSignal, ContactSignal
from schemas.topics import Output, Topic
from schemas.words import FactType, Line, MessageKind, Millis, Record, Stage
from streams.care import Books, Care
from streams.kernel.task import Task
from streams.profile import Profile
from streams.rules.book import RuleBook
from streams.rules.contacts.said import METRIC_EVENTS
from streams.rules.settings import RuleSet, override
from streams.visits import Visits

START: Millis = 1_780_000_000_000
"""Some moment, a Thursday in May."""
DAY = 24 * 60
"""Minutes of a day."""

R = TypeVar("R", bound=Record)


def minute(minutes: float) -> Millis:
    """The moment so many minutes after START."""
    return START + round(minutes * 60_000)


def minutes(moment: Millis) -> float:
    """How many minutes after START a moment is."""
    return (moment - START) / 60_000


def book(*settings: str) -> RuleBook:
    """The default rules, with some keys set: ``book("rules.abandonment.cart.after=30m")``."""
    return RuleBook.single(override(RuleSet.from_mapping({}), settings))


def _event(model: type[R], kind: str, at: float, said: dict[str, Any]) -> R:
    said = {"received_at": minute(at), **said}
    event_id = derive(model.__name__, kind, minute(at), *(f"{name}={said[name]}" for name in sorted(said)))
    return model(**{"event_id": event_id, "occurred_at": minute(at), "type": kind, **said})


def line(product: str = "p1", quantity: int = 1, price: str | None = "10") -> Line:
    """One product."""
    return Line(product_id=product, quantity=quantity, price=None if price is None else Decimal(price))


# What shops and help desks say.


def clicked(at: float, *, visitor: str = "v", **said: Any) -> Click:
    """The visitor looked at a product."""
    return _event(Click, "product_viewed", at, {"visitor_id": visitor, **said})


def identified(at: float, *, visitor: str = "v", customer: str = "ann", **said: Any) -> Click:
    """The visitor proves to be a customer."""
    return _event(Click, "identified", at, {"visitor_id": visitor, "customer_id": customer, **said})


def carted(kind: str, at: float, *, visitor: str = "v", **said: Any) -> CartEvent:
    """Anything that happens to a cart."""
    return _event(CartEvent, kind, at, {"visitor_id": visitor, **said})


def added(at: float, product: str = "p1", *, price: str = "10", **said: Any) -> CartEvent:
    """A product was put into the cart."""
    return carted(
        "product_added", at, product_id=product, price=Decimal(price), currency="EUR", quantity=1, **said
    )


def emptied(at: float, **said: Any) -> CartEvent:
    """The cart was emptied."""
    return carted("cart_emptied", at, **said)


def checkout(at: float, **said: Any) -> CartEvent:
    """The checkout was started."""
    return carted("checkout_started", at, **said)


def paying(at: float, **said: Any) -> CartEvent:
    """Payment was tried."""
    return carted("payment_info_entered", at, **said)


def bought(at: float, order: str = "o1", **said: Any) -> CartEvent:
    """An order was placed in the storefront."""
    return carted("order_completed", at, order_id=order, **said)


def ordered(at: float, order: str = "o1", *, customer: str = "ann", **said: Any) -> OrderEvent:
    """An order of which only the customer is known."""
    return _event(OrderEvent, "order_completed", at, {"profile_id": customer, "order_id": order, **said})


def message(
    kind: MessageKind, at: float, contact: str = "q1", *, customer: str = "ann", **said: Any
) -> SupportEvent:
    """A message of a contact."""
    inbound = kind in ("customer_message", "call_missed", "voicemail")
    what = said.pop("type", "message_received" if inbound else "message_sent")
    return _event(
        SupportEvent, what, at, {"profile_id": customer, "contact_id": contact, "kind": kind, **said}
    )


def asked(at: float, contact: str = "q1", **said: Any) -> SupportEvent:
    """The customer asked something."""
    return message("customer_message", at, contact, **said)


def replied(at: float, contact: str = "q1", **said: Any) -> SupportEvent:
    """A human answered."""
    return message("human_reply", at, contact, **said)


def status(to: str, at: float, contact: str = "q1", *, customer: str = "ann", **said: Any) -> SupportEvent:
    """The help desk changed the status of a contact."""
    known = {"profile_id": customer, "contact_id": contact, "status": to}
    return _event(SupportEvent, "status_changed", at, {**known, **said})


def consented(at: float, channel: str = "email", *, customer: str = "ann", **said: Any) -> ProfileUpdate:
    """The customer allowed a channel."""
    known = {"profile_id": customer, "channel": channel, "consent": "granted"}
    return _event(ProfileUpdate, "consent_changed", at, {**known, **said})


def erased(at: float, *, customer: str = "ann", **said: Any) -> ProfileUpdate:
    """The customer is to be forgotten."""
    return _event(ProfileUpdate, "profile_erased", at, {"profile_id": customer, **said})


# What visits says.


def fact(kind: FactType, at: float, *, profile: str = "ann", visitor: str = "v", **said: Any) -> Fact:
    """Anything that visits knows."""
    return _event(Fact, kind, at, {"profile_id": profile, "visitor_id": visitor, **said})


def active(at: float, **said: Any) -> Fact:
    """The visitor did something."""
    return fact("activity", at, **said)


def cart(
    at: float,
    *lines: Line,
    cart_id: str = "c1",
    stage: Stage = "cart",
    changed: float | None = None,
    **said: Any,
) -> Fact:
    """The cart as it is. ``changed``: when its contents last changed, if not now. No lines: p1 is in it."""
    changed = at if changed is None else changed
    known: dict[str, Any] = {
        "cart_id": cart_id,
        "opened_by": f"opening of {cart_id}",
        "changed_by": f"{cart_id} at {changed}",
        "changed_at": minute(changed),
        "stage": stage,
        "stage_at": minute(at),
        "last_activity_at": minute(at),
        "longest_quiet_ms": 0,
        "lines": lines or (line(),),
        "value": Decimal(10),
        "currency": "EUR",
    }
    return fact("cart_changed", at, **{**known, **said})


def no_cart(at: float, cart_id: str = "c1", **said: Any) -> Fact:
    """The cart was emptied."""
    return cart(at, **{"cart_id": cart_id, "lines": (), "value": None, "currency": None, **said})


def order(at: float, order_id: str = "o1", **said: Any) -> Fact:
    """An order of the storefront."""
    return fact("order_completed", at, order_id=order_id, **said)


class World:
    """Both kernels' processors, hosted as in production but for Kafka. ``lateness`` in minutes.

    What they say to each other goes round; everything they publish is kept.
    """

    def __init__(self, rules: RuleBook | Books | None = None, lateness: float = 0) -> None:
        self.visits = Task(Visits())
        self.care = Task(Care(rules or book()))
        self.published: list[Output] = []
        self._lateness = round(lateness * 60_000)

    def hear(self, *events: Any) -> "World":
        """Events arrive in this order, each at its ``received_at``."""
        for event in events:
            host = self.visits if isinstance(event, Click | CartEvent) else self.care
            host.receive(event)
            self._reach(event.received_at - self._lateness)
        return self

    def until(self, at: float) -> "World":
        """Time passes; the minute itself has passed too."""
        self._reach(minute(at) + 1)
        return self

    def said(self, topic: Topic) -> list[Any]:
        """Every record on a topic, in order, but for tombstones."""
        return [out.value for out in self.published if out.topic is topic and out.value is not None]

    def profile(self, profile_id: str = "ann") -> Profile | None:
        """What care keeps of a profile."""
        return self.care.states().get(topics.key("main", profile_id))

    def _reach(self, clock: Millis) -> None:
        """From one moment at which something happens to the next, so that all hear of it in its time."""
        while (moment := min(self._wakes(), default=clock)) < clock:
            self._settle(moment + 1)
        self._settle(clock)

    def _wakes(self) -> list[Millis]:
        return [at for at in (self.visits.wakes_at, self.care.wakes_at) if at is not None]

    def _settle(self, clock: Millis) -> None:
        unheard = True
        while unheard:
            unheard = self._passed_on(self.visits.advance(clock, clock))
            unheard |= self._passed_on(self.care.advance(clock, clock))

    def _passed_on(self, outputs: Iterable[Output]) -> bool:
        any_internal = False
        for out in outputs:
            self.published.append(out)
            if out.topic is topics.FACTS:
                self.care.receive(out.value)
            elif out.topic is topics.CART:
                self.visits.receive(out.value)
            any_internal |= out.topic in (topics.FACTS, topics.CART)
        return any_internal


def abandonments(world: World) -> list[tuple[str, str, float]]:
    """Kind, stage and minute of every abandonment signal."""
    signals: list[AbandonmentSignal] = world.said(topics.ABANDONMENT_SIGNALS)
    return [(signal.kind, signal.stage, minutes(signal.occurred_at)) for signal in signals]


def conclusions(world: World) -> list[ContactSignal]:
    """What people are told of contacts: every contact signal but those that say how clocks move."""
    signals: list[ContactSignal] = world.said(topics.CONTACT_SIGNALS)
    return [one for one in signals if one.kind not in METRIC_EVENTS and one.detail not in METRIC_EVENTS]


def answers(world: World) -> list[tuple[str, float]]:
    """Kind and minute of what people are told of contacts."""
    return [(signal.kind, minutes(signal.occurred_at)) for signal in conclusions(world)]
