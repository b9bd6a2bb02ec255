"""Abandonment of carts, checkouts and payments, from facts. Minutes; thresholds 60, 30 and 10."""

from typing import Any

import pytest

from schemas import topics
from schemas.ids import derive
from schemas.outputs import AbandonmentSignal
from tests.builders import (
    DAY,
    World,
    abandonments,
    active,
    book,
    cart,
    erased,
    line,
    minute,
    no_cart,
    order,
    ordered,
)

LEFT = ("abandoned", "cart", 60)


def signals(*events: Any, until: float = 40 * DAY) -> list[tuple[str, str, float]]:
    return abandonments(World().hear(*events).until(until))


def records(*events: Any, until: float = 40 * DAY) -> list[AbandonmentSignal]:
    return World().hear(*events).until(until).said(topics.ABANDONMENT_SIGNALS)


@pytest.mark.parametrize(
    ("events", "until", "expected"),
    [
        pytest.param([cart(0)], 59, [], id="still patient"),
        pytest.param([cart(0)], 60, [LEFT], id="patience ends"),
        pytest.param([cart(0)], 40 * DAY, [LEFT], id="once, however long"),
        pytest.param([cart(0, stage="checkout")], 29.9, [], id="checkout: still patient"),
        pytest.param([cart(0, stage="checkout")], 30, [("abandoned", "checkout", 30)], id="checkout"),
        pytest.param([cart(0, stage="payment")], 10, [("abandoned", "payment", 10)], id="payment"),
    ],
)
def test_silence(events: list[Any], until: float, expected: list[Any]) -> None:
    assert signals(*events, until=until) == expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(59, [("abandoned", "cart", 119)], id="before it is due: due later"),
        pytest.param(60, [("abandoned", "cart", 120)], id="exactly when it is due: due later"),
        pytest.param(61, [LEFT], id="after the signal: nothing more"),
    ],
)
def test_activity_of_the_visitor_keeps_the_cart_alive(at: float, expected: list[Any]) -> None:
    assert signals(cart(0), active(at)) == expected


def test_activity_on_another_device_does_not() -> None:
    assert signals(cart(0), active(30, visitor="other")) == [LEFT]


@pytest.mark.parametrize("end", [order(59), ordered(59), ordered(60), no_cart(59), erased(59)])
def test_no_signal_after_the_end(end: Any) -> None:
    assert signals(cart(0), end) == []


@pytest.mark.parametrize("end", [order(61), ordered(61), ordered(61, cart_id="c1"), order(61, cart_id="c1")])
def test_an_order_after_the_signal_recovers_it(end: Any) -> None:
    said = records(cart(0), end)
    assert [signal.kind for signal in said] == ["abandoned", "recovered"]
    assert said[1].abandoned_id == said[0].event_id
    assert said[1].order_id == "o1"
    assert said[1].occurred_at == minute(61)


def test_recovery_names_the_outreach_only_if_its_link_led_here() -> None:
    by_link = records(cart(0), cart(70, changed=0, outreach_id="mail"), ordered(71))[-1]
    assert (by_link.kind, by_link.outreach_id) == ("recovered", "mail")
    assert records(cart(0), ordered(71))[-1].outreach_id is None


def test_an_order_known_twice_counts_once() -> None:
    assert signals(cart(0), order(61), ordered(61), ordered(62, cart_id="c1")) == [
        LEFT,
        ("recovered", "cart", 61),
    ]


def test_a_second_telling_of_an_order_does_not_end_the_next_cart() -> None:
    again = cart(70, cart_id="c2")
    assert signals(cart(0), order(50), again, ordered(80)) == [("abandoned", "cart", 130)]


def test_a_higher_stage_is_another_signal_and_moves_what_is_due() -> None:
    assert signals(cart(0), cart(50, stage="checkout", changed=0)) == [("abandoned", "checkout", 80)]
    assert signals(cart(0), cart(70, stage="payment", changed=0)) == [LEFT, ("abandoned", "payment", 80)]


def test_a_real_change_after_the_signal_begins_a_new_episode() -> None:
    said = records(cart(0), cart(100, line("p2")))
    assert [signal.occurred_at for signal in said] == [minute(60), minute(160)]
    assert len({signal.event_id for signal in said}) == 2
    assert said[1].changed_by != said[0].changed_by


def test_coming_back_without_a_change_does_not() -> None:
    assert signals(cart(0), active(100), cart(101, changed=0)) == [LEFT]


def test_an_emptied_cart_that_is_filled_again_is_a_new_episode() -> None:
    refilled = cart(80, cart_id="c1", opened_by="second opening")
    assert signals(cart(0), no_cart(70), refilled) == [LEFT, ("abandoned", "cart", 140)]


