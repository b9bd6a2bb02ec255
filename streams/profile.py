"""What care keeps of one profile: the states of the rules, its devices, and what was last said of it."""

from decimal import Decimal
from typing import Any

import msgspec

from schemas import topics
from schemas.outputs import ProfileState
from schemas.validation import AMOUNT_LIMIT
from schemas.words import Millis
from streams.rules.abandonment import open_carts
from streams.rules.contacts import waiting
from streams.rules.outreach.consent import CHANNELS
from streams.rules.outreach.state import Reach
from streams.rules.registry import RULES

MEMORY: Millis = 30 * 86_400_000
"""Devices, aliases and ids of events are remembered for so long after they were last used."""

RuleStates: Any = msgspec.defstruct(
    "RuleStates",
    [(rule.name, rule.state | None, None) for rule in RULES],
    frozen=True,
    omit_defaults=True,
    gc=False,
)
"""The state of every rule that has one, by its name, so that rules can be added and taken away."""


class Summary(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What anybody may know of a customer."""

    visitors: tuple[str, ...] = ()
    open_carts: int = 0
    value: Decimal | None = None
    currency: str | None = None
    waiting_contacts: int = 0
    reachable: tuple[str, ...] = ()
    suppressed: bool = False
    last_order_at: Millis | None = None


class Profile(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One profile. New fields have a default.

    ``alias_of``: the customer that this visitor proved to be; from then on nothing else is kept here.
    ``visitors``: its devices, and when each was last heard of. ``due``: when it is to be woken next.
    """

    form: int = 1
    shop_id: str
    profile_id: str
    seen_at: Millis = 0
    due: Millis = 0
    alias_of: str | None = None
    visitors: dict[str, Millis] = {}
    last_order_at: Millis | None = None
    rules: RuleStates = RuleStates()
    said: Summary | None = None

    @property
    def key(self) -> str:
        """Shop and profile."""
        return topics.key(self.shop_id, self.profile_id)

    def rule(self, name: str) -> Any:
        """The state of a rule; None if it remembers nothing."""
        return getattr(self.rules, name)

    def keep(self, name: str, state: Any) -> None:
        """The rule remembers this now."""
        if state is not getattr(self.rules, name):
            self.rules = msgspec.structs.replace(self.rules, **{name: state})

    def summary(self) -> Summary:
        """What anybody may know now."""
        carts = open_carts(self.rule("abandonment"))
        value, currency = worth([(cart.value, cart.currency) for cart in carts])
        reachable, suppressed = _reachable(self.rule("outreach"))
        return Summary(
            visitors=tuple(sorted(self.visitors)),
            open_carts=len(carts),
            value=value,
            currency=currency,
            waiting_contacts=len(waiting(self.rule("contacts"))),
            reachable=reachable,
            suppressed=suppressed,
            last_order_at=self.last_order_at,
        )

    def state(self, summary: Summary, at: Millis) -> ProfileState:
        """The summary as it is published."""
        return ProfileState(
            profile_id=self.profile_id,
            shop_id=self.shop_id,
            updated_at=at,
            **msgspec.structs.asdict(summary),
        )


def worth(values: list[tuple[Decimal | None, str | None]]) -> tuple[Decimal | None, str | None]:
    """The sum, if every value is known, in one currency, and the sum an amount. Money is never summed across
    currencies.
    """
    currencies = {currency for _, currency in values}
    known = [value for value, _ in values if value is not None]
    if len(currencies) != 1 or len(known) < len(values):
        return None, None
    total = sum(known, Decimal(0))
    return (total, currencies.pop()) if abs(total) < AMOUNT_LIMIT else (None, None)


def _reachable(reach: Reach | None) -> tuple[tuple[str, ...], bool]:
    """On which channels, and whether on none for good."""
    if reach is None or not reach.voices:
        return (), False
    said = {voice.channel: voice.permission for voice in reach.voices}
    granted = tuple(channel for channel in CHANNELS if said.get(channel) == "granted")
    return granted, all(said.get(channel) == "suppressed" for channel in CHANNELS)


def forgotten_at(profile: Profile) -> Millis | None:
    """When the devices, or the alias, are forgotten; None: there are none."""
    if profile.alias_of is not None:
        return profile.seen_at + MEMORY
    return min(profile.visitors.values()) + MEMORY if profile.visitors else None
