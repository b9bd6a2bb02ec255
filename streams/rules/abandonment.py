"""Carts, checkouts and payments that were left.

    no cart --cart_changed--> open --silence--> signalled (abandoned)
    open --activity--> open, due later
    signalled --higher stage, or a real change--> open
    signalled --order--> no cart (recovered)
    signalled --late proof that it was false--> open, or no cart (withdrawn)
    open, signalled --emptied, order, erasure, 30 d of silence--> no cart

Whatever happens, in order or late, is evidence: what was said is weighed against it, and what it proves
false is withdrawn. So on_late is on_event.
"""

from typing import Any

from schemas.events import OrderEvent, ProfileUpdate
from schemas.facts import Fact
from schemas.words import Millis
from streams.rules.base import Now, Step
from streams.rules.book import RuleBook
from streams.rules.cart_turn import CartTurn, settings_of
from streams.rules.cart_union import union
from streams.rules.episodes import NOTHING, Carts, Episode, order_of


class Abandonment:
    """One episode for each cart of a customer. Settings are those of the moment of the last real change."""

    name = "abandonment"
    state = Carts
    listens: frozenset[type] = frozenset((Fact, OrderEvent, ProfileUpdate))

    def __init__(self, book: RuleBook) -> None:
        self._book = book

    def on_event(self, state: Carts | None, event: Any, now: Now) -> Step[Carts]:
        """Facts and orders count; an erasure forgets."""
        match event:
            case ProfileUpdate(type="profile_erased"):
                return Step(None)
            case Fact(type="activity") if state is not None:
                if (lived := state.kept_alive(event)) is not None:
                    return Step(lived)
                turn = CartTurn(state, self._book, now)
                turn.lived(event)
            case Fact(type="cart_changed"):
                turn = CartTurn(state, self._book, now)
                turn.snapshot(event)
            case Fact() | OrderEvent() if (order := order_of(event)) is not None:
                turn = CartTurn(state, self._book, now)
                turn.ordered(order)
            case _:
                return Step(state)
        return turn.step()

    on_late = on_event

    def deadline(self, state: Carts) -> Millis:
        """When an episode is due, or something is to be forgotten."""
        return min(_deadlines(state, self._book))

    def on_deadline(self, state: Carts, now: Now) -> Step[Carts]:
        """Silence has lasted, or something has had its time."""
        turn = CartTurn(state, self._book, now)
        turn.signal_due()
        turn.forget()
        return turn.step()

    def merge(self, mine: Carts | None, theirs: Carts, now: Now) -> Step[Carts]:
        """Carts, orders and what was said of them are one customer's now. Orders of one end carts of both.

        The rules after this one are told how the carts stand: one may have changed while it was handed over.
        """
        turn = CartTurn(union(mine or NOTHING, theirs), self._book, now)
        turn.end_all_bought()
        return turn.step()._replace(tell=turn.standing())


def open_carts(state: Carts | None) -> tuple[Episode, ...]:
    """Carts that are neither empty nor ordered."""
    return state.episodes if state is not None else ()


def _deadlines(state: Carts, book: RuleBook) -> list[Millis]:
    moments = []
    for episode in state.episodes:
        settings = settings_of(book, episode.changed_at)
        moments.append(episode.due(settings) or episode.forget_at(settings))
    if state.orders or state.emptied or state.bought:
        moments += _memories(state, book)
    return moments


def _memories(state: Carts, book: RuleBook) -> list[Millis]:
    """When what is over is forgotten."""
    moments = [order.at + settings_of(book, order.at).forget_after for order in state.orders]
    moments += [emptied.at + settings_of(book, emptied.at).max_age for emptied in state.emptied]
    moments += [one.last_activity_at + settings_of(book, one.changed_at).max_age for one in state.bought]
    return moments
