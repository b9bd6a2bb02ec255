"""Many visitors: 90 % clicks, 8 % changes of carts, 2 % support; and what a detector must conclude of them.

Every visitor comes once, clicking all the while; some put something into a cart and play one of CARTS. Some
ask for help and play one of CONTACTS. No pause within a visit is longer than three minutes, so a cart is
abandoned exactly if the visit ends with something in it; a first reply is overdue exactly if none comes
within the hour.

All is drawn and ordered in arrays; events are made one by one when they are asked for.
"""

from collections.abc import Iterator
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from benchmarks.traffic import ARRIVAL, BEGINNING, HOUR, SECOND, SILENCE
from schemas.control import Heartbeat
from schemas.events import CartEvent, Click, SupportEvent
from schemas.words import Millis, Stage

MINUTE: Millis = 60 * SECOND
SPREAD: Millis = 6 * HOUR
"""Visits and contacts begin within so long."""
GAPS: tuple[Millis, Millis] = (SECOND, MINUTE)
"""Least and most time from one event of a visit to the next, but for half as much by chance."""
CLICKS, CART, SUPPORT = 0.90, 0.08, 0.02
"""Shares of the events."""

Event: TypeAlias = Click | CartEvent | SupportEvent
Numbers: TypeAlias = NDArray[Any]


class CartScript(NamedTuple):
    """What somebody does with a cart, and at which stage it is left; None: it isn't."""

    weight: float
    left_at: Stage | None
    steps: tuple[str, ...]


CARTS = (
    CartScript(0.20, "cart", ("product_added",)),
    CartScript(0.15, "cart", ("product_added", "product_added", "product_added")),
    CartScript(0.10, "cart", ("product_added", "product_added", "product_removed")),
    CartScript(0.10, None, ("product_added", "product_removed")),
    CartScript(0.15, "checkout", ("product_added", "product_added", "checkout_started")),
    CartScript(0.10, "payment", ("product_added", "checkout_started", "payment_info_entered")),
    CartScript(0.20, None, ("product_added", "checkout_started", "payment_info_entered", "order_completed")),
)


class ContactScript(NamedTuple):
    """What is said on a contact, minutes after its beginning, and whether the first reply is overdue."""

    weight: float
    overdue: bool
    steps: tuple[tuple[str, int], ...]


CONTACTS = (
    ContactScript(0.60, False, (("customer_message", 0), ("human_reply", 25))),
    ContactScript(0.20, False, (("customer_message", 0), ("customer_message", 20), ("human_reply", 50))),
    ContactScript(0.10, True, (("customer_message", 0), ("human_reply", 90))),
    ContactScript(0.10, True, (("customer_message", 0),)),
)


