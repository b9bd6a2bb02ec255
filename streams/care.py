"""Kernel 2: episodes, contacts, consent, every timer and every decision about one customer.

    cx.facts, cx.support, cx.orders, cx.profile-updates, cx.feedback  ──  Care  ──>  every output topic

It composes the rules of ``streams.rules.registry``: each hears of each event, and of what those before it
concluded from it. Who is who: a visitor who proves to be a customer hands everything over and becomes an
alias, which forwards what still arrives under its key.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from schemas import topics
from schemas.facts import Fact
from schemas.topics import Output
from schemas.words import Millis
from streams.care_turn import CareTurn, Rules
from streams.kernel.processor import Moment
from streams.profile import MEMORY, Profile
from streams.rules.abandonment import open_carts
from streams.rules.base import Now, earliest
from streams.rules.book import RuleBook
from streams.rules.contacts import waiting
from streams.rules.registry import all_rules

Books: TypeAlias = Callable[[Millis], RuleBook]
"""Called with the clock of the host: a book that lacks no activation up to there. May raise Unavailable."""


class Care:
    """The processor of the care kernel."""

    name = "care"
    inputs = (topics.FACTS, topics.SUPPORT, topics.ORDERS, topics.PROFILE_UPDATES, topics.FEEDBACK)
    bulk = None
    state = Profile

    def __init__(self, book: RuleBook | Books, lateness: Millis = 10_000) -> None:
        """``book``: the rules; or, of a host that goes on while they change, what is known of them.
        ``lateness``: that of the host.
        """
        self._books = book if callable(book) else None
        self._lateness = lateness
        self._book = book(0) if callable(book) else book
        self._rules = all_rules(self._book, lateness)

    def key(self, event: Any) -> str:
        """Shop and profile."""
        return topics.key(event.shop_id, event.profile_id)

    def remember(self, event: Any) -> Millis | None:
        """As long as what it touched, at least; activity twice is activity."""
        is_activity = isinstance(event, Fact) and event.type == "activity"
        return None if is_activity else event.occurred_at + MEMORY

    def still_counts(self, state: Profile) -> Millis | None:
        """Facts and words are copied by the log, and then soon."""
        return None

    def apply(self, state: Profile | None, event: Any, at: Moment, out: list[Output]) -> Profile | None:
        """The event happened."""
        return _turn(self._known(at), state, event, at, out).happened(event, late=False)

    def late(self, state: Profile | None, event: Any, at: Moment, out: list[Output]) -> Profile | None:
        """The event happened before the clock; rules weigh it against what they concluded since."""
        return _turn(self._known(at), state, event, at, out).happened(event, late=True)

    def deadline(self, state: Profile) -> Millis:
        """When a rule asked to be woken, or something is forgotten."""
        return state.due

    def wake(self, state: Profile, due: Millis, at: Moment, out: list[Output]) -> Profile | None:
        """Every rule whose time has come is asked."""
        since = earliest([contact.ticket.waits_since for contact in waiting(state.rule("contacts"))])
        return CareTurn(state, self._known(at), _now(state, due, at, since), out).woken()

    def _known(self, at: Moment) -> Rules:
        """The rules, as far as they are known at this moment of the host."""
        book = self._book if self._books is None else self._books(at.clock)
        if book is not self._book:
            self._book, self._rules = book, all_rules(book, self._lateness)
        return self._rules


def open_episodes(state: Profile) -> int:
    """How many carts are neither empty nor ordered nor signalled yet."""
    return sum(episode.undecided for episode in open_carts(state.rule("abandonment")))


def waiting_contacts(state: Profile) -> int:
    """How many contacts wait for an answer."""
    return len(waiting(state.rule("contacts")))


def _turn(rules: Rules, state: Profile | None, event: Any, at: Moment, out: list[Output]) -> CareTurn:
    profile = state or Profile(shop_id=event.shop_id, profile_id=event.profile_id)
    return CareTurn(profile, rules, _now(profile, event.occurred_at, at), out)


def _now(profile: Profile, when: Millis, at: Moment, waiting_since: Millis | None = None) -> Now:
    return Now(when, at.clock, at.now, at.held, profile.shop_id, profile.profile_id, at.heard, waiting_since)
