"""Changes of a cart that arrive after the clock has passed them."""

import pytest

from schemas.events import CartEvent
from tests.visits.visiting import Watching, add, at, brief, cart, content, lines, order, remove


def late(*events: CartEvent, then: CartEvent) -> Watching:
    """Events in time, and then one that comes late."""
    watching = Watching()
    watching.read(*events, to=100)
    watching.read(then, to=100)
    return watching


@pytest.mark.parametrize(
    ("events", "then", "expected"),
    [
        pytest.param([add(10)], add(5, "cup"), {"tea": 1, "cup": 1}, id="added before"),
        pytest.param([add(10)], add(5), {"tea": 2}, id="added before, the same product"),
        pytest.param([add(10)], add(20, "cup"), {"tea": 1, "cup": 1}, id="added after"),
        pytest.param([add(10), add(20, "cup")], remove(15), {"cup": 1}, id="taken out since"),
        pytest.param(
            [add(10), add(11), add(20)], remove(15), {"tea": 3}, id="put in again since: left alone"
        ),
        pytest.param(
            [add(10), add(12, "cup"), remove(20)], add(15), {"cup": 1}, id="added before it was taken out"
        ),
        pytest.param([add(10), add(20, "cup")], cart("cart_emptied", 15), {"cup": 1}, id="emptied between"),
        pytest.param(
            [add(10), add(20, "cup")],
            cart("cart_updated", 15, lines=lines("pot")),
            {"pot": 1, "cup": 1},
            id="snapshot between",
        ),
        pytest.param([add(10), add(20, "cup")], order(15), {"cup": 1}, id="ordered between"),
    ],
)
def test_content_after_a_late_change(
    events: list[CartEvent], then: CartEvent, expected: dict[str, int]
) -> None:
    snapshots = [fact for fact in late(*events, then=then).facts if fact.type == "cart_changed"]
    assert content(snapshots[-1]) == expected


@pytest.mark.parametrize(
    "then",
    [pytest.param(add(5, "cup"), id="add"), pytest.param(cart("checkout_started", 5), id="checkout")],
)
@pytest.mark.parametrize(
    "end", [pytest.param(order(10), id="ordered"), pytest.param(cart("cart_emptied", 10), id="emptied")]
)
def test_what_happened_before_the_cart_ended_opens_none(then: CartEvent, end: CartEvent) -> None:
    watching = late(add(1), end, then=then)
    assert len(watching.facts) == 2


def test_a_late_change_does_not_become_the_last_one_and_is_placed_after_what_was_told() -> None:
    fact = late(add(10), add(20, "cup"), then=add(15, "pot")).facts[-1]
    assert (fact.changed_by, fact.changed_at) == ("product_added@20", at(20))
    assert (fact.occurred_at, fact.sequence) == (at(20), 1)


def test_a_late_order_after_the_last_change_ends_the_cart() -> None:
    watching = late(add(10), cart("checkout_started", 30), then=order(20))
    assert brief(watching.facts)[-1] == ("order_completed", 20, "v")
    assert watching.facts[-1].cart_id == watching.facts[0].cart_id
    assert watching.task.states()["main/v"].cart is None


def test_a_late_order_between_two_changes_does_not_name_the_cart_that_goes_on() -> None:
    facts = late(add(10), add(20, "cup"), then=order(15)).facts
    assert brief(facts)[-2:] == [("order_completed", 15, "v"), ("cart_changed", 20, "v")]
    assert facts[-2].cart_id is None


def test_a_late_order_that_names_the_cart_ends_it() -> None:
    facts = late(add(10, cart_id="c"), add(20, "cup", cart_id="c"), then=order(15, cart_id="c")).facts
    assert brief(facts)[-1] == ("order_completed", 15, "v")


def test_a_late_stage_is_reached() -> None:
    fact = late(add(10), add(20, "cup"), then=cart("checkout_started", 15)).facts[-1]
    assert (fact.stage, fact.stage_at) == ("checkout", at(15))


def test_a_late_second_copy_changes_nothing() -> None:
    assert len(late(add(10), then=add(10)).facts) == 1
