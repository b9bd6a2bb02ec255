"""Outreach where everything comes together: devices, customers, questions, feedback."""

from typing import Any

from schemas import topics
from schemas.events import Feedback
from schemas.ids import derive
from schemas.outputs import Decision, Outreach
from schemas.topics import Output
from schemas.words import FeedbackType
from streams.care import Care
from streams.kernel.task import Task
from streams.profile import Profile
from tests.builders import (
    World,
    added,
    asked,
    book,
    bought,
    cart,
    checkout,
    consented,
    emptied,
    erased,
    identified,
    minute,
    ordered,
    replied,
)

LIVE = book("outreach.mode=live", "outreach.quiet_hours.enabled=false")
NIGHT_BEGINS = "outreach.quiet_hours.start=21:00"
"""START is at 20:26 UTC, so minute 34 is the first of the night, which ends at minute 694."""
MORNING = 694
AT_NIGHT = book("outreach.mode=live", NIGHT_BEGINS)
A_DAY = 24 * 60


def approached(world: World) -> list[tuple[str, str, str]]:
    """Key, action and reason of everything on outreach topics."""
    sent = [out for out in world.published if out.topic in topics.OUTREACH.values()]
    return [(out.key, out.value.action, out.value.reason or "") for out in sent]  # type: ignore[union-attr]


def decided(world: World) -> list[tuple[str, str]]:
    """Outcome and guard of every decision."""
    return [(row.outcome, row.guard) for row in world.said(topics.DECISIONS)]


def told(kind: FeedbackType, at: float, world: World, *, profile: str = "ann") -> Feedback:
    """Delivery says what became of the first request."""
    request: Any = next(out.value for out in world.published if isinstance(out.value, Outreach))
    return Feedback(
        event_id=derive(kind, minute(at)),
        occurred_at=minute(at),
        received_at=minute(at),
        profile_id=profile,
        outreach_id=request.outreach_id,
        channel=request.channel,
        type=kind,
    )


def test_a_visitor_who_was_approached_and_then_orders_as_a_customer_is_not_mailed_any_more() -> None:
    world = World(LIVE).hear(consented(-10, customer="v"), added(0), identified(65), ordered(70)).until(A_DAY)
    assert approached(world) == [("main/v", "request", ""), ("main/v", "cancel", "order")]
    assert decided(world) == [("requested", "emit"), ("cancelled", "condition")]


def test_what_was_sent_under_the_visitors_name_is_regretted_under_the_customers() -> None:
    world = World(LIVE).hear(consented(-10, customer="v"), added(0), identified(65), ordered(70)).until(75)
    world.hear(told("sent", 80, world, profile="v")).until(A_DAY)
    assert decided(world)[2:] == [("regretted", "condition")]


def test_what_waits_for_the_morning_goes_with_the_visitor_to_the_customer() -> None:
    world = World(AT_NIGHT).hear(consented(-10, customer="v"), added(0), identified(65)).until(A_DAY)
    assert decided(world) == [("held", "quiet_hours"), ("requested", "emit")]
    assert approached(world) == [("main/ann", "request", "")]


def test_a_cart_that_was_emptied_after_the_link_is_not_mentioned_in_the_morning() -> None:
    world = World(AT_NIGHT).hear(consented(-10, customer="v"), added(0), identified(65), emptied(66))
    assert approached(world.until(A_DAY)) == []
    assert decided(world) == [("held", "quiet_hours"), ("withdrawn", "condition")]


def test_two_devices_of_one_customer_make_one_approach() -> None:
    consents = [consented(-10, customer="v"), consented(-9, customer="w")]
    carts = [added(0), added(5, visitor="w")]
    links = [identified(100), identified(101, visitor="w")]
    world = World(LIVE).hear(*consents, *carts, *links).until(A_DAY)
    assert approached(world) == [
        ("main/v", "request", ""),
        ("main/w", "request", ""),
        ("main/w", "cancel", "merged"),
    ]


def test_a_question_holds_promotion_until_it_is_answered() -> None:
    world = World(LIVE).hear(consented(-10), identified(-1), added(0), asked(30), replied(200)).until(A_DAY)
    assert decided(world) == [("held", "support_hold"), ("requested", "emit")]
    requests: list[Outreach] = world.said(topics.OUTREACH["email"])
    assert [request.occurred_at for request in requests] == [minute(200)]


def test_a_question_that_is_never_answered_holds_until_the_approach_expires() -> None:
    world = World(LIVE).hear(consented(-10), identified(-1), added(0), asked(30)).until(2 * A_DAY)
    assert decided(world) == [("held", "support_hold"), ("expired", "valid_until")]


def test_an_order_after_the_mail_calls_nothing_back() -> None:
    world = World(LIVE).hear(consented(-10), identified(-1), added(0)).until(61)
    world.hear(told("sent", 61, world), bought(90)).until(A_DAY)
    assert decided(world) == [("requested", "emit")]


def test_a_higher_stage_in_the_night_is_the_one_approached_about() -> None:
    world = World(AT_NIGHT).hear(consented(-10), identified(-1), added(0), checkout(100)).until(A_DAY)
    requests: list[Outreach] = world.said(topics.OUTREACH["email"])
    assert [(request.stage, request.occurred_at) for request in requests] == [("checkout", morning())]


def test_erasure_calls_back_what_was_requested() -> None:
    world = World(LIVE).hear(consented(-10), identified(-1), added(0), erased(65)).until(A_DAY)
    assert approached(world) == [("main/ann", "request", ""), ("main/ann", "cancel", "erased")]


def backlog(*events: Any) -> Task[Profile]:
    """Care, which reads all events at once, long after they happened."""
    care = Task(Care(LIVE))
    for event in (consented(-10), cart(0), *events):
        care.receive(event)
    return care


def test_an_order_that_stands_in_the_backlog_withdraws_what_it_overtook() -> None:
    care = backlog(ordered(90))
    out = care.advance(minute(600), minute(600))
    assert rows(out) == [("held", "backlog"), ("withdrawn", "condition")]
    assert not any(output.topic in topics.OUTREACH.values() for output in out)


def test_without_an_order_it_leaves_once_the_backlog_is_worked_off() -> None:
    care = backlog()
    assert rows(care.advance(minute(300), minute(600))) == [("held", "backlog")]
    caught_up = rows(care.advance(minute(600), minute(600) + 10_000))
    assert caught_up == [("held", "backlog"), ("requested", "emit")], "people's time had gone on meanwhile"


def rows(out: list[Output]) -> list[tuple[str, str]]:
    """Outcome and guard of every decision among the outputs."""
    found = (output.value for output in out)
    return [(row.outcome, row.guard) for row in found if isinstance(row, Decision)]


def morning() -> int:
    """The moment at which the night ends."""
    return minute(MORNING) - minute(MORNING) % 60_000
