"""What becomes of an approach in the simulated world."""

import pytest

from schemas.events import CartEvent, Feedback
from schemas.outputs import Outreach
from schemas.words import Line
from streams.simulator.delivery import Delivery

NOW = 1_700_000_000_000


class Stopped:
    def now(self):
        return NOW


def outreach(number, action="request"):
    return Outreach(
        event_id=f"e{number}-{action}",
        outreach_id=f"o{number}",
        profile_id="c",
        action=action,
        channel="email",
        occurred_at=NOW,
        processed_at=NOW,
        valid_until=NOW + 1,
        signal_id="s",
        rule="abandonment.cart",
        cart_id="k",
        visitor_id="v",
        lines=(Line(product_id="p", quantity=2),),
        rules_version="r",
    )


@pytest.fixture
def scheduled():
    return []


@pytest.fixture
def delivery(scheduled):
    return Delivery(None, Stopped(), 1, scheduled.append)


def test_tells_what_became_of_each_request(delivery, scheduled):
    for number in range(300):
        delivery.take(outreach(number))
    told = {event.type for event in scheduled if isinstance(event, Feedback)}
    assert told == {"sent", "delivered", "opened", "clicked"}
    assert all(event.received_at > NOW for event in scheduled)


def test_some_buy_what_they_left_and_the_order_knows_why(delivery, scheduled):
    for number in range(300):
        delivery.take(outreach(number))
    orders = [event for event in scheduled if isinstance(event, CartEvent)]
    assert orders
    assert all(order.outreach_id and order.cart_id == "k" and order.lines for order in orders)


def test_a_request_is_sent_once_and_a_cancelled_one_not_at_all(delivery, scheduled):
    delivery.take(outreach(1, "cancel"))
    delivery.take(outreach(1))
    assert scheduled == []
    delivery.take(outreach(2))
    sent = len(scheduled)
    delivery.take(outreach(2))
    assert len(scheduled) == sent > 0


def test_the_same_seed_has_the_same_fate():
    fates = []
    for _ in range(2):
        fate = []
        Delivery(None, Stopped(), 5, fate.append).take(outreach(9))
        fates.append(fate)
    assert fates[0] == fates[1]
