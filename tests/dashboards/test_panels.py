"""What each panel answers of the sample day, against figures that are counted from its records."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from typing import Any, get_args

import pytest

from dashboards.panel import Panel, panels
from schemas.events import CartEvent, Click, Feedback, OrderEvent, ProfileUpdate, SupportEvent
from schemas.facts import Fact
from schemas.outputs import AbandonmentSignal, ContactSignal, ContactState, Decision, Outreach
from schemas.validation import fault
from schemas.words import AbandonmentCause
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.store import Row
from streams.simulator.settings import HOUR, MINUTE
from tests.dashboards.asking import moment, rows
from tests.dashboards.sample import END, START, day, told

STAGES = ("cart", "checkout", "payment")


def asked(store: EmbeddedStore, name: str, start: int = START, end: int = END) -> list[Row]:
    return rows(store, name, start, end)


def hours(rows: list[Row], *columns: str) -> dict[int, Any]:
    """By hour of the day, what isn't nothing."""
    found = {int(row["time"][11:13]): [row[name] for name in columns] for row in rows}
    return {hour: values for hour, values in found.items() if any(values)}


def hour(at: int) -> int:
    return (at - START) // HOUR


def percent(part: Iterable[object], whole: Iterable[object]) -> float:
    """With one decimal."""
    return pytest.approx(100 * len(list(part)) / len(list(whole)), abs=0.051)


def abandoned() -> list[AbandonmentSignal]:
    signals = told(AbandonmentSignal)
    false = {signal.abandoned_id for signal in signals if signal.kind == "withdrawn"}
    return [one for one in signals if one.kind == "abandoned" and one.event_id not in false]


def recoveries() -> dict[str | None, AbandonmentSignal]:
    """By the signal that they answer."""
    return {one.abandoned_id: one for one in told(AbandonmentSignal) if one.kind == "recovered"}


def requested() -> list[Outreach]:
    return [one for one in told(Outreach) if one.action == "request"]


def first_request(signal: AbandonmentSignal) -> int | None:
    return min((one.occurred_at for one in requested() if one.signal_id == signal.event_id), default=None)


def came_back_three_ways(signals: list[AbandonmentSignal]) -> list[int]:
    came = [(one, back) for one in signals if (back := recoveries().get(one.event_id))]
    after = [one for one, back in came if (at := first_request(one)) is not None and at <= back.occurred_at]
    return [len(came), len(after), len([one for one, back in came if back.outreach_id])]


def by(values: Iterable[Any], of: Callable[[Any], Any]) -> dict[Any, list[Any]]:
    found = defaultdict(list)
    for value in values:
        found[of(value)].append(value)
    return dict(found)


# Carts.


def carts() -> dict[str, list[Fact]]:
    """Of each cart its facts in order, those without contents left out."""
    filled = [one for one in told(Fact) if one.type == "cart_changed" and one.lines]
    return by(sorted(filled, key=lambda one: (one.occurred_at, one.sequence)), lambda one: one.cart_id)


def left() -> set[str]:
    return {one.cart_id for one in abandoned()}


def shares(groups: dict[Any, list[str]]) -> dict[Any, float]:
    return {group: percent(left() & set(ids), ids) for group, ids in groups.items()}


def test_abandonment_rate(landed: EmbeddedStore) -> None:
    opened = by(carts(), lambda cart: hour(carts()[cart][0].occurred_at))
    assert hours(asked(landed, "abandonment_rate"), "abandoned") == {
        at: [share] for at, share in shares(opened).items()
    }


def test_abandonment_by_device(landed: EmbeddedStore) -> None:
    found = {row["device"]: row["abandoned"] for row in asked(landed, "abandonment_by_device")}
    assert found == shares(by(carts(), lambda cart: carts()[cart][0].device))


def test_abandonment_by_hour_of_the_day(landed: EmbeddedStore) -> None:
    found = {int(row["hour"][:2]): row["abandoned"] for row in asked(landed, "abandonment_by_hour")}
    assert found == shares(by(carts(), lambda cart: hour(carts()[cart][0].occurred_at)))


def test_abandonment_by_stage(landed: EmbeddedStore) -> None:
    """Of what got as far; a cart may be abandoned at several stages."""
    found = {row["stage"]: row["abandoned"] for row in asked(landed, "abandonment_by_stage")}
    expected = {}
    for place, stage in enumerate(STAGES):
        as_far = set(STAGES[place:])
        reached = {cart for cart, facts in carts().items() if as_far & {one.stage for one in facts}}
        there = {one.cart_id for one in abandoned() if one.stage == stage}
        expected[stage] = percent(reached & there, reached)
    assert found == expected


