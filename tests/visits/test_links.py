"""Who is who: a device becomes a customer's, and its cart goes with it."""

import pytest

from tests.visits.visiting import Watching, add, at, brief, cart, click, content, order, told


def test_a_link_is_told_under_both_keys_and_the_cart_goes_on_under_the_customer() -> None:
    facts = told(add(1), click(5, customer_id="anna"), click(9))
    assert brief(facts) == [
        ("cart_changed", 1, "v"),
        ("linked", 5, "v"),
        ("linked", 5, "anna"),
        ("cart_changed", 5, "anna"),
        ("activity", 9, "anna"),
    ]
    assert {fact.customer_id for fact in facts if fact.type == "linked"} == {"anna"}
    assert facts[3].opened_by == "product_added@1"
    assert facts[3].visitor_id == "v"
    assert [fact.sequence for fact in facts[1:4]] == [0, 1, 2]


def test_a_link_and_a_change_in_one_event_are_one_snapshot() -> None:
    facts = told(add(1), add(5, "cup", customer_id="anna"))
    assert [fact.type for fact in facts] == ["cart_changed", "linked", "linked", "cart_changed"]
    assert content(facts[-1]) == {"tea": 1, "cup": 1}


def test_a_customer_seen_from_the_start_has_no_visitor_s_cart() -> None:
    assert brief(told(add(1, customer_id="anna")))[-1] == ("cart_changed", 1, "anna")


def test_a_link_without_a_cart_is_told_and_remembered() -> None:
    facts = told(click(1, customer_id="anna"), click(2, customer_id="anna"), add(3))
    assert brief(facts) == [("linked", 1, "v"), ("linked", 1, "anna"), ("cart_changed", 3, "anna")]


def test_a_customer_named_like_the_visitor_is_no_link() -> None:
    assert brief(told(add(1, customer_id="v"))) == [("cart_changed", 1, "v")]


def test_an_order_with_the_link_ends_the_cart_under_the_customer() -> None:
    facts = told(add(1), order(5, customer_id="anna"))
    assert brief(facts)[1:] == [("linked", 5, "v"), ("linked", 5, "anna"), ("order_completed", 5, "anna")]
    assert facts[-1].cart_id == facts[0].cart_id


def test_the_identify_call_after_the_order_finds_no_cart() -> None:
    facts = told(add(1), order(5), click(6, customer_id="anna"))
    assert brief(facts)[1:] == [("order_completed", 5, "v"), ("linked", 6, "v"), ("linked", 6, "anna")]


def test_the_cart_stays_with_the_first_of_two_customers_with_its_last_activity() -> None:
    facts = told(add(1, customer_id="anna"), click(1.1), click(2, customer_id="ben"), add(3, "cup"))
    assert brief(facts)[3:] == [
        ("activity", 1.1, "anna"),
        ("linked", 2, "v"),
        ("linked", 2, "ben"),
        ("cart_changed", 3, "ben"),
    ]
    assert content(facts[-1]) == {"cup": 1}


def test_logging_out_does_not_unlink() -> None:
    assert brief(told(click(1, customer_id="anna"), add(2)))[-1] == ("cart_changed", 2, "anna")


@pytest.mark.parametrize(
    ("quiet", "expected"),
    [
        pytest.param([], 59, id="the gap before the link counts"),
        pytest.param([click(20)], 40, id="the longest gap"),
        pytest.param([click(50)], 49, id="also if it isn't the last"),
        pytest.param([cart("checkout_started", 50)], 10, id="since the last stage only"),
        pytest.param([add(50, "cup")], 10, id="since the last change only"),
    ],
)
def test_the_longest_quiet_time_before_a_link(quiet: list[object], expected: float) -> None:
    fact = told(add(1), *quiet, click(60, customer_id="anna"))[-1]  # type: ignore[arg-type]
    assert (fact.profile_id, fact.longest_quiet_ms) == ("anna", at(expected) - at(0))


def test_a_late_link_does_not_undo_a_later_one() -> None:
    watching = Watching()
    watching.read(click(10, customer_id="ben"), to=20)
    assert watching.read(click(5, customer_id="anna"), to=21) == []
    assert brief(watching.read(add(22), to=23)) == [("cart_changed", 22, "ben")]


def test_a_late_link_takes_the_cart_along() -> None:
    watching = Watching()
    watching.read(add(10), to=20)
    late = watching.read(click(12, customer_id="anna"), to=21)
    assert brief(late) == [("linked", 12, "v"), ("linked", 12, "anna"), ("cart_changed", 12, "anna")]
