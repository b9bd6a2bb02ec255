"""In a backlog, what profiles tell each other comes a turn late: then more is said, and taken back."""

from typing import Any

from hypothesis import strategies as st

from tests.builders import World, minute
from tests.properties.always import always
from tests.properties.cluster import Cluster
from tests.properties.lives import END, HANDED_OVER, LIVES, deliveries
from tests.properties.saying import LIVE, gone, outcomes, requests, standing

UNTIL = END + 2 * 60
TASKS = st.sampled_from([1, 2, 4])


@always(life=LIVES, data=st.data())
def test_the_same_signals_stand_in_the_end(life: list[Any], data: st.DataObject) -> None:
    expected = World(LIVE).hear(*life).until(UNTIL)
    found = Cluster(LIVE, data.draw(TASKS), data.draw(TASKS))
    found.work(data.draw(deliveries(life, restarts=True))).until(UNTIL)
    assert outcomes(found) == outcomes(expected)


@always(life=HANDED_OVER, data=st.data())
def test_nobody_is_approached_about_what_was_bought_changed_or_emptied(
    life: list[Any], data: st.DataObject
) -> None:
    expected = World(LIVE).hear(*life).until(UNTIL)
    found = Cluster(LIVE, data.draw(TASKS), data.draw(TASKS))
    found.now = minute(UNTIL) + 1
    found.work(data.draw(deliveries(life))).until(UNTIL)
    left = {one.signal_id for one in requests(found)}
    assert left <= standing(expected) - gone(expected)
