"""The five ways in which a customer who has bought still gets the mail, after Klaviyo's own list."""

from typing import Any

import pytest

from schemas import topics
from streams.errors import FixConfiguration
from streams.rules.settings import RuleSet, override
from tests.builders import (
    World,
    abandonments,
    added,
    book,
    bought,
    checkout,
    consented,
    identified,
    ordered,
)

LIVE = book("outreach.mode=live", "outreach.quiet_hours.enabled=false")
A_DAY = 24 * 60


def mails(world: World) -> list[str]:
    """Actions on the topics of outreach."""
    return [out.value.action for out in world.published if out.topic.label.startswith("outreach.")]  # type: ignore[union-attr]


def after(*events: Any, lateness: float = 0) -> World:
    return World(LIVE, lateness).hear(consented(-10), *events).until(A_DAY)


def test_the_one_who_did_not_buy_gets_one() -> None:
    assert mails(after(identified(-1), added(0))) == ["request"]


def test_1_the_order_is_told_later_than_it_happened() -> None:
    late = ordered(59, received_at=ordered(63).received_at)
    assert mails(after(identified(-1), added(0), late, lateness=5)) == []


def test_1_the_order_is_told_later_than_any_lateness() -> None:
    world = (
        World(LIVE).hear(consented(-10), identified(-1), added(0)).until(90).hear(ordered(59)).until(A_DAY)
    )
    assert abandonments(world) == [("abandoned", "cart", 60), ("withdrawn", "cart", 59)]
    assert mails(world) == ["request", "cancel"]


def test_2_several_checkouts_and_one_order() -> None:
    checkouts = [checkout(5), checkout(10), checkout(15), bought(20)]
    assert mails(after(identified(-1), added(0), *checkouts)) == []
    other_device = [added(6, visitor="w", customer_id="ann"), checkout(7, visitor="w", customer_id="ann")]
    assert mails(after(identified(-1), added(0), *other_device, checkout(10), bought(20))) == []


def test_3_the_order_arrives_before_the_checkout() -> None:
    order_first = [bought(20, received_at=checkout(10).received_at), checkout(10)]
    assert mails(after(identified(-1), added(0), *order_first)) == []


def test_4_the_order_is_known_under_another_identity() -> None:
    assert mails(after(added(0), ordered(20), identified(21))) == []
    assert mails(after(identified(-1), added(0), ordered(20, customer="v"))) == []


def test_4_the_storefront_does_not_tell_the_order_at_all() -> None:
    assert mails(after(identified(-1), added(0), checkout(10), ordered(20))) == []


@pytest.mark.parametrize(
    "setting",
    ["rules.abandonment.cart.unless=ordered", "outreach.rules.abandonment.cart.unless_any=[]"],
)
def test_5_no_setting_can_turn_the_condition_into_one_of_several(setting: str) -> None:
    with pytest.raises(FixConfiguration):
        override(RuleSet.from_mapping({}), [setting])


def test_each_cancel_follows_its_request_on_the_same_topic_and_key() -> None:
    world = after(identified(-1), added(0), ordered(70))
    out = [one for one in world.published if one.topic is topics.OUTREACH["email"]]
    assert [one.value.action for one in out] == ["request", "cancel"]  # type: ignore[union-attr]
    assert out[0].key == out[1].key
