"""One transition of a customer's carts: evidence comes in, and what was said is weighed against it."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from schemas.facts import Fact
from schemas.topics import Output
from schemas.words import AbandonmentKind, Millis
from streams.rules.base import Now, Step
from streams.rules.book import RuleBook
from streams.rules.cart_signals import cause_of, signal
from streams.rules.cart_union import joined
from streams.rules.episodes import (
    NOTHING,
    Carts,
    Emptied,
    Episode,
    Order,
    Said,
    continued,
    episode_of,
    named,
    signal_id,
)
from streams.rules.settings import AbandonmentSettings, RuleSet
from streams.rules.standing import Standing


def settings_of(book: RuleBook, at: Millis) -> AbandonmentSettings:
    """Those under which what began at ``at`` ends."""
    return book.active(at).abandonment


class CartTurn:
    """One transition: the state in pieces, and what is to be published."""

    def __init__(self, state: Carts | None, book: RuleBook, now: Now) -> None:
        state = state or NOTHING
        self.episodes = {episode.cart_id: episode for episode in state.episodes}
        self.orders = {order.order_id: order for order in state.orders}
        self.emptied = {one.cart_id: one for one in state.emptied}
        self.bought = {episode.change: episode for episode in state.bought}
        self._book = book
        self._now = now
        self._publish: list[Output] = []

    def step(self) -> Step[Carts]:
        """The outcome."""
        state = Carts(
            episodes=_by_name(self.episodes),
            orders=_by_name(self.orders),
            emptied=_by_name(self.emptied),
            bought=_by_name(self.bought),
        )
        return Step(state if state != NOTHING else None, tuple(self._publish))

    def standing(self) -> tuple[Standing, ...]:
        """How every cart stands, for the rules after this one."""
        emptied = (Standing(one.cart_id, None, one.at, emptied=True) for one in self.emptied.values())
        filled = (
            Standing(one.cart_id, one.changed_by, one.changed_at, emptied=False)
            for one in self.episodes.values()
        )
        return (*emptied, *filled)

    def lived(self, fact: Fact) -> None:
        """The visitor was active: the visitor's cart isn't left yet.

        Only the present one: of a cart that the device has left behind, visits tells no more, so that to keep
        it alive now and then would make its deadline a matter of chance.
        """
        for episode in tuple(self.episodes.values()):
            if episode.is_present(fact):
                self._alive(episode, fact.occurred_at, fact)

    def snapshot(self, fact: Fact) -> None:
        """The cart as it is, unless something newer is known."""
        told = episode_of(fact)
        known = self.episodes.get(told.cart_id)
        if known is not None:
            for at in sorted({told.changed_at, fact.stage_at or told.changed_at, told.last_activity_at}):
                known = self._alive(known, at, fact)
        emptied = self.emptied.get(told.cart_id)
        if told.told_at < max(known.told_at if known else 0, emptied.at if emptied else 0):
            return
        if not told.lines:
            self._emptied(told.cart_id, told.told_at)
            return
        self.episodes[told.cart_id] = continued(known, told) if known else self._arrived(told, fact)
        self.end_all_bought()

    def _emptied(self, cart_id: str, at: Millis) -> None:
        """What was said of the cart is kept for an order that is told after it was emptied."""
        before, episode = self.emptied.get(cart_id), self.episodes.pop(cart_id, None)
        left = joined(before.left if before else None, episode)
        self.emptied[cart_id] = Emptied(cart_id=cart_id, at=at, left=left)

    def ordered(self, order: Order) -> None:
        """The order, once however often and from wherever it is told."""
        if order.order_id not in self.orders:
            self.end_bought(order)

    def end_all_bought(self) -> None:
        """Of several orders that a cart may have become, the earliest ends it."""
        for order in sorted(self.orders.values(), key=lambda one: (one.at, one.order_id)):
            self.end_bought(order)

    def end_bought(self, order: Order) -> None:
        """What the order bought is no open cart; say how the signals ended that were given about it.

        Of a cart that was changed since, the order bought what was in it before.
        """
        self.orders[order.order_id] = order
        self._prove_false(order)
        for episode in tuple(self.episodes.values()):
            ends = order.ends(episode)
            bought = [said for said in episode.said if ends or said.changed_at <= order.at]
            if bought:
                order = self._settled(episode, order, bought)
                self._remember(episode, [said for said in bought if said.at < order.at])
            if ends:
                order = named(order, episode)
                del self.episodes[episode.cart_id]
            elif bought:
                left = tuple(said for said in episode.said if said not in bought)
                self.episodes[episode.cart_id] = replace(episode, said=left)
        for emptied in tuple(self.emptied.values()):
            order = self._bring_back(emptied, order)
        self.orders[order.order_id] = order

    def _bring_back(self, emptied: Emptied, order: Order) -> Order:
        """What was said of a cart that the shop emptied when it was ordered."""
        left = emptied.left
        if left is None or not order.recovers(emptied, left):
            return order
        self.emptied[emptied.cart_id] = replace(emptied, left=None)
        self._remember(left, [said for said in left.said if said.at < order.at])
        return named(self._settled(left, order, list(left.said)), left)

    def _remember(self, episode: Episode, said: list[Said]) -> None:
        """What was said before the order stands, unless an earlier order comes to light."""
        if said:
            known = self.bought.get(episode.change, episode)
            both = {one.event_id: one for one in (*said, *(known.said if known is not episode else ()))}
            self.bought[episode.change] = replace(episode, lines=(), said=tuple(sorted(both.values())))

    def _prove_false(self, order: Order) -> None:
        """An order that came to light late may be earlier than what was said of a cart bought since."""
        for episode in tuple(self.bought.values()):
            false = [said for said in episode.said if said.changed_at <= order.at <= said.at]
            for said in false:
                self._say(episode, said, "withdrawn", order.at, order.order_id, order)
            left = tuple(said for said in episode.said if said not in false)
            if false:
                self.bought[episode.change] = replace(episode, said=left)

    def signal_due(self) -> None:
        """Signal every cart whose silence has lasted."""
        for episode in tuple(self.episodes.values()):
            rules = self._rules(episode)
            due = episode.due(rules.abandonment)
            if due is not None and due <= self._now.at:
                self._abandoned(episode, rules, due)

    def forget(self) -> None:
        """Drop what has had its time."""
        at, book = self._now.at, self._book
        self.episodes = _kept(self.episodes, lambda one: one.forget_at(self._rules(one).abandonment) > at)
        self.orders = _kept(self.orders, lambda one: one.at + settings_of(book, one.at).forget_after > at)
        self.emptied = _kept(self.emptied, lambda one: one.at + settings_of(book, one.at).max_age > at)
        self.bought = {
            change: one
            for change, one in self.bought.items()
            if one.said and one.last_activity_at + settings_of(book, one.changed_at).max_age > at
        }

    def _rules(self, episode: Episode) -> RuleSet:
        return self._book.active(episode.changed_at)

    def _alive(self, episode: Episode, at: Millis, fact: Fact) -> Episode:
        """A sign of life at ``at``, with evidence. A signal that took that time for silence proves false."""
        false = [one for one in episode.said if one.last_activity_at < at <= one.at and not one.inferred]
        for said in false:
            self._say(episode, said, "withdrawn", at, fact.event_id)
        if false:
            left = tuple(said for said in episode.said if said not in false)
            episode = replace(episode, said=left, withdrawn=episode.withdrawn + len(false))
        self.episodes[episode.cart_id] = episode = episode.lived(at, fact.evidence)
        return episode

    def _arrived(self, told: Episode, fact: Fact) -> Episode:
        """A cart that is new here. If it was silent for too long elsewhere, it was signalled there."""
        rules = self._rules(told)
        since = max(told.changed_at, fact.stage_at or 0)
        at = since + rules.abandonment.after(told.stage)
        too_old = at - told.changed_at > rules.abandonment.max_age
        if (fact.longest_quiet_ms or 0) <= rules.abandonment.after(told.stage) or too_old:
            return told
        said = Said(
            at=at,
            event_id=signal_id(told, rules.version),
            stage=told.stage,
            changed_by=told.changed_by,
            changed_at=told.changed_at,
            last_activity_at=since,
            inferred=True,
        )
        return replace(told, said=(said,))

    def _abandoned(self, episode: Episode, rules: RuleSet, due: Millis) -> None:
        said = Said(
            at=due,
            event_id=signal_id(episode, rules.version),
            stage=episode.stage,
            changed_by=episode.changed_by,
            changed_at=episode.changed_at,
            last_activity_at=episode.last_activity_at,
            cause=cause_of(episode, self.orders.values(), rules.abandonment, due, self._now.waiting_since),
        )
        self._say(episode, said, "abandoned", due)
        self.episodes[episode.cart_id] = replace(episode, said=(*episode.said, said))

    def _settled(self, episode: Episode, order: Order, bought: list[Said]) -> Order:
        """The last signal before the order was true, and is recovered; those after it were false."""
        known = {event_id for other in (*self.orders.values(), order) for event_id in other.settled}
        fresh = [said for said in bought if said.event_id not in known]
        for said in fresh:
            if said.at >= order.at:
                self._say(episode, said, "withdrawn", order.at, order.order_id, order)
        before = [said for said in fresh if said.at < order.at]
        first = before and episode.cart_id not in order.recovered
        if first:
            self._say(episode, max(before), "recovered", order.at, order.order_id, order)
        return replace(
            order,
            settled=tuple(sorted({*order.settled, *(said.event_id for said in fresh)})),
            recovered=(*order.recovered, episode.cart_id) if first else order.recovered,
        )

    def _say(
        self,
        episode: Episode,
        said: Said,
        kind: AbandonmentKind,
        at: Millis,
        cause: str = "",
        order: Order | None = None,
    ) -> None:
        version = self._rules(episode).version
        self._publish.append(signal(episode, said, kind, at, self._now, version, cause, order))


def _by_name(known: dict[Any, Any]) -> tuple[Any, ...]:
    """In the order of their names: of most there is one, or none."""
    return tuple(known.values()) if len(known) < 2 else tuple([known[name] for name in sorted(known)])


def _kept(known: dict[str, Any], keep: Callable[[Any], bool]) -> dict[str, Any]:
    return {name: one for name, one in known.items() if keep(one)}
