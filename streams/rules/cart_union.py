"""What two profiles know of carts that are one customer's. Commutative."""

from functools import reduce

from msgspec.structs import replace

from schemas.words import Millis
from streams.rules.cart import RANK
from streams.rules.episodes import Carts, Emptied, Episode, Order, continued


def union(mine: Carts, theirs: Carts) -> Carts:
    """All that either knows."""
    emptied: dict[str, Emptied] = {}
    for one in (*mine.emptied, *theirs.emptied):
        known = emptied.get(one.cart_id)
        emptied[one.cart_id] = _later(known, one) if known else one
    episodes: dict[str, Episode] = {}
    for episode in (*mine.episodes, *theirs.episodes):
        other = episodes.get(episode.cart_id)
        episodes[episode.cart_id] = _both(other, episode) if other else episode
    for cart_id in sorted(episodes.keys() & emptied.keys()):
        gone = emptied[cart_id]
        if episodes[cart_id].told_at <= gone.at:
            emptied[cart_id] = replace(gone, left=joined(gone.left, episodes.pop(cart_id)))
    return Carts(
        episodes=tuple(episodes[cart_id] for cart_id in sorted(episodes)),
        orders=_orders(mine.orders + theirs.orders),
        emptied=tuple(emptied[cart_id] for cart_id in sorted(emptied)),
        bought=_bought(mine.bought + theirs.bought),
    )


def joined(*known: Episode | None) -> Episode | None:
    """What is left of a cart that was emptied, maybe more than once: all that was said; None: nothing."""
    told_of = [episode for episode in known if episode is not None and episode.said]
    return reduce(_both, told_of) if told_of else None


def _later(one: Emptied, other: Emptied) -> Emptied:
    return Emptied(cart_id=one.cart_id, at=max(one.at, other.at), left=joined(one.left, other.left))


def _bought(episodes: tuple[Episode, ...]) -> tuple[Episode, ...]:
    """Of one that both know, the one of which less still stands."""
    found: dict[tuple[str, str, str], Episode] = {}
    for episode in sorted(episodes, key=lambda one: (one.change, len(one.said), repr(one))):
        found.setdefault(episode.change, episode)
    return tuple(found.values())


def _both(one: Episode, other: Episode) -> Episode:
    """The newer snapshot. What either said itself stands; what was inferred is known now."""
    older, newer = sorted((one, other), key=_newness)
    exact = {said.event_id: said for said in (*older.said, *newer.said) if not said.inferred}
    withdrawn = max(each.withdrawn for each in (one, other) if each.changed_by == newer.changed_by)
    return replace(continued(older, newer), said=tuple(sorted(exact.values())), withdrawn=withdrawn)


def _newness(episode: Episode) -> tuple[Millis, Millis, int, str]:
    """The last word is only there to decide, the same way for both, between two that are equally new."""
    return episode.told_at, episode.changed_at, RANK[episode.stage], repr(episode)


def _orders(orders: tuple[Order, ...]) -> tuple[Order, ...]:
    found: dict[str, Order] = {}
    for order in sorted(orders, key=lambda one: one.age):
        known = found.get(order.order_id, order)
        found[order.order_id] = replace(
            known,
            cart_id=known.cart_id or order.cart_id,
            checkout_id=known.checkout_id or order.checkout_id,
            outreach_id=known.outreach_id or order.outreach_id,
            openings=tuple(sorted({*known.openings, *order.openings})),
            settled=tuple(sorted({*known.settled, *order.settled})),
            recovered=tuple(sorted({*known.recovered, *order.recovered})),
        )
    return tuple(found.values())
