"""When an alert about a task that doesn't get on is raised, and when it is over."""

import pytest

from schemas.outputs import Alert
from streams.rules.alerts.settings import StuckTask
from streams.rules.alerts.standing import NOTHING, About
from streams.rules.alerts.stuck import Still, subjects, turn
from tests.alerts.telling import NOON

RULE = StuckTask(name="stuck tasks", kind="stuck")
TASK = About("", "visits-3")
SILENT = Still("visits-3", NOON, "cx.cart-3 has had neither events nor heartbeats since noon")
HELD = Still("visits-3", NOON, "cx.cart-3 is held: history is being imported", held=True)
MINUTE = 60_000


def told(*looks: tuple[int, Still | None], rule: StuckTask = RULE) -> list[Alert]:
    """What is told by looks at these times after noon."""
    standing, alerts = NOTHING, []
    for after, still in looks:
        standing, alert = turn(rule, standing, TASK, still, NOON + after)
        alerts += [alert] if alert else []
    return alerts


@pytest.mark.parametrize(
    ("after", "still", "count"),
    [
        pytest.param(2 * MINUTE - 1, SILENT, 0, id="before"),
        pytest.param(2 * MINUTE, SILENT, 1, id="exactly"),
        pytest.param(2 * MINUTE + 1, SILENT, 1, id="after"),
        pytest.param(60 * MINUTE - 1, HELD, 0, id="an import: before"),
        pytest.param(60 * MINUTE, HELD, 1, id="an import: exactly"),
    ],
)
def test_it_is_raised_after_two_minutes_or_of_an_import_after_an_hour(
    after: int, still: Still, count: int
) -> None:
    assert len(told((after, still))) == count


def test_it_names_the_task_since_when_and_why() -> None:
    [alert] = told((125_000, SILENT))
    assert (alert.state, alert.subject, alert.kind) == ("raised", "visits-3", "stuck")
    assert (alert.window_from, alert.value, alert.high, alert.unit) == (NOON, 125.0, 120.0, "seconds")
    assert alert.title == "stuck tasks: visits-3 has not got on for 125.0 s"
    assert alert.cause == SILENT.told


def test_once_however_long_it_lasts() -> None:
    assert len(told(*((minute * MINUTE, SILENT) for minute in range(60)))) == 1


@pytest.mark.parametrize(
    ("since", "count"), [pytest.param(59_999, 1, id="before"), pytest.param(60_000, 2, id="exactly")]
)
def test_it_is_over_once_the_task_has_got_on_for_a_minute(since: int, count: int) -> None:
    found = told((2 * MINUTE, SILENT), (3 * MINUTE, None), (3 * MINUTE + since, None))
    assert [alert.state for alert in found] == ["raised", "resolved"][:count]
    assert len({alert.alert_id for alert in found}) == 1
    assert len({alert.event_id for alert in found}) == count


def test_a_task_that_stands_again_meanwhile_was_not_well() -> None:
    again = SILENT._replace(since=NOON + 3 * MINUTE)
    found = told((2 * MINUTE, SILENT), (3 * MINUTE, None), (6 * MINUTE, again), (7 * MINUTE, None))
    assert [alert.state for alert in found] == ["raised"]


def test_two_times_are_two_alerts() -> None:
    again = SILENT._replace(since=NOON + 9 * MINUTE)
    looks = (2 * MINUTE, SILENT), (3 * MINUTE, None), (5 * MINUTE, None), (12 * MINUTE, again)
    found = told(*looks)
    assert [alert.state for alert in found] == ["raised", "resolved", "raised"]
    assert len({alert.alert_id for alert in found}) == 2


def test_of_a_task_that_gets_on_nothing_is_asked() -> None:
    raised, _ = turn(RULE, NOTHING, TASK, SILENT, NOON + 2 * MINUTE)
    other = About("", "care-0")
    assert subjects({TASK: raised, About("", "visits-1"): NOTHING}, {other: SILENT}) == [other, TASK]