def test_abandonment_by_cause(landed: EmbeddedStore) -> None:
    found = {row["cause"]: row["abandoned"] for row in asked(landed, "abandonment_by_cause")}
    causes = by(abandoned(), lambda one: one.cause)
    assert found == {cause: percent(ones, abandoned()) for cause, ones in causes.items()}
    assert set(found) == set(get_args(AbandonmentCause)) - {"unknown"}


def test_abandonments(landed: EmbeddedStore) -> None:
    counted = Counter((hour(one.occurred_at), one.stage) for one in abandoned())
    expected = {at: [counted[at, stage] for stage in STAGES] for at, _ in counted}
    assert hours(asked(landed, "abandonments"), *STAGES) == expected


@pytest.mark.parametrize(
    ("name", "of"),
    [
        pytest.param("value_by_stage", lambda one: one.stage, id="stage"),
        pytest.param("value_by_device", lambda one: one.device, id="device"),
        pytest.param("value_by_cause", lambda one: one.cause, id="cause"),
    ],
)
def test_value_at_stake(name: str, of: Callable[[AbandonmentSignal], str], landed: EmbeddedStore) -> None:
    found = {tuple(row.values())[:2]: tuple(row.values())[2:] for row in asked(landed, name)}
    groups = by(abandoned(), lambda one: (of(one), one.currency))
    assert found == {group: (len(ones), *worth(ones), 0) for group, ones in groups.items()}


def test_value_at_stake_by_hour(landed: EmbeddedStore) -> None:
    found = hours(asked(landed, "value_by_hour"), "currency", "carts", "at_stake", "recovered")
    groups = by(abandoned(), lambda one: hour(one.occurred_at))
    assert found == {at: ["EUR", len(ones), *worth(ones)] for at, ones in groups.items()}


def worth(signals: list[AbandonmentSignal]) -> tuple[Any, Any]:
    """At stake, and of that recovered."""
    back = [one for one in signals if one.event_id in recoveries()]
    return tuple(pytest.approx(float(sum(one.value or 0 for one in ones))) for ones in (signals, back))


def test_recovered(landed: EmbeddedStore) -> None:
    found = hours(asked(landed, "recovered"), "abandoned", "recovered", "after_outreach", "by_link")
    groups = by(abandoned(), lambda one: hour(one.occurred_at))
    assert found == {at: [len(ones), *came_back_three_ways(ones)] for at, ones in groups.items()}
    assert all(sum(column) > 0 for column in zip(*found.values(), strict=True))


def test_recovery_rate(landed: EmbeddedStore) -> None:
    found = {row.pop("stage"): list(row.values()) for row in asked(landed, "recovery_rate")}
    for stage, ones in by(abandoned(), lambda one: one.stage).items():
        assert found[stage] == [percent(range(part), ones) for part in came_back_three_ways(ones)]


def test_searches_that_found_nothing(landed: EmbeddedStore) -> None:
    clicks = [one for one in told(Click) if one.type == "products_searched" and not one.is_bot]
    searches = [one for one in clicks if one.results == 0]
    vain = [one for one in searches if not added_soon(one)]
    assert vain
    assert {row.pop("query"): list(row.values()) for row in asked(landed, "fruitless_searches")} == {
        query: [len(ones), len(visitors(ones)), len(visitors(one for one in ones if one in vain))]
        for query, ones in by(searches, lambda one: one.query).items()
    }


def added_soon(search: Click) -> bool:
    return any(
        one.visitor_id == search.visitor_id and 0 <= one.occurred_at - search.occurred_at < 30 * MINUTE
        for one in told(CartEvent)
        if one.type == "product_added" and not one.is_bot
    )


def visitors(clicks: Iterable[Click]) -> set[str]:
    return {one.visitor_id for one in clicks}


# Waiting customers.


def waiting(end: int) -> list[ContactState]:
    """By the last word on each contact; without those of customers who are forgotten by now."""
    gone = {one.profile_id for one in told(ProfileUpdate) if one.type == "profile_erased"}
    states = [one for one in told(ContactState) if one.updated_at <= end and one.profile_id not in gone]
    last = {one.contact_id: one for one in states}
    return [one for one in last.values() if one.waiting or one.callback_requested_at is not None]


def since(one: ContactState) -> int:
    asked_at = one.waiting_since if one.waiting else None
    return min(at for at in (asked_at, one.callback_requested_at) if at is not None)


def due(one: ContactState) -> int | None:
    running = [clock.due_at for clock in one.clocks if clock.state == "running" and clock.due_at is not None]
    return min(running, default=None)


