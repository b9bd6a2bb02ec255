"""Alerts about one signal: a large cart left, a contact late or about to be."""

from decimal import Decimal

import pytest

from streams.rules.alerts.settings import EachAbandonment, EachContact
from streams.rules.alerts.signals import alerts_of
from tests.sinks.test_views import contact, signal

LARGE = EachAbandonment(name="large", kind="abandonment", above={"EUR": 500, "GBP": 400})


def told(rule, record):
    return list(alerts_of([rule], record, record.occurred_at + 1))


@pytest.mark.parametrize(
    ("value", "currency", "count"),
    [
        pytest.param("499.99", "EUR", 0, id="before"),
        pytest.param("500", "EUR", 0, id="exactly"),
        pytest.param("500.01", "EUR", 1, id="after"),
        pytest.param("450", "GBP", 1, id="each currency has its own"),
        pytest.param("9999", "USD", 0, id="of others none is known"),
        pytest.param(None, None, 0, id="no value"),
    ],
)
def test_a_large_cart(value, currency, count):
    record = replaced(signal("s"), value=None if value is None else Decimal(value), currency=currency)
    assert len(told(LARGE, record)) == count


def replaced(record, **said):
    from msgspec.structs import replace

    return replace(record, **said)


@pytest.mark.parametrize("kind", ["recovered", "withdrawn"])
def test_only_what_was_left(kind):
    assert told(LARGE, replaced(signal("s", kind=kind), value=Decimal(900))) == []


def test_a_stage_can_be_asked_for():
    rule = LARGE.model_copy(update={"stages": ("payment",)})
    large = replaced(signal("s"), value=Decimal(900))
    assert told(rule, large) == []
    assert len(told(rule, replaced(large, stage="payment"))) == 1


def test_it_says_of_what():
    [alert] = told(LARGE, replaced(signal("s"), value=Decimal("640.5")))
    assert (alert.value, alert.unit, alert.high, alert.signal_id) == (640.5, "EUR", 500.0, "s")
    assert (alert.subject, alert.profile_id, alert.state) == ("cart", "p", "raised")
    assert alert.title == "large: 640.50 EUR left at stage checkout"


def late(**said):
    return EachContact(name="late", kind="contact", **said)


@pytest.mark.parametrize(
    ("rule", "record", "count"),
    [
        pytest.param(late(), contact("breached", 60), 1, id="breached"),
        pytest.param(late(), contact("escalated", 45, step="75%"), 1, id="about to"),
        pytest.param(late(on=["breached"]), contact("escalated", 45, step="75%"), 0, id="not asked for"),
        pytest.param(late(steps=["75%"]), contact("escalated", 30, step="50%"), 0, id="another step"),
        pytest.param(late(steps=["75%"]), contact("breached", 60), 1, id="steps are of escalated only"),
        pytest.param(late(teams=["returns"]), contact("breached", 60, team="sales"), 0, id="another team"),
        pytest.param(late(teams=["returns"]), contact("breached", 60, team="returns"), 1, id="this team"),
        pytest.param(late(clocks=["next_reply"]), contact("breached", 60), 0, id="another clock"),
        pytest.param(late(), contact("answered", 10), 0, id="answered"),
    ],
)
def test_a_late_contact(rule, record, count):
    assert len(told(rule, record)) == count


def test_the_same_signal_twice_is_the_same_alert_and_another_is_another():
    once, again, other = (told(late(), contact("breached", minute))[0] for minute in (60, 60, 61))
    assert once.event_id == again.event_id != other.event_id
