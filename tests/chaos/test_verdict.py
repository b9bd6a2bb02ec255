"""The soak's verdict finds what is lost, twice or made up."""

from array import array

import pytest

from tests.chaos.soak.crowd import Crowd
from tests.chaos.soak.verdict import Count, Verdict, compared, more_often


@pytest.mark.parametrize(
    ("wanted", "got", "found"),
    [
        pytest.param([1, 2, 3], [3, 1, 2], (3, 0, 0, 0), id="all there"),
        pytest.param([1, 2, 3], [1, 2], (3, 1, 0, 0), id="one lost"),
        pytest.param([1, 2, 3], [1, 2, 2, 3], (3, 0, 1, 0), id="one twice"),
        pytest.param([1, 2], [1, 2, 9], (2, 0, 0, 1), id="one made up"),
        pytest.param([1, 2, 2], [2, 1, 2], (3, 0, 0, 0), id="sent twice, there twice"),
        pytest.param([1, 2, 2], [1, 2], (3, 1, 0, 0), id="sent twice, there once"),
        pytest.param([1], [], (1, 1, 0, 0), id="nothing there"),
        pytest.param([], [1], (0, 0, 0, 1), id="nothing wanted"),
    ],
)
def test_records(wanted: list[int], got: list[int], found: tuple[int, int, int, int]) -> None:
    count = compared("facts", array("Q", wanted), array("Q", got))
    assert count == Count("facts", *found)
    assert Verdict([], [count], {}, {}, []).right is (found[1:] == (0, 0, 0))


@pytest.mark.parametrize(
    ("got", "right"),
    [
        pytest.param([1, 2, 2, 3], True, id="a source wrote one again"),
        pytest.param([1, 2], False, id="one of a source is lost"),
        pytest.param([1, 2, 3, 9], False, id="one of a source is made up"),
    ],
)
def test_what_sources_wrote(got: list[int], right: bool) -> None:
    count = compared("clickstream", array("Q", [1, 2, 3]), array("Q", got))
    assert Verdict([count], [], {}, {}, []).right is right


@pytest.mark.parametrize(
    ("got", "found"),
    [
        pytest.param([1, 2, 2, 3], (3, 0, 0, 0), id="twice"),
        pytest.param([1, 3], (3, 1, 0, 0), id="lost"),
        pytest.param([1, 1, 2, 2, 3], (3, 0, 1, 0), id="and another one twice"),
    ],
)
def test_what_follows_from_what_a_source_wrote_again(got: list[int], found: tuple[int, ...]) -> None:
    count = compared("facts", array("Q", [1, 2, 3]), array("Q", got), excused=array("Q", [2]))
    assert count == Count("facts", *found)


def test_more_often() -> None:
    assert more_often(array("Q", [1, 2, 2, 3]), array("Q", [1, 1, 2, 2, 3, 9])) == {1}


def test_states() -> None:
    assert not Verdict([], [], {"care": 9}, {"care": 1}, []).right
    assert Verdict([], [], {"care": 9}, {"care": 0}, []).right


def test_a_crowd_sends_as_many_events_as_asked_and_foresees_the_same_each_time() -> None:
    one, other = Crowd(3_000), Crowd(3_000)
    for crowd in (one, other):
        received = [event.received_at for _, events in crowd.minutes() for _, event in events]
        assert received == sorted(received)
        assert 3_000 <= crowd.told == len(received) < 3_200
        assert len(crowd.sent["clickstream"]) > 0.88 * crowd.told
    assert (one.ids, one.states) == (other.ids, other.states)
    assert set(one.states) == {"visits", "care"}
    assert len(one.states["care"]) == one.shoppers
    ids, states = one.outcome(7)
    assert set(ids["facts"]) < set(one.ids["facts"])
    assert states["care"].items() < one.states["care"].items()