@pytest.mark.parametrize("end", [START + 9 * HOUR, END], ids=["in the morning", "at the end"])
def test_waiting_now(end: int, landed: EmbeddedStore) -> None:
    found = {
        tuple(row.values())[:2]: tuple(row.values())[2:] for row in asked(landed, "waiting_now", end=end)
    }
    groups = by(waiting(end), lambda one: (one.channel, one.team or "nobody"))
    assert found == {
        group: (
            len(ones),
            sum(1 for one in ones if (at := due(one)) is not None and at < end),
            pytest.approx((end - min(map(since, ones))) / MINUTE, abs=0.6),
        )
        for group, ones in groups.items()
    }


def test_longest_waiting(landed: EmbeddedStore) -> None:
    found = asked(landed, "longest_waiting")
    expected = sorted(waiting(END), key=lambda one: (since(one), one.contact_id))[:25]
    assert [row["contact_id"] for row in found] == [one.contact_id for one in expected]
    for row, one in zip(found, expected, strict=True):
        assert row["waited_minutes"] == pytest.approx((END - since(one)) / MINUTE, abs=0.6)
        at = due(one)
        assert row["due_in_minutes"] == (None if at is None else pytest.approx((at - END) / MINUTE, abs=0.6))


def first_replies() -> list[ContactSignal]:
    return [
        one for one in standing() if one.clock == "first_reply" and one.kind in ("answered", "answered_late")
    ]


def standing() -> list[ContactSignal]:
    """Signals of contacts, neither withdrawn nor withdrawals."""
    signals = told(ContactSignal)
    false = {one.withdraws or one.breached_id for one in signals if one.kind == "withdrawn"}
    return [one for one in signals if one.kind != "withdrawn" and one.event_id not in false]


def percentiles(signals: list[ContactSignal]) -> list[Any]:
    """The smallest that so many took no longer than, in minutes."""
    took = sorted(one.elapsed_ms for one in signals)
    ranks = [min(int(share * len(took)), len(took) - 1) for share in (0.5, 0.9, 0.95)]
    return [pytest.approx(took[rank] / MINUTE, abs=0.051) for rank in ranks]


def test_first_reply(landed: EmbeddedStore) -> None:
    found = hours(asked(landed, "first_reply"), "p50", "p90", "p95")
    groups = by(first_replies(), lambda one: hour(one.started_at))
    assert found == {at: percentiles(ones) for at, ones in groups.items()}


def test_first_reply_by_channel(landed: EmbeddedStore) -> None:
    found = {row.pop("channel"): list(row.values()) for row in asked(landed, "first_reply_by_channel")}
    groups = by(first_replies(), lambda one: one.channel)
    assert found == {channel: percentiles(ones) for channel, ones in groups.items()}


def test_acknowledged(landed: EmbeddedStore) -> None:
    found = {row.pop("channel"): list(row.values()) for row in asked(landed, "acknowledged")}
    last = {one.contact_id: one for one in told(ContactState)}
    for channel, ones in by(last.values(), lambda one: one.channel).items():
        assert found[channel] == [
            percent([one for one in ones if one.acknowledged_at], ones),
            percent([one for one in ones if one.answered_at], ones),
            percent([one for one in ones if one.solved_at or one.status in ("solved", "closed")], ones),
        ]


def broken() -> dict[Any, ContactSignal]:
    """The first word that a run of a clock was missed, by run."""
    missed = [one for one in standing() if one.kind in ("breach", "breached")]
    return {run(one): one for one in sorted(missed, key=lambda one: -one.occurred_at)}


def run(one: ContactSignal) -> tuple[Any, ...]:
    return one.contact_id, one.clock, one.instance, one.started_at


def test_breaches(landed: EmbeddedStore) -> None:
    found = hours(asked(landed, "breaches"), "broken", "first_reply")
    groups = by(broken().values(), lambda one: hour(one.occurred_at))
    assert found == {
        at: [len(ones), len([one for one in ones if one.clock == "first_reply"])]
        for at, ones in groups.items()
    }


def test_promises_by_channel_and_team(landed: EmbeddedStore) -> None:
    found = asked(landed, "breaches_by_team")
    missed = Counter((one.channel, one.team or "nobody", one.clock) for one in broken().values())
    assert {tuple(row.values())[:3]: row["broken"] for row in found if row["broken"]} == dict(missed)
    ends = ("answered", "closed", "callback_reached", "callback_expired", "fulfill")
    ended = {run(one) for one in standing() if one.kind in ends and (one.due_at or one.target_ms)}
    kept = ended - set(broken())
    assert sum(row["kept"] for row in found) == len(kept)
    assert all(
        row["kept_percent"] == percent(range(row["kept"]), range(row["kept"] + row["broken"]))
        for row in found
    )