def test_a_cart_filled_again_after_the_order_is_a_new_episode_also_under_the_same_id() -> None:
    again = cart(80, cart_id="c1", opened_by="second opening")
    assert signals(cart(0), order(50, cart_id="c1"), again) == [("abandoned", "cart", 140)]


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        pytest.param(71 * 60, [("abandoned", "cart", 72 * 60)], id="72 h after the last change"),
        pytest.param(71 * 60 + 1, [], id="later: too old"),
    ],
)
def test_no_signal_for_old_carts(last: int, expected: list[Any]) -> None:
    browsing = [active(at) for at in range(30, last, 30)]
    assert signals(cart(0), *browsing, active(last)) == expected


def test_everything_is_forgotten_after_30_days() -> None:
    world = World().hear(cart(0), active(5), order(10, "o0"), cart(20, cart_id="c2"), no_cart(30, "c2"))
    world.until(30 * DAY + 29)
    assert world.profile() is not None
    assert world.until(30 * DAY + 31).profile() is None


def test_the_signal_carries_what_is_at_stake() -> None:
    signal = records(cart(0, line("a", 2), line("b")))[0]
    assert [one.product_id for one in signal.lines] == ["a", "b"]
    assert (signal.cart_id, signal.visitor_id, signal.profile_id) == ("c1", "v", "ann")
    assert (signal.changed_at, signal.last_activity_at) == (minute(0), minute(0))
    assert signal.rules_version == book().active(0).version


def test_the_id_is_derived_from_the_rules_the_change_and_the_stage() -> None:
    version = book().active(0).version
    assert records(cart(0))[0].event_id == derive("abandonment", version, "c1 at 0", "abandoned", "cart")


def test_two_carts_are_two_episodes_and_one_order_ends_both() -> None:
    carts = [cart(0), cart(5, cart_id="c2", visitor="w")]
    assert signals(*carts) == [LEFT, ("abandoned", "cart", 65)]
    assert signals(*carts, order(50, cart_id="c2", visitor="w")) == []


def test_a_cart_changed_after_an_order_that_does_not_name_it_goes_on() -> None:
    assert signals(cart(10), ordered(5)) == [("abandoned", "cart", 70)]


class TestLate:
    """What happened before the clock. The world stands at minute 100 when it is told."""

    def told(self, *events: Any, then: float = 40 * DAY) -> list[AbandonmentSignal]:
        return World().hear(cart(0)).until(100).hear(*events).until(then).said(topics.ABANDONMENT_SIGNALS)

    def kinds(self, *events: Any) -> list[tuple[str, float]]:
        return [(one.kind, (one.occurred_at - minute(0)) / 60_000) for one in self.told(*events)]

    @pytest.mark.parametrize("at", [30, 60])
    def test_activity_that_proves_the_signal_false_withdraws_it_and_moves_the_deadline(
        self, at: float
    ) -> None:
        assert self.kinds(active(at)) == [("abandoned", 60), ("withdrawn", at), ("abandoned", at + 60)]

    def test_what_is_said_again_is_another_signal(self) -> None:
        ids = [one.event_id for one in self.told(active(30))]
        assert len(set(ids)) == 3

    def test_activity_after_the_signal_proves_nothing(self) -> None:
        assert self.kinds(active(61)) == [("abandoned", 60)]

    @pytest.mark.parametrize("at", [30, 60])
    def test_an_order_before_the_signal_withdraws_it(self, at: float) -> None:
        assert self.kinds(ordered(at)) == [("abandoned", 60), ("withdrawn", at)]

    def test_an_order_after_the_signal_recovers_it(self) -> None:
        assert self.kinds(ordered(61)) == [("abandoned", 60), ("recovered", 61)]

    def test_an_earlier_order_that_comes_to_light_after_the_cart_was_bought_withdraws_it(self) -> None:
        world = World().hear(cart(0), ordered(80, "o2")).until(100).hear(ordered(50))
        told = abandonments(world.until(40 * DAY))
        assert told == [LEFT, ("recovered", "cart", 80), ("withdrawn", "cart", 50)]

    def test_a_change_before_the_signal_withdraws_it(self) -> None:
        assert self.kinds(cart(40, line("p2"))) == [("abandoned", 60), ("withdrawn", 40), ("abandoned", 100)]

    @pytest.mark.parametrize(("at", "kind"), [(50, "withdrawn"), (80, "recovered")])
    def test_an_order_told_after_the_cart_was_changed_again_settles_what_was_said_before(
        self, at: float, kind: str
    ) -> None:
        world = World().hear(cart(0), cart(100, line("p2"))).until(110).hear(ordered(at)).until(40 * DAY)
        assert abandonments(world) == [LEFT, (kind, "cart", at), ("abandoned", "cart", 160)]

    def test_an_emptied_cart_before_the_signal_withdraws_it(self) -> None:
        assert self.kinds(no_cart(40)) == [("abandoned", 60), ("withdrawn", 40)]

    def test_a_cart_that_is_told_late_is_signalled_late(self) -> None:
        assert self.kinds(cart(10, cart_id="c2")) == [("abandoned", 60), ("abandoned", 70)]

    def test_an_older_snapshot_brings_nothing_back(self) -> None:
        world = World().hear(cart(0), no_cart(50)).until(100).hear(cart(20))
        assert abandonments(world.until(40 * DAY)) == []
