"""Arbitrary lives of two customers and their devices, and the ways in which they may reach heedful."""

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.events import OrderEvent
from schemas.words import Millis
from tests import builders as say
from tests.builders import minute
from tests.properties.cluster import MINUTE, Turn
from tests.rules.lives import distinct

LATENESS = 30
"""Minutes by which an event may be late without being late."""
HOURS = 6
END = HOURS * 60
AT = st.integers(0, END).map(float)
DEVICES = st.sampled_from(["phone", "laptop"])
NAMES = st.sampled_from(["phone", "laptop", "ann"])

ON_A_DEVICE = st.one_of(
    st.builds(say.clicked, AT, visitor=DEVICES),
    st.builds(say.added, AT, st.sampled_from(["p1", "p2"]), visitor=DEVICES),
    st.builds(say.added, AT, st.sampled_from(["p1", "p2"]), visitor=DEVICES),
    st.builds(say.emptied, AT, visitor=DEVICES),
    st.builds(say.checkout, AT, visitor=DEVICES),
    st.builds(say.paying, AT, visitor=DEVICES),
    st.builds(lambda at, visitor: say.bought(at, f"o{at}", visitor=visitor), AT, DEVICES),
)
LINKS = st.builds(say.identified, AT, visitor=DEVICES)


def _words(names: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Of each contact and each order one person speaks, under whatever name."""
    return st.one_of(
        st.builds(lambda at, name: say.ordered(at, f"o{at}", customer=name), AT, names),
        st.builds(say.asked, AT, st.sampled_from(["q1", "q2"]), customer=names),
        st.builds(say.replied, AT, st.sampled_from(["q1", "q2"]), customer=names),
        st.builds(say.status, st.sampled_from(["open", "solved"]), AT, st.just("q1"), customer=names),
        st.builds(say.consented, AT, customer=names),
    )


def _life(*events: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of(*events), min_size=2, max_size=16).map(distinct)


def _known(life: list[Any]) -> list[Any]:
    """Both devices belong to ann from the start, who allows mails."""
    links = [say.identified(-3, visitor="phone"), say.identified(-2, visitor="laptop"), say.consented(-1)]
    return links + life


STRANGERS = _life(ON_A_DEVICE, ON_A_DEVICE, _words(NAMES)).map(lambda life: [*_consents(), *life])
"""Nobody ever proves to be anybody."""
KNOWN = _life(ON_A_DEVICE, ON_A_DEVICE, _words(st.just("ann"))).map(_known)
"""Two devices of one customer, known from the start."""
LIVES = _life(ON_A_DEVICE, ON_A_DEVICE, LINKS, _words(NAMES)).map(lambda life: _linked([*_consents(), *life]))
"""Devices that prove to be ann's at some time or other."""


HANDED_OVER = _life(ON_A_DEVICE, ON_A_DEVICE, LINKS, _words(NAMES)).map(
    lambda life: _linked([*_consents(), *(one for one in life if not _is_guests_order(one))])
)
"""The same, but that the back office books no order under the name of a device."""


def _is_guests_order(event: Any) -> bool:
    return isinstance(event, OrderEvent) and event.profile_id != "ann"


def _consents() -> list[Any]:
    return [say.consented(-9 + n, customer=name) for n, name in enumerate(("phone", "laptop", "ann"))]


def _linked(life: list[Any]) -> list[Any]:
    return [*life, say.identified(END + 1, visitor="phone"), say.identified(END + 2, visitor="laptop")]


def received(event: Any, at: Millis) -> Any:
    """The event, received at that moment."""
    return replace(event, received_at=at)


@st.composite
def deliveries(draw: st.DrawFn, life: list[Any], *, restarts: bool = False) -> list[Turn]:
    """In any order within the lateness, with duplicates, in turns of any size, by tasks out of step."""
    copies = life + draw(st.lists(st.sampled_from(life), max_size=4))
    delays = draw(st.lists(st.integers(0, LATENESS), min_size=len(copies), max_size=len(copies)))
    arriving = [
        received(event, event.occurred_at + delay * MINUTE)
        for event, delay in zip(copies, delays, strict=True)
    ]
    arriving.sort(key=lambda event: event.received_at)
    return draw(turns(arriving, restarts=restarts))


@st.composite
def turns(draw: st.DrawFn, arriving: list[Any], *, restarts: bool = False) -> list[Turn]:
    """Events in the order of arrival, cut into turns anywhere."""
    cuts = sorted(draw(st.sets(st.integers(1, len(arriving)), max_size=6)) | {len(arriving)})
    made: list[Turn] = []
    first = 0
    for cut in cuts:
        events = tuple(arriving[first:cut])
        clock = max(event.received_at for event in arriving[:cut]) - LATENESS * MINUTE
        asleep = draw(st.sets(st.integers(0, 3), max_size=2)) if cut < len(arriving) else set()
        made.append(Turn(events, clock, frozenset(asleep), restarts and draw(st.booleans())))
        first = cut
    return made


def closely(events: list[Any], upto: float) -> list[Turn]:
    """As in quiet times: events as they happen, each minute a turn."""
    waiting = sorted(events, key=lambda event: event.occurred_at)
    made: list[Turn] = []
    at = -15.0
    while at <= upto:
        now = [event for event in waiting if event.occurred_at <= minute(at)]
        waiting = waiting[len(now) :]
        made.append(Turn(tuple(now), minute(at)))
        at += 1
    return made
