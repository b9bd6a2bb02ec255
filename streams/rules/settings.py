"""The rules as configuration: tables ``rules``, ``calendars`` and ``outreach`` of ``heedful.toml``, checked.

    [rules.abandonment]
    max_age = "72h"        # a cart whose last change is older is never signalled
    forget_after = "30d"   # after the last activity; orders are remembered as long
    [rules.abandonment.cart]
    after = "60m"          # silence after which a cart counts as left; also .checkout and .payment

``streams.rules.contact_settings`` has the keys of the ``rules.contacts`` tables,
``streams.rules.calendars.settings`` those of the ``calendars`` tables, and
``streams.rules.outreach.settings`` those of the ``outreach`` tables.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError, model_validator

from schemas.words import Millis, Stage
from streams.errors import FixConfiguration
from streams.located import Told, explained, read
from streams.rules.calendars.calendar import ALWAYS, Calendar
from streams.rules.calendars.settings import CalendarSettings
from streams.rules.contact_settings import AROUND_THE_CLOCK, ContactSettings
from streams.rules.outreach.settings import OutreachSettings
from streams.rules.tables import DAY, HOUR, LONGEST, Bounded, Table


class CartStage(Table):
    """How long silence may last with something in the cart."""

    after: Bounded = HOUR


class CheckoutStage(Table):
    """How long silence may last in the checkout."""

    after: Bounded = HOUR // 2


class PaymentStage(Table):
    """How long silence may last when paying."""

    after: Bounded = HOUR // 6


class AbandonmentSettings(Table):
    """When a cart counts as left, and how long it is remembered."""

    cart: CartStage = CartStage()
    checkout: CheckoutStage = CheckoutStage()
    payment: PaymentStage = PaymentStage()
    max_age: Bounded = 3 * DAY
    forget_after: Bounded = LONGEST

    def after(self, stage: Stage) -> Millis:
        """How long silence may last at this stage."""
        if stage == "checkout":
            return self.checkout.after
        return self.payment.after if stage == "payment" else self.cart.after

    @model_validator(mode="after")
    def _remembers_what_it_signals(self) -> Self:
        if self.forget_after < max(self.max_age, self.cart.after, self.checkout.after, self.payment.after):
            raise ValueError("forget_after must not be shorter than max_age or a threshold")
        return self


class _Rules(Table):
    abandonment: AbandonmentSettings = AbandonmentSettings()
    contacts: ContactSettings = ContactSettings()


def _plain(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"{name!r}: a name is made of letters, digits, dashes and underscores")
    return name


class _Content(BaseModel):
    """The tables of the file that say what is decided. Its other tables say where and how it runs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rules: _Rules = _Rules()
    outreach: OutreachSettings = OutreachSettings()
    calendars: dict[Annotated[str, AfterValidator(_plain)], CalendarSettings] = {}


def _check_calendars(content: _Content, told: Told) -> None:
    """Raises FixConfiguration if a policy counts in a calendar that there isn't."""
    for place, policy in enumerate(content.rules.contacts.policies):
        for name in sorted(policy.calendars() - content.calendars.keys()):
            where = told.place(["rules", "contacts", "policies", str(place), "calendar"])
            raise FixConfiguration(f"{where}there is no calendar {name!r}; write a table [calendars.{name}]")


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One version of all rules. ``version``: a hash of its content, so equal content is the same version."""

    version: str
    abandonment: AbandonmentSettings
    contacts: ContactSettings
    outreach: OutreachSettings
    calendars: Mapping[str, CalendarSettings]
    opening: Mapping[str, Calendar]
    """What ``calendars`` describe."""

    @classmethod
    def from_mapping(cls, tables: Mapping[str, Any], told: Told | None = None) -> "RuleSet":
        """The rules in the tables ``rules``, ``outreach`` and ``calendars``; what is left out has defaults.

        ``told``: where the tables were told, for errors. Raises FixConfiguration.
        """
        try:
            content = _Content(**tables)
        except ValidationError as refused:
            raise FixConfiguration(explained(refused, told or Told({}))) from None
        _check_calendars(content, told or Told({}))
        rules = content.rules
        opening = {name: one.calendar() for name, one in content.calendars.items()}
        return cls(
            version=_version(content),
            abandonment=rules.abandonment,
            contacts=rules.contacts,
            outreach=content.outreach,
            calendars=content.calendars,
            opening=opening,
        )

    def calendar(self, name: str) -> Calendar:
        """The calendar of that name: one of ``calendars``, or ``24/7``."""
        return ALWAYS if name == AROUND_THE_CLOCK else self.opening[name]

    def mapping(self) -> dict[str, Any]:
        """The tables, every default spelled out; ``from_mapping`` takes them back."""
        return {
            "rules": {
                "abandonment": self.abandonment.model_dump(mode="json"),
                "contacts": self.contacts.model_dump(mode="json", by_alias=True),
            },
            "outreach": self.outreach.model_dump(mode="json"),
            "calendars": {
                name: calendar.model_dump(mode="json", exclude_none=True)
                for name, calendar in self.calendars.items()
            },
        }


def load_rules(path: Path) -> RuleSet:
    """The rules in a file. Raises FixConfiguration, naming file, line and key."""
    return rules_in(read(path), path)


def rules_in(text: str, path: Path) -> RuleSet:
    """The rules in the text of a file. Raises FixConfiguration, naming file, line and key."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FixConfiguration(f"{path}: {error}") from error
    return RuleSet.from_mapping(tables, Told({}, path, text))


def override(rules: RuleSet, settings: Iterable[str]) -> RuleSet:
    """The rules with some keys set anew, each ``rules.abandonment.cart.after=30m``.

    Raises FixConfiguration.
    """
    tables = rules.mapping()
    for setting in settings:
        key, equals, value = setting.partition("=")
        words = key.strip().split(".")
        if not equals or words[0] not in tables:
            raise FixConfiguration(f"{setting!r}: write KEY=VALUE, such as rules.abandonment.cart.after=30m")
        _set(tables, words, _value(value.strip()), setting)
    return RuleSet.from_mapping(tables)


def _set(tables: dict[str, Any], words: list[str], value: object, setting: str) -> None:
    table = tables
    for word in words[:-1]:
        table = table.setdefault(word, {})
        if not isinstance(table, dict):
            raise FixConfiguration(f"{setting!r}: {word} is a value, not a table")
    table[words[-1]] = value


def _value(text: str) -> object:
    """A value of TOML; anything else is text, so that 30m needs no quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _version(content: _Content) -> str:
    canonical = json.dumps(
        content.model_dump(mode="json", by_alias=True), sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
