"""The simulated world repeats itself, arrives in order, and shows every kind of trouble."""

from collections import Counter
from itertools import islice, pairwise, takewhile
from typing import get_args

import pytest

from schemas.events import CartEvent, Click, OrderEvent, SupportEvent
from schemas.validation import fault
from schemas.words import ContactChannel, ContactStatus, MessageKind, Priority, SupportType
from streams.errors import FixConfiguration
from streams.simulator.settings import HOUR, Traffic, traffic
from streams.simulator.world import World

START = 1_700_000_000_000


def hours(count, seed=1, **changes):
    """All that arrives within so many hours."""
    world = World(Traffic(**changes), seed, START)
    return list(takewhile(lambda each: each.at < START + count * HOUR, world))


@pytest.fixture(scope="module")
def arrivals():
    return hours(30)


@pytest.fixture(scope="module")
def events(arrivals):
    return [each.value for each in arrivals if not isinstance(each.value, bytes)]


def test_the_same_seed_gives_the_same_arrivals():
    assert list(islice(World(Traffic(), 7, START), 3000)) == list(islice(World(Traffic(), 7, START), 3000))


def test_another_seed_gives_others():
    assert list(islice(World(Traffic(), 7, START), 100)) != list(islice(World(Traffic(), 8, START), 100))


def test_arrives_in_order_of_arrival(arrivals):
    times = [each.at for each in arrivals]
    assert times == sorted(times)


def test_nothing_is_received_before_it_happened(events):
    assert all(event.received_at >= event.occurred_at for event in events)


def test_only_repeated_events_come_later_than_the_longest_delay(events):
    seen = set()
    for event in events:
        if event.event_id not in seen and len(event.event_id) > 20:
            assert event.received_at - event.occurred_at <= Traffic().longest_delay or repeated(events, event)
        seen.add(event.event_id)


def repeated(events, event):
    return sum(each.event_id == event.event_id for each in events) > 1


def test_events_of_one_device_arrive_out_of_order(events):
    carts = [event for event in events if isinstance(event, CartEvent)]
    last, overtaken = {}, 0
    for cart in carts:
        overtaken += cart.occurred_at < last.get(cart.visitor_id, 0)
        last[cart.visitor_id] = cart.occurred_at
    assert overtaken > 10


def test_some_events_arrive_twice_with_the_same_words(events):
    first, twice = {}, 0
    for event in events:
        if fault(event):
            continue
        known = first.setdefault(event.event_id, event)
        if known is not event:
            twice += 1
            assert known.occurred_at == event.occurred_at
    assert twice > 20


def test_some_records_can_not_be_read(arrivals):
    assert any(isinstance(each.value, bytes) for each in arrivals)


def test_some_records_have_no_id(events):
    assert any(fault(event) for event in events)


def test_nothing_is_malformed_if_so_wished():
    assert not any(isinstance(each.value, bytes) or fault(each.value) for each in hours(10, malformed=0.0))


def test_every_kind_of_story_is_told(events):
    kinds = Counter(event.type for event in events)
    told = {
        "identified",
        "product_removed",
        "cart_emptied",
        "payment_failed",
        "order_completed",
        "no_reply_needed",
    }
    assert told <= set(kinds)


SUPPORT: dict[str, tuple[str, ...]] = {
    "type": get_args(SupportType),
    "kind": get_args(MessageKind),
    "status": get_args(ContactStatus),
    "priority": get_args(Priority),
    "channel": get_args(ContactChannel),
}


@pytest.mark.parametrize(("field", "words"), SUPPORT.items(), ids=SUPPORT)
def test_the_help_desk_tells_of_everything_there_is_a_word_for(events, field, words):
    told = {getattr(event, field) for event in events if isinstance(event, SupportEvent)}
    assert set(words) - {"unknown"} <= told


def contacts_of(events):
    """What is told of each contact, in the order in which it happened."""
    found = {}
    for event in {event.event_id: event for event in events if isinstance(event, SupportEvent)}.values():
        found.setdefault(event.contact_id, []).append(event)
    return {name: sorted(told, key=lambda event: event.occurred_at) for name, told in found.items()}


def test_some_write_while_the_help_desk_waits_for_them(events):
    written = 0
    for told in contacts_of(events).values():
        status = "unknown"
        for event in told:
            written += status in ("pending", "on_hold") and event.kind == "customer_message"
            status = event.status if event.status != "unknown" else status
    assert written > 10


def test_some_contacts_are_handed_on(events):
    teams = [{event.team for event in told if event.team} for told in contacts_of(events).values()]
    assert sum(len(each) > 1 for each in teams) > 10


def test_some_contacts_are_opened_again(events):
    opened = 0
    for told in contacts_of(events).values():
        statuses = [event.status for event in told if event.status != "unknown"]
        opened += any(pair == ("solved", "open") for pair in pairwise(statuses))
    assert opened > 1


def test_some_customers_ask_on_two_channels_at_a_time(events):
    asked = {}
    for told in contacts_of(events).values():
        asked.setdefault(told[0].profile_id, []).append((told[0].occurred_at, told[0].channel))
    assert any(
        later - at < HOUR / 2 and channel != other
        for each in asked.values()
        for (at, channel), (later, other) in pairwise(sorted(each))
    )


def test_promised_windows_are_kept_and_missed(events):
    kept = Counter()
    for told in contacts_of(events).values():
        window = next((event for event in told if event.window_until), None)
        calls = [event for event in told if event.type in ("callback_attempted", "callback_reached")]
        if window is not None:
            kept[any(call.occurred_at <= window.window_until for call in calls)] += 1
    assert min(kept[True], kept[False]) > 2


def test_nobody_is_forgotten_in_the_middle_of_a_conversation(events):
    erased = {event.profile_id: event.occurred_at for event in events if event.type == "profile_erased"}
    assert len(erased) > 5
    talks = [event for event in events if isinstance(event, SupportEvent) and event.profile_id in erased]
    assert all(
        event.occurred_at < erased[event.profile_id] or event.kind != "customer_message" for event in talks
    )


def test_some_customers_use_two_devices(events):
    devices = {}
    for event in events:
        if isinstance(event, Click) and event.customer_id:
            devices.setdefault(event.customer_id, set()).add(event.visitor_id)
    assert any(len(each) > 1 for each in devices.values())


def test_some_devices_are_shared_by_two_customers(events):
    customers = {}
    for event in events:
        if isinstance(event, Click) and event.customer_id:
            customers.setdefault(event.visitor_id, set()).add(event.customer_id)
    assert any(len(each) > 1 for each in customers.values())


def test_some_orders_are_known_to_the_back_office_only(events):
    storefront = {event.order_id for event in events if isinstance(event, CartEvent)}
    assert any(event.order_id not in storefront for event in events if isinstance(event, OrderEvent))


def test_some_questions_of_guests_are_answered_to_customers():
    profiles = {}
    for each in hours(300, visits_per_hour=60.0, contacts_per_hour=30.0):
        if isinstance(each.value, SupportEvent):
            profiles.setdefault(each.value.contact_id, set()).add(each.value.profile_id)
    assert any(len(each) > 1 for each in profiles.values())


def test_makes_about_as_many_events_as_asked_for():
    stream = World(traffic(250, 600), 3, START)
    events = sum(1 for _ in takewhile(lambda each: each.at < START + 50 * HOUR, stream))
    assert 200 < events / (50 * 3600 / 600) < 300


@pytest.mark.parametrize("rate", [0, -1, 2001])
def test_refuses_rates_that_no_embedded_broker_should_bear(rate):
    with pytest.raises(FixConfiguration, match="--rate"):
        traffic(rate, 600)
