"""However events arrive within the lateness, and wherever work stops: the same is concluded, by id."""

from typing import Any

from hypothesis import strategies as st

from schemas import topics
from tests.builders import World
from tests.properties.always import always
from tests.properties.cluster import Cluster
from tests.properties.lives import END, KNOWN, LIVES, STRANGERS, closely, deliveries
from tests.properties.saying import LIVE, SIGNALS, ids, records, states

UNTIL = END + 8 * 60
TASKS = st.sampled_from([1, 2, 4])


def in_time(life: list[Any]) -> World:
    """As it is when each event is heard at once."""
    return World(LIVE).hear(*life).until(UNTIL)


def cluster(data: st.DataObject) -> Cluster:
    """Any number of tasks; nobody waits for what they decide."""
    made = Cluster(LIVE, data.draw(TASKS), data.draw(TASKS))
    made.now = 0
    return made


@always(life=st.one_of(STRANGERS, KNOWN), data=st.data())
def test_any_order_of_arrival_twice_and_over_restarts(life: list[Any], data: st.DataObject) -> None:
    expected = in_time(life)
    found = cluster(data).work(data.draw(deliveries(life, restarts=True))).until(UNTIL)
    assert ids(found) == ids(expected)
    assert states(found) == states(expected)


@always(life=st.one_of(STRANGERS, KNOWN), data=st.data())
def test_a_restart_after_every_turn(life: list[Any], data: st.DataObject) -> None:
    turns = data.draw(deliveries(life))
    tasks = data.draw(TASKS)
    once, again = Cluster(LIVE, tasks, tasks), Cluster(LIVE, tasks, tasks)
    for turn in turns:
        once.turn(turn)
        again.turn(turn)
        again.visits.restart()
        again.care.restart()
    assert again.published == once.published
    assert states(again.until(UNTIL)) == states(once.until(UNTIL))
    assert again.visits.states() == once.visits.states()


@always(life=LIVES, data=st.data())
def test_devices_that_prove_to_be_a_customers_in_turns_of_a_minute(
    life: list[Any], data: st.DataObject
) -> None:
    expected = in_time(life)
    tasks = data.draw(TASKS)
    found = Cluster(LIVE, tasks, tasks).work(closely(life, UNTIL)).until(UNTIL)
    for topics_of in (SIGNALS, (topics.DECISIONS, *topics.OUTREACH.values())):
        said, due = (records(host.published, *topics_of) for host in (found, expected))
        assert {one.event_id for one in said if once(one)} == {one.event_id for one in due if once(one)}


def once(record: Any) -> bool:
    """Whether it is said once only: what is held may be held again."""
    return getattr(record, "outcome", "") not in ("held", "withdrawn")
