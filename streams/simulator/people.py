"""Who shops: people with their devices, and what lies in the cart of each device."""

from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from random import Random
from uuid import UUID

from schemas.words import Device, Line, Millis
from streams.simulator.settings import HOUR, MINUTE, Traffic

DEVICES: tuple[Device, ...] = ("desktop", "mobile", "tablet")
TIME_ZONES = ("Europe/Zurich", "Europe/Berlin", "Europe/London", "America/New_York", "Asia/Tokyo")
WORDS = ("linen", "oak", "copper", "wool", "clay", "glass", "steel", "cotton", "amber", "cork")
THINGS = ("lamp", "chair", "kettle", "blanket", "vase", "shelf", "clock", "basket", "mug", "table")


@dataclass(frozen=True, slots=True)
class Product:
    """Something for sale."""

    product_id: str
    name: str
    price: Decimal
    number: int

    def in_stock(self, at: Millis) -> bool:
        """Not in one hour of twenty: then it is sold out, and comes back."""
        return (self.number + at // HOUR) % 20 > 0


CATALOGUE = tuple(
    Product(f"p-{number:03}", f"{word} {thing}", Decimal(995 + 37 * number * (number % 7 + 1)) / 100, number)
    for number, (word, thing) in enumerate((word, thing) for word in WORDS for thing in THINGS)
)


def new_id(random: Random) -> str:
    """A random UUID that the seed repeats."""
    return str(UUID(int=random.getrandbits(128), version=4))


@dataclass(slots=True)
class Gadget:
    """A device: what the shop calls a visitor. Several people may share one."""

    visitor_id: str
    kind: Device
    known_as: str | None = None
    cart_id: str | None = None
    lines: dict[str, Line] = field(default_factory=dict)

    def emptied(self) -> None:
        """The cart is gone: bought, or emptied."""
        self.cart_id = None
        self.lines = {}


@dataclass(slots=True)
class Person:
    """Somebody with devices; a customer once registered. ``busy_until``: one visit at a time.

    ``talks_until``: so long the help desk has to do with them. ``gone``: asked to be forgotten, and doesn't
    come back.
    """

    gadgets: list[Gadget]
    customer_id: str | None = None
    customer_since: Millis = 0
    introduced: bool = False
    busy_until: Millis = 0
    talks_until: Millis = 0
    gone: bool = False

    def profile_id(self, at: Millis) -> str:
        """Whom the help desk sees: the customer if registered by then, else the first device."""
        if self.customer_id and at >= self.customer_since:
            return self.customer_id
        return self.gadgets[0].visitor_id


class Population:
    """Everybody who may come: the registered, and strangers as they appear."""

    def __init__(self, traffic: Traffic, random: Random) -> None:
        self._random = random
        self._numbers = count()
        self._registered = [self._customer() for _ in range(traffic.customers)]
        self._households()

    def _gadget(self) -> Gadget:
        return Gadget("v-" + new_id(self._random)[:13], self._random.choice(DEVICES))

    def _customer(self) -> Person:
        gadgets = [self._gadget() for _ in range(self._random.choice((1, 1, 2, 2, 3)))]
        return Person(gadgets, customer_id=self._new_customer_id())

    def _new_customer_id(self) -> str:
        return f"c-{next(self._numbers):05}"

    def _households(self) -> None:
        """One customer in thirty shares a device with the next."""
        pairs = list(zip(self._registered[::30], self._registered[1::30], strict=False))
        for one, other in pairs:
            other.gadgets.append(one.gadgets[0])
        self._sharing = [person for pair in pairs for person in pair]

    def anyone(self) -> Person:
        """A registered customer or a stranger."""
        if self._random.random() < 0.6:
            return self._random.choice(self._registered)
        return Person([self._gadget()])

    def register(self, person: Person, at: Millis) -> None:
        """The stranger opened an account; the help desk knows it a little later."""
        person.customer_since = at + 5 * MINUTE
        person.customer_id = self._new_customer_id()
        self._registered.append(person)

    def leave(self, at: Millis) -> Person | None:
        """Somebody who was not here for an hour, and wants to be forgotten; None: nobody."""
        idle = [person for person in self._registered if self._may_leave(person, at)]
        if not idle:
            return None
        person = self._random.choice(idle)
        person.gone = True
        self._registered.remove(person)
        return person

    def _may_leave(self, person: Person, at: Millis) -> bool:
        long_gone = max(person.busy_until, person.talks_until) + 60 * MINUTE < at
        return person.introduced and long_gone and all(person is not other for other in self._sharing)
