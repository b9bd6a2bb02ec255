"""A replay of the file concludes what live work concluded, by id."""

from typing import Any

from hypothesis import strategies as st

from streams.care import Care
from streams.formats.base import Row
from streams.replay import Replay
from streams.visits import Visits
from tests.builders import World, minute
from tests.properties.always import always
from tests.properties.cluster import MINUTE, Cluster, topics_of
from tests.properties.lives import END, KNOWN, LATENESS, LIVES, STRANGERS, deliveries
from tests.properties.saying import CONCLUSIONS, LIVE, ids

UNTIL = END + 8 * 60


def replayed(arrived: list[Any], lateness: int) -> list[str]:
    """Ids of all that a replay gives of events in the order of arrival."""
    host = Replay([Visits(), Care(LIVE)], lateness * MINUTE)
    outputs = host.run([Row(topics_of(event), event, "") for event in arrived], lambda: minute(UNTIL))
    return sorted(out.value.event_id for out in outputs if out.topic in CONCLUSIONS)  # type: ignore[union-attr]


@always(life=st.one_of(STRANGERS, KNOWN, LIVES))
def test_as_told_in_time(life: list[Any]) -> None:
    assert replayed(life, 0) == ids(World(LIVE).hear(*life).until(UNTIL))


@always(life=st.one_of(STRANGERS, KNOWN), data=st.data())
def test_as_worked_off_in_turns_with_duplicates_out_of_order(life: list[Any], data: st.DataObject) -> None:
    turns = data.draw(deliveries(life, restarts=True))
    live = Cluster(LIVE, 4, 2)
    live.now = 0
    arrived = [event for turn in turns for event in turn.events]
    assert replayed(arrived, LATENESS) == ids(live.work(turns).until(UNTIL))