class Crowd:
    """The visits of so many visitors in about so many events. Equal arguments, equal crowd."""

    def __init__(self, events: int, visitors: int, seed: int, start: Millis = BEGINNING) -> None:
        self._random = np.random.default_rng(seed)
        self._name = f"{seed}-"
        self._start = start
        self._carts = self._who_has_carts(events, visitors)
        self._contacts = self._draw(CONTACTS, round(events * SUPPORT / _mean_length(CONTACTS)))
        asks = self._random.integers(visitors, size=len(self._contacts))
        events_ = np.concatenate([*self._visits(round(events * CLICKS), visitors), self._support(asks)])
        self._events = events_[np.argsort(events_[:, 0], kind="stable")]

    def __len__(self) -> int:
        """How many events there are."""
        return len(self._events)

    @property
    def end(self) -> Millis:
        """The time by which all is due."""
        return self._start + int(self._events[-1, 0]) + ARRIVAL + SILENCE

    @cached_property
    def abandoned(self) -> dict[str, Stage]:
        """Who leaves a cart behind, and at which stage."""
        left = {number: script.left_at for number, script in enumerate(CARTS) if script.left_at}
        scripts = enumerate(self._carts.tolist())
        return {self._visitor(who): left[script] for who, script in scripts if script in left}

    @cached_property
    def overdue(self) -> set[str]:
        """Contacts whose first reply doesn't come in time."""
        late = {number for number, script in enumerate(CONTACTS) if script.overdue}
        return {
            self._contact(which) for which, script in enumerate(self._contacts.tolist()) if script in late
        }

    def events(self) -> Iterator[Event]:
        """All events in the order in which they are received."""
        for after, kind, who, part, other in (row for rows in self._chunks() for row in rows):
            at = self._start + after
            if kind == 0:
                yield self._click(at, who, part)
            elif kind == 1:
                yield self._cart(at, who, part)
            else:
                yield self._said(at, who, part, other)

    def heartbeats(self) -> Iterator[Heartbeat]:
        """What tells the time of each minute on inputs that are silent."""
        for at in range(self._start, self.end - SILENCE, MINUTE):
            yield Heartbeat(received_at=at)

    def _chunks(self, size: int = 10_000) -> Iterator[list[Any]]:
        for first in range(0, len(self._events), size):
            yield self._events[first : first + size].tolist()

    def _draw(self, scripts: Any, count: int) -> Numbers:
        weights = [script.weight for script in scripts]
        return self._random.choice(len(scripts), size=count, p=weights).astype(np.int64)

    def _who_has_carts(self, events: int, visitors: int) -> Numbers:
        """The script of each visitor; -1: none."""
        share = events * CART / _mean_length(CARTS) / visitors
        if share > 1:
            raise ValueError(f"{visitors:,} visitors are too few for {events:,} events")
        has = self._random.random(visitors) < share
        return np.where(has, self._draw(CARTS, visitors), -1)

    def _visits(self, clicks: int, visitors: int) -> Iterator[Numbers]:
        """Rows of clicks and of cart events: after how long, kind, visitor, which of the visit's, 0."""
        lengths = np.array([len(script.steps) for script in CARTS] + [0])[self._carts]
        start = self._random.integers(SPREAD, size=visitors)
        gap = self._random.integers(*GAPS, size=visitors)
        mine = 1 + self._random.binomial(2 * max(0, clicks - visitors), 1 / visitors / 2, size=visitors)
        total = mine + lengths
        yield self._rows(0, start, gap, np.repeat(np.arange(visitors), mine), _within(mine), mine, total)
        yield self._rows(
            1, start, gap, np.repeat(np.arange(visitors), lengths), _within(lengths), lengths, total
        )

    def _rows(
        self,
        kind: int,
        start: Numbers,
        gap: Numbers,
        who: Numbers,
        part: Numbers,
        parts: Numbers,
        total: Numbers,
    ) -> Numbers:
        """Evenly over the visit; one of a kind after the other, less than half a gap late."""
        place = (2 * part + 1) * total[who] / (2 * parts[who])
        at = start[who] + ((place + self._random.random(len(who)) / 2) * gap[who]).astype(np.int64)
        return _stacked(at, np.full_like(at, kind), who, part, np.zeros_like(at))

    def _support(self, asks: Numbers) -> Numbers:
        """Rows: after how long, kind, contact, which of the contact's, whose."""
        lengths = np.array([len(script.steps) for script in CONTACTS])[self._contacts]
        which, part = np.repeat(np.arange(len(lengths)), lengths), _within(lengths)
        offsets = np.zeros((len(CONTACTS), max(len(script.steps) for script in CONTACTS)), np.int64)
        for number, script in enumerate(CONTACTS):
            offsets[number, : len(script.steps)] = [minutes * MINUTE for _, minutes in script.steps]
        start = self._random.integers(SPREAD, size=len(lengths))
        at = start[which] + offsets[self._contacts[which], part]
        return _stacked(at, np.full_like(at, 2), which, part, asks[which])

    def _visitor(self, who: int) -> str:
        return f"visitor-{self._name}{who}"

    def _contact(self, which: int) -> str:
        return f"contact-{self._name}{which}"

    def _click(self, at: Millis, who: int, part: int) -> Click:
        return Click(
            event_id=f"click-{self._name}{who}-{part}",
            occurred_at=at,
            received_at=at + ARRIVAL,
            visitor_id=self._visitor(who),
            type="product_viewed",
            product_id=_product(who + part),
            url="https://shop.example/p",
        )

    def _cart(self, at: Millis, who: int, part: int) -> CartEvent:
        what = CARTS[self._carts[who]].steps[part]
        return CartEvent(
            event_id=f"cart-{self._name}{who}-{part}",
            occurred_at=at,
            received_at=at + ARRIVAL,
            visitor_id=self._visitor(who),
            type=what,  # type: ignore[arg-type]
            **self._details(what, who, part),
        )

    def _details(self, what: str, who: int, part: int) -> dict[str, Any]:
        if what == "product_added":
            price = Decimal(100 + (who * 7 + part) % 20_000) / 100
            return {"product_id": _product(who + part), "quantity": 1, "price": price, "currency": "EUR"}
        if what == "product_removed":
            return {"product_id": _product(who)}
        return {"order_id": f"order-{self._name}{who}"} if what == "order_completed" else {}

    def _said(self, at: Millis, which: int, part: int, who: int) -> SupportEvent:
        kind, _ = CONTACTS[self._contacts[which]].steps[part]
        asked = kind == "customer_message"
        return SupportEvent(
            event_id=f"said-{self._name}{which}-{part}",
            occurred_at=at,
            received_at=at + ARRIVAL,
            profile_id=self._visitor(who),
            contact_id=self._contact(which),
            type="message_received" if asked else "message_sent",
            kind=kind,  # type: ignore[arg-type]
            channel="email",
            status="open",
        )


def _stacked(*columns: Numbers) -> Numbers:
    return np.stack(columns, axis=1, dtype=np.int32, casting="same_kind")


def _within(lengths: Numbers) -> Numbers:
    """0, 1, ... of each, one after the other."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)


def _mean_length(scripts: Any) -> float:
    return float(sum(script.weight * len(script.steps) for script in scripts))


def _product(number: int) -> str:
    return f"product-{number % 2_000}"
