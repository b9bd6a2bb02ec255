"""Who is who: whenever it is learnt, and in whatever order it is heard, a person is one person."""

from typing import Any

import pytest
from hypothesis import strategies as st

from schemas import topics
from tests.builders import (
    World,
    added,
    asked,
    bought,
    consented,
    emptied,
    erased,
    identified,
    minute,
    ordered,
    replied,
)
from tests.properties.always import always
from tests.properties.cluster import Cluster, Turn
from tests.properties.saying import LIVE, SIGNALS, conclusions, decided, records, requests, standing

UNTIL = 5 * 60
PHONE = "phone"
CONSENTS = (consented(-9, customer=PHONE), consented(-8))
WHEN_LINKED = st.sampled_from([-5.0, 5.0, 20.0, 40.0, 55.0, 100.0])
NAME = st.sampled_from([PHONE, "ann"])


def cluster(*events: Any, tasks: int = 4) -> Cluster:
    """All arrive, in this order, before the first has its turn; then time passes minute by minute."""
    made = Cluster(LIVE, tasks, tasks).work([Turn((*CONSENTS, *events), minute(-10))])
    return made.work([Turn((), minute(at)) for at in range(-10, UNTIL)]).until(UNTIL)


def kinds(host: World | Cluster) -> list[str]:
    """Of the signals that stand."""
    stands = standing(host)
    return sorted(one.kind for one in conclusions(host.published) if one.event_id in stands)


@always(data=st.data(), linked=WHEN_LINKED, name=NAME, tasks=st.sampled_from([1, 4]))
def test_a_buyer_is_neither_signalled_nor_approached_nor_said_to_wait(
    data: st.DataObject, linked: float, name: str, tasks: int
) -> None:
    life = [added(0, visitor=PHONE), asked(10, customer=PHONE), replied(30, customer=name), ordered(50)]
    arrived = data.draw(st.permutations([*life, identified(linked, visitor=PHONE)]))
    found = cluster(*arrived, tasks=tasks)
    assert kinds(found) == ["answered"]
    assert requests(found) == []


@always(data=st.data(), linked=WHEN_LINKED, tasks=st.sampled_from([1, 4]))
def test_nor_is_who_buys_on_the_device(data: st.DataObject, linked: float, tasks: int) -> None:
    life = [added(0, visitor=PHONE), asked(10, customer=PHONE), replied(30), bought(50, visitor=PHONE)]
    arrived = data.draw(st.permutations([*life, identified(linked, visitor=PHONE)]))
    found = cluster(*arrived, tasks=tasks)
    assert kinds(found) == ["answered"]
    assert requests(found) == []


@always(data=st.data(), linked=WHEN_LINKED, tasks=st.sampled_from([1, 4]))
def test_who_does_not_buy_is_signalled_once_and_approached_once(
    data: st.DataObject, linked: float, tasks: int
) -> None:
    life = [added(0, visitor=PHONE), identified(linked, visitor=PHONE)]
    found = cluster(*data.draw(st.permutations(life)), tasks=tasks)
    assert kinds(found) == ["abandoned"]
    assert len(requests(found)) == 1


@always(data=st.data(), linked=WHEN_LINKED, name=NAME)
def test_a_second_device_is_no_second_approach(data: st.DataObject, linked: float, name: str) -> None:
    carts = [added(0, visitor=PHONE), added(2, visitor="laptop", customer_id="ann")]
    arrived = data.draw(st.permutations([*carts, identified(linked, visitor=PHONE)]))
    assert len(requests(cluster(*arrived))) == 1


@always(data=st.data(), tasks=st.sampled_from([1, 4]))
def test_another_customer_on_the_device_ends_nothing_of_the_first(data: st.DataObject, tasks: int) -> None:
    first = [identified(-1, visitor=PHONE), added(0, visitor=PHONE)]
    second = [identified(20, customer="bob", visitor=PHONE), bought(30, visitor=PHONE)]
    found = cluster(*data.draw(st.permutations([*first, *second])), tasks=tasks)
    assert [one.profile_id for one in records(found.published, *SIGNALS)] == ["ann"]
    assert [one.profile_id for one in requests(found)] == ["ann"]


@pytest.mark.parametrize(
    ("then", "reason"),
    [
        pytest.param(emptied(66, visitor=PHONE), "emptied", id="emptied"),
        pytest.param(added(66, "p2", visitor=PHONE), "changed", id="changed"),
        pytest.param(ordered(66), "order", id="bought"),
    ],
)
def test_what_happens_to_a_cart_while_it_is_handed_over_calls_its_approach_back(
    then: Any, reason: str
) -> None:
    found = Cluster(LIVE, 2, 2).work([Turn((*CONSENTS, added(0, visitor=PHONE)), minute(62))])
    found.turn(Turn((identified(65, visitor=PHONE), then), minute(70)))
    found.turn(Turn((), minute(71)))
    assert decided(found) == [("requested", "emit"), ("cancelled", "condition")]
    assert records(found.published, topics.OUTREACH["email"])[-1].reason == reason


LEAVES = [added(0, visitor=PHONE), asked(1, customer=PHONE), identified(5, visitor=PHONE)]


def left_of(host: Cluster) -> list[str]:
    """Keys whose last word on a compacted topic is no tombstone."""
    last = {(out.topic.label, out.key): out.value for out in host.published if out.topic.compacted}
    return [f"{label} {key}" for (label, key), value in last.items() if value is not None]


@pytest.mark.parametrize("turns", [1, 2, 5])
def test_an_erased_customer_leaves_nothing_also_while_being_handed_over(turns: int) -> None:
    events = [*CONSENTS, *LEAVES, erased(7)]
    found = Cluster(LIVE, 4, 4)
    if turns == 1:
        found.turn(Turn(tuple(events), minute(8)))
    else:
        found.turn(Turn(tuple(events[:-1]), minute(6)))
        found.work([Turn((), minute(6.1))] * (turns - 2))
        found.turn(Turn((erased(7),), minute(8)))
    found.until(9)
    assert left_of(found) == []
    assert found.visits.states() == {}
    remembered = found.care.tasks[0].processor.state
    for task in found.care.tasks:
        for state in task.states().values():
            assert isinstance(state, remembered)
            assert state.rule("abandonment") is state.rule("contacts") is None
            assert state.visitors == {}
    found.until(UNTIL)
    assert conclusions(found.published) == []


def test_what_comes_late_of_the_time_before_the_erasure_is_not_kept() -> None:
    found = Cluster(LIVE, 2, 2).work([Turn((*CONSENTS, asked(1), erased(7)), minute(8))])
    found.turn(Turn((asked(3, "q2"), added(2, visitor=PHONE, customer_id="ann")), minute(9)))
    found.until(30)
    assert "contacts main/q2" not in left_of(found)