# Outreach.


def test_outreach_step_by_step(landed: EmbeddedStore) -> None:
    ids = {one.event_id for one in abandoned()}
    approached = {one.outreach_id: one.signal_id for one in requested() if one.signal_id in ids}
    steps: dict[str, set[str]] = defaultdict(set)
    for said in told(Feedback):
        if said.outreach_id in approached:
            steps[said.type].add(approached[said.outreach_id])
    assert {row["step"]: row["carts"] for row in asked(landed, "outreach_funnel")} == {
        "abandoned": len(ids),
        "candidate": len({one.signal_id for one in told(Decision)} & ids),
        "shadowed": 0,
        "requested": len(set(approached.values())),
        **{step: len(steps[step]) for step in ("sent", "delivered", "opened", "clicked")},
        "recovered after it": came_back_three_ways(abandoned())[1],
        "recovered by its link": came_back_three_ways(abandoned())[2],
    }


def test_refusals_by_guard(landed: EmbeddedStore) -> None:
    found = {row.pop("guard"): list(row.values()) for row in asked(landed, "refusals")}
    outcomes = ("refused", "withdrawn", "held")
    said = {(one.guard, one.outcome, one.outreach_id) for one in told(Decision)}
    counted = Counter((guard, outcome) for guard, outcome, _ in said)
    expected = {guard: [counted[guard, outcome] for outcome in outcomes] for guard, _ in counted}
    assert found == {guard: counts for guard, counts in expected.items() if any(counts)}


def test_outreach_by_channel(landed: EmbeddedStore) -> None:
    found = {row["channel"]: row for row in asked(landed, "outreach_by_channel")}
    steps = ("sent", "delivered", "opened", "clicked", "replied")
    told_of = {(one.outreach_id, one.type) for one in told(Feedback)}
    for channel, ones in by(requested(), lambda one: one.channel).items():
        row = found.pop(channel)
        assert row["requested"] == len(ones)
        for step in steps:
            assert row[step] == len([one for one in ones if (one.outreach_id, step) in told_of])
    assert not found


# Ourselves.


def test_arrivals(landed: EmbeddedStore) -> None:
    found = hours(asked(landed, "arrivals"), "clicks", "carts", "orders", "contacts")
    models = (Click, CartEvent, OrderEvent, SupportEvent)
    counted = Counter((hour(one.occurred_at), model) for model in models for one in told(model))
    assert found == {at: [counted[at, model] for model in models] for at in range(24)}


def test_dead_letters(landed: EmbeddedStore) -> None:
    bad = [each for each in day() if isinstance(each.value, bytes) or fault(each.value)]
    found = {row["reason"]: row["letters"] for row in asked(landed, "dead_letters")}
    garbage = len([each for each in bad if isinstance(each.value, bytes)])
    assert found == {"not_framed": garbage, "empty_id": len(bad) - garbage}
    rows = asked(landed, "dead_letters_by_topic")
    assert sum(row["letters"] for row in rows) == len(bad)
    assert {(row["topic"], row["last"]) for row in rows} >= {(bad[-1].topic.name, moment(bad[-1].at))}


def test_freshness(landed: EmbeddedStore) -> None:
    found = {row["topic"]: row["silent"] for row in asked(landed, "freshness")}
    assert set(found) == {each.topic.name for each in day()} | {"cx.dead-letters"}
    assert all(0 <= silent < 3600 for silent in found.values())


# All of them.


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel.name)
def test_a_panel_answers_in_the_shape_of_its_chart(panel: Panel, landed: EmbeddedStore) -> None:
    found = asked(landed, panel.name)
    assert found
    first, *others = found[0]
    if panel.chart == "line":
        assert first == "time"
        assert [row["time"] for row in found] == sorted({row["time"] for row in found})
    if panel.chart == "bar":
        assert len({row[first] for row in found}) == len(found)
    if panel.chart != "table":
        assert others
        assert all(isinstance(row[name], int | float) for row in found for name in others)
    if panel.unit == "money":
        assert "currency" in found[0]


@pytest.mark.parametrize("panel", panels(), ids=lambda panel: panel.name)
def test_a_span_without_anything_is_no_error(panel: Panel, landed: EmbeddedStore) -> None:
    before = START - 48 * HOUR
    found = asked(landed, panel.name, before, before + HOUR)
    assert panel.name == "freshness" or not any(
        value for row in found for value in row.values() if not isinstance(value, str)
    )
