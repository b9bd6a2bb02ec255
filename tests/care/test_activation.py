"""Rules that change while heedful is at work: what began under one version ends under it."""

from typing import Any

import pytest
from hypothesis import strategies as st

from schemas import topics
from schemas.words import Millis
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet, override
from tests.builders import World, abandonments, added, answers, asked, clicked, emptied, minute, minutes
from tests.properties.always import always
from tests.properties.cluster import Cluster, Turn
from tests.properties.lives import END, KNOWN, STRANGERS, deliveries
from tests.properties.saying import ids

AT = 100.0
"""When the new rules become active, in minutes."""
OLD = override(RuleSet.from_mapping({}), ["rules.contacts.first_reply.target=1h"])
NEW = override(OLD, ["rules.abandonment.cart.after=30m", "rules.contacts.first_reply.target=20m"])
BEFORE = RuleBook.single(OLD)
BOOK = BEFORE.activate(NEW, minute(AT))
MOMENT = 1 / 60_000
"""A millisecond, in minutes."""


class Learning:
    """Knows of the new rules once its clock has passed a moment."""

    def __init__(self, learns: float, before: RuleBook = BEFORE, after: RuleBook = BOOK) -> None:
        self._learns = minute(learns)
        self._before = before
        self._after = after

    def __call__(self, clock: Millis) -> RuleBook:
        """The book."""
        return self._after if clock > self._learns else self._before


CASES = [
    pytest.param([added(AT - MOMENT)], AT - MOMENT + 60, OLD, id="before"),
    pytest.param([added(AT)], AT + 30, NEW, id="exactly then"),
    pytest.param([added(AT + MOMENT)], AT + MOMENT + 30, NEW, id="after"),
    pytest.param([added(95), clicked(110)], 170, OLD, id="activity afterwards changes no version"),
    pytest.param([added(95), added(105, "p2")], 135, NEW, id="a change afterwards begins anew"),
    pytest.param(
        [clicked(150, visitor="w"), added(95, received_at=minute(150))], 155, OLD, id="told late, from before"
    ),
    pytest.param(
        [clicked(180, visitor="w"), added(95, received_at=minute(180))], 155, OLD, id="told when it was due"
    ),
    pytest.param([added(90), added(100, "p2", received_at=minute(129))], 130, NEW, id="a change told late"),
]


@pytest.mark.parametrize(("events", "due", "version"), CASES)
@pytest.mark.parametrize("learns", [0, 50, AT], ids=["known from the start", "learnt before", "in time"])
def test_a_cart_ends_under_the_rules_of_its_last_change(
    events: list[Any], due: float, version: RuleSet, learns: float
) -> None:
    world = World(Learning(learns)).hear(*events).until(400)
    assert abandonments(world)[-1] == ("abandoned", "cart", pytest.approx(due))
    assert world.said(topics.ABANDONMENT_SIGNALS)[-1].rules_version == version.version


def test_what_is_taken_back_after_the_change_is_taken_back_under_the_old_rules() -> None:
    events = [added(30), clicked(120), clicked(80, received_at=minute(125))]
    signals = World(BOOK).hear(*events).until(130).said(topics.ABANDONMENT_SIGNALS)
    assert [(one.kind, one.rules_version) for one in signals] == [
        ("abandoned", OLD.version),
        ("withdrawn", OLD.version),
    ]


@pytest.mark.parametrize(
    ("at", "due"), [(AT - 1, AT + 59), (AT, AT + 20), (AT + 1, AT + 21)], ids=["before", "then", "after"]
)
def test_a_contact_is_due_under_the_rules_of_its_question(at: float, due: float) -> None:
    assert answers(World(Learning(AT)).hear(asked(at)).until(400)) == [("breached", due)]


def test_an_emptied_cart_that_is_filled_again_begins_under_the_new_rules() -> None:
    world = World(BOOK).hear(added(90), emptied(99), added(101)).until(400)
    assert abandonments(world) == [("abandoned", "cart", 131)]


@pytest.mark.parametrize("restarted", [False, True], ids=["at work throughout", "restarted at each turn"])
@pytest.mark.parametrize("step", [1, 7, 45])
def test_restarts_in_between_change_nothing(restarted: bool, step: int) -> None:
    events = [added(95, visitor="a"), added(100, visitor="b"), added(105, visitor="c")]
    turns = [
        Turn(tuple(one for one in events if at <= minutes(one.received_at) < at + step), minute(at + step))
        for at in range(90, 270, step)
    ]
    cluster = Cluster(Learning(AT), 2, 2)
    cluster.work(Turn(turn.events, turn.clock, restarted=restarted) for turn in turns).until(300)
    said = cluster.said(topics.ABANDONMENT_SIGNALS)
    assert sorted((minutes(one.occurred_at), one.rules_version) for one in said) == sorted(
        [(130, NEW.version), (135, NEW.version), (155, OLD.version)]
    )


@always(life=st.one_of(STRANGERS, KNOWN), data=st.data())
def test_whoever_learns_of_it_before_it_holds_decides_as_if_it_had_always_been_known(
    life: list[Any], data: st.DataObject
) -> None:
    at = data.draw(st.integers(1, END))
    book = BEFORE.activate(NEW, minute(at))
    learning = Learning(data.draw(st.integers(0, at)), after=book)
    found = Cluster(learning, 2, 2).work(data.draw(deliveries(life, restarts=True))).until(END + 120)
    assert ids(found) == ids(World(book).hear(*life).until(END + 120))


class TestBook:
    """Which rules hold when."""

    @pytest.mark.parametrize(
        ("at", "version"), [(0, OLD), (AT - MOMENT, OLD), (AT, NEW), (AT + MOMENT, NEW), (10_000, NEW)]
    )
    def test_active(self, at: float, version: RuleSet) -> None:
        assert BOOK.active(minute(at)) == version

    def test_what_holds_anyway_is_not_activated_again(self) -> None:
        assert BOOK.activate(NEW, minute(AT + 5)) is BOOK
        assert BOOK.activate(OLD, minute(AT - 5)) is BOOK

    def test_for_the_same_moment_the_last_ones_count(self) -> None:
        other = override(OLD, ["rules.abandonment.cart.after=45m"])
        again = BOOK.activate(other, minute(AT))
        assert (again.active(minute(AT)), len(again.activations)) == (other, 2)
        assert again.activate(OLD, minute(AT)).active(minute(AT)) == OLD

    def test_the_way_back(self) -> None:
        back = BOOK.activate(OLD, minute(AT + 60))
        assert [back.active(minute(at)) for at in (99, 100, 159, 160)] == [OLD, NEW, NEW, OLD]
        assert RuleBook.from_records(back.records().values()) == back
