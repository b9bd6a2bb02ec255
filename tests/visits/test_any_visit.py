"""What holds for any visit, however its events arrive."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.facts import Fact
from streams.kernel.task import Task
from streams.visits import Visits
from tests.visits.visiting import Watching, add, at, cart, click, content, lines, order, remove

END = 120
FORGOTTEN = END + 31 * 24 * 60

MINUTES = st.integers(1, END * 4).map(lambda quarter: quarter / 4)
PRODUCTS = st.sampled_from(["tea", "cup", "pot"])
CUSTOMERS = st.sampled_from([None, None, None, "anna", "ben"])


@st.composite
def events(draw: st.DrawFn) -> Any:
    """Something that a visitor does."""
    minute, product = draw(MINUTES), draw(PRODUCTS)
    known: dict[str, Any] = {"event_id": f"e{draw(st.integers(0, 10_000))}", "customer_id": draw(CUSTOMERS)}
    made = {
        "click": lambda: click(minute, **known),
        "add": lambda: add(minute, product, quantity=draw(st.integers(1, 3)), **known),
        "remove": lambda: remove(minute, product, quantity=draw(st.sampled_from([None, 1, 2])), **known),
        "snapshot": lambda: cart("cart_updated", minute, lines=lines(*draw(st.sets(PRODUCTS))), **known),
        "emptied": lambda: cart("cart_emptied", minute, **known),
        "checkout": lambda: cart("checkout_started", minute, **known),
        "payment": lambda: cart("payment_failed", minute, **known),
        "order": lambda: order(minute, order_id=draw(st.sampled_from([None, "o1", "o2"])), **known),
    }
    return made[draw(st.sampled_from(sorted(made)))]()


VISITS = st.lists(events(), max_size=14, unique_by=lambda event: event.event_id)


def facts_of(arrived: list[Any], *, restarting: bool = False) -> list[Fact]:
    """The facts when each event is read alone and the clock then stands at the latest of those read.

    ``restarting``: after each event the task is built anew from the changelog.
    """
    watching, clock = Watching(), 0
    changelog: dict[str, bytes | None] = {}
    for event in arrived:
        clock = max(clock, event.occurred_at - at(0))
        watching.read(event, to=clock / 60_000)
        if restarting:
            changelog.update(watching.task.changes())
            watching.task = restarted(changelog, watching.task.clock)
    watching.read(to=FORGOTTEN)
    assert watching.task.states() == {}
    return watching.facts


def restarted(changelog: dict[str, bytes | None], clock: int) -> Task[Any]:
    """A task built anew."""
    fresh = Task(Visits())
    fresh.clock = clock
    for key, value in changelog.items():
        if value is not None:
            fresh.restore(key, value)
    return fresh


@given(VISITS, st.randoms(use_true_random=False))
def test_in_time_the_order_of_arrival_changes_nothing(visit: list[Any], random: Any) -> None:
    shuffled = list(visit)
    random.shuffle(shuffled)
    assert Watching().read(*shuffled, to=FORGOTTEN) == Watching().read(*visit, to=FORGOTTEN)


@given(VISITS)
@settings(max_examples=60)
def test_a_restart_changes_nothing_and_all_is_forgotten(visit: list[Any]) -> None:
    assert facts_of(visit, restarting=True) == facts_of(visit)


@given(VISITS)
def test_snapshots_stand_in_the_order_in_which_they_are_true(visit: list[Any]) -> None:
    places = [(fact.occurred_at, fact.sequence) for fact in facts_of(visit) if fact.type == "cart_changed"]
    assert places == sorted(places)
    assert len(set(places)) == len(places)


@given(VISITS)
def test_every_fact_has_an_id_of_its_own_and_an_order_is_told_once(visit: list[Any]) -> None:
    facts = facts_of(visit)
    assert len({fact.event_id for fact in facts}) == len(facts)
    orders = [fact.order_id for fact in facts if fact.type == "order_completed"]
    assert len(set(orders)) == len(orders)


@given(st.lists(st.tuples(MINUTES, PRODUCTS), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_what_was_put_in_is_in_however_late_it_is_told(puts: list[tuple[float, str]], random: Any) -> None:
    arrived = [add(minute, product, event_id=f"e{n}") for n, (minute, product) in enumerate(puts)]
    random.shuffle(arrived)
    last = [fact for fact in facts_of(arrived) if fact.type == "cart_changed"][-1]
    assert sum(content(last).values()) == len(puts)
    assert last.changed_at == max(event.occurred_at for event in arrived)
