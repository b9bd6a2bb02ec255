"""What abandonment remembers of one customer: open carts, orders, and carts that were emptied."""

from decimal import Decimal

import msgspec
from msgspec.structs import replace

from schemas.events import OrderEvent
from schemas.facts import Fact
from schemas.ids import derive
from schemas.words import AbandonmentCause, Device, Evidence, Line, Millis, Stage
from streams.rules.cart import RANK
from streams.rules.likely_cause import gathered
from streams.rules.settings import AbandonmentSettings

ORDERED_WITHIN: Millis = 30 * 60_000
"""After a cart was emptied: an order of its customer within this time bought what had been in it."""


class _Part(msgspec.Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    pass


class Said(_Part, frozen=True, kw_only=True, order=True):
    """An ``abandoned`` signal that stands.

    ``inferred``: it was said while the cart stood under the visitor's key, as its silence tells; ``at`` is
    then the earliest moment it can have been said, and the cause is unknown.
    """

    at: Millis
    event_id: str
    stage: Stage
    changed_by: str
    changed_at: Millis
    last_activity_at: Millis
    inferred: bool = False
    cause: AbandonmentCause = "unknown"


class Episode(_Part, frozen=True, kw_only=True):
    """A cart since its last real change: it is signalled at most once at each stage.

    ``told_at``: of the snapshot that this is. ``said`` reaches further back than the last change, because
    an order tells how it ended also for what was said before. ``withdrawn``: signals of this episode that
    proved false. ``evidence``: of why it may be left.
    """

    cart_id: str
    visitor_id: str
    opened_by: str
    changed_by: str
    changed_at: Millis
    stage: Stage
    last_activity_at: Millis
    told_at: Millis
    checkout_id: str | None = None
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    device: Device = "unknown"
    outreach_id: str | None = None
    said: tuple[Said, ...] = ()
    withdrawn: int = 0
    evidence: tuple[Evidence, ...] = ()

    @property
    def change(self) -> tuple[str, str, str]:
        """Names it as it was between two changes."""
        return self.cart_id, self.opened_by, self.changed_by

    @property
    def undecided(self) -> bool:
        """Whether it wasn't signalled at its stage, or a higher one."""
        if not self.said:
            return True
        signalled = [RANK[said.stage] for said in self.said if said.changed_by == self.changed_by]
        return RANK[self.stage] > max(signalled, default=0)

    def is_present(self, fact: Fact) -> bool:
        """Whether it is the cart that the activity kept alive: the one named, or else the visitor's."""
        return fact.cart_id == self.cart_id if fact.cart_id else fact.visitor_id == self.visitor_id

    def lived(self, at: Millis, evidence: tuple[Evidence, ...]) -> "Episode":
        """After a sign of life, with evidence."""
        evidence = gathered(self.evidence, evidence)
        if at <= self.last_activity_at and evidence == self.evidence:
            return self
        return replace(self, last_activity_at=max(self.last_activity_at, at), evidence=evidence)

    def due(self, settings: AbandonmentSettings) -> Millis | None:
        """When it is to be signalled if nothing happens; None: never, as it stands."""
        at = self.last_activity_at + settings.after(self.stage)
        return at if self.undecided and at - self.changed_at <= settings.max_age else None

    def forget_at(self, settings: AbandonmentSettings) -> Millis:
        """When it means nothing any more."""
        return self.last_activity_at + settings.forget_after


class Order(_Part, frozen=True, kw_only=True):
    """An order. ``openings``: openings of the cart that it names, once known.

    ``settled``: the signals about which it was said how they ended; ``recovered``: the carts of which it was
    said that it brought them back, which is said once, of the last signal.
    """

    order_id: str
    at: Millis
    cart_id: str | None = None
    checkout_id: str | None = None
    outreach_id: str | None = None
    openings: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    recovered: tuple[str, ...] = ()

    @property
    def age(self) -> tuple[str, Millis, str]:
        """Puts orders in an order of their own; of one order the earliest telling first."""
        return self.order_id, self.at, repr(self)

    def ends(self, episode: Episode) -> bool:
        """Whether it bought the cart: named it, or came from the same customer after its last change."""
        return episode.changed_at <= self.at or self._means(episode)

    def recovers(self, emptied: "Emptied", left: Episode) -> bool:
        """Whether it bought what was in a cart until it was emptied: names it, or came soon enough."""
        return left.changed_at <= self.at <= emptied.at + ORDERED_WITHIN or self._means(left)

    def names(self, episode: Episode) -> bool:
        """Whether it carries the cart's or the checkout's id."""
        same_checkout = self.checkout_id is not None and self.checkout_id == episode.checkout_id
        return self.cart_id == episode.cart_id or same_checkout

    def _means(self, episode: Episode) -> bool:
        """A shop may use a cart's id again after the order: then it was opened anew."""
        return self.names(episode) and (not self.openings or episode.opened_by in self.openings)


class Emptied(_Part, frozen=True, kw_only=True):
    """A cart that was emptied, so that what is older doesn't bring it back.

    ``left``: the cart as it was, if something said about it stands: many shops empty a cart when it is
    ordered, and tell the order afterwards.
    """

    cart_id: str
    at: Millis
    left: Episode | None = None


class Carts(_Part, frozen=True, kw_only=True):
    """All of it. ``bought``: carts that ended with an order, as long as signals of them may prove false."""

    episodes: tuple[Episode, ...] = ()
    orders: tuple[Order, ...] = ()
    emptied: tuple[Emptied, ...] = ()
    bought: tuple[Episode, ...] = ()

    def kept_alive(self, fact: Fact) -> "Carts | None":
        """After activity, if nothing was said yet that it may prove false; None: something was."""
        if any(one.said for one in self.episodes):
            return None
        at, evidence = fact.occurred_at, fact.evidence
        lived = [one.lived(at, evidence) if one.is_present(fact) else one for one in self.episodes]
        return replace(self, episodes=tuple(lived))


NOTHING = Carts()


def episode_of(fact: Fact) -> Episode:
    """The episode that a cart fact tells of."""
    changed_at = fact.occurred_at if fact.changed_at is None else fact.changed_at
    changed_by = fact.changed_by or fact.event_id
    return Episode(
        cart_id=fact.cart_id or changed_by,
        visitor_id=fact.visitor_id,
        opened_by=fact.opened_by or changed_by,
        changed_by=changed_by,
        changed_at=changed_at,
        stage="cart" if fact.stage == "unknown" else fact.stage,
        last_activity_at=max(fact.last_activity_at or fact.occurred_at, changed_at, fact.stage_at or 0),
        told_at=fact.occurred_at,
        checkout_id=fact.checkout_id,
        lines=fact.lines,
        value=fact.value,
        currency=fact.currency,
        device=fact.device,
        outreach_id=fact.outreach_id,
        evidence=fact.evidence,
    )


def continued(known: Episode, told: Episode) -> Episode:
    """What is told of a cart that is known, with what was said about it."""
    return replace(
        told,
        last_activity_at=max(known.last_activity_at, told.last_activity_at),
        said=known.said,
        withdrawn=known.withdrawn if known.changed_by == told.changed_by else 0,
        evidence=gathered(known.evidence, told.evidence),
    )


def order_of(event: OrderEvent | Fact) -> Order | None:
    """The order that an event tells of, if it tells of a new one."""
    if event.type != "order_completed" or not event.order_id:
        return None
    return Order(
        order_id=event.order_id,
        at=event.occurred_at,
        cart_id=event.cart_id,
        checkout_id=event.checkout_id,
        outreach_id=event.outreach_id,
    )


def named(order: Order, episode: Episode) -> Order:
    """The order, which knows now when the cart that it names was opened."""
    if not order.names(episode) or episode.opened_by in order.openings:
        return order
    return replace(order, openings=tuple(sorted((*order.openings, episode.opened_by))))


def signal_id(episode: Episode, version: str) -> str:
    """One for each episode and stage; one that is said again after it proved false is another."""
    parts = ("abandonment", version, episode.changed_by, "abandoned", episode.stage)
    return derive(*parts, episode.withdrawn) if episode.withdrawn else derive(*parts)
