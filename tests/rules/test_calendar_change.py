"""A contact that changes its calendar: what counted before stands, or all is counted in the last one.

Ticket 941606 of dbt_zendesk's decision log (github.com/fivetran/dbt_zendesk, DECISIONLOG.md, business time
metrics). The log gives the hours in minutes since Sunday, UTC; on those days Chicago was five hours behind,
San Francisco seven. It prints 959.46 minutes, because it writes one minute and 25 seconds as 1.25.
"""

import pytest
from msgspec.structs import replace

from streams.rules.calendars.calendar import Calendar
from streams.rules.contacts import timing
from streams.rules.contacts.ticket import Clock
from tests.rules.test_calendars import MINUTE, minutes, utc

CHICAGO = Calendar("America/Chicago", (((minutes("07:00"), minutes("21:00")),),) * 7)
WEEKDAYS = ((minutes("08:00"), minutes("17:30")),)
SAN_FRANCISCO = Calendar("America/Los_Angeles", (WEEKDAYS,) * 5 + ((), ()))
SUNDAY = utc("2020-09-27 00:00")
CREATED, CHANGED, REPLIED = map(utc, ("2020-09-29 17:01:38", "2020-09-30 19:01:25", "2020-09-30 19:01:46"))


def opened():
    return Clock(
        name="first_reply",
        instance=1,
        started_at=CREATED,
        started_by="comment",
        rules_version="v",
        applied_at=CREATED,
        calendar="chicago",
        running_since=CREATED,
    )


@pytest.mark.parametrize(
    ("calendar", "spans"),
    [
        pytest.param(
            CHICAGO,
            [
                (720, 1560),
                (2160, 3000),
                (3600, 4440),
                (5040, 5880),
                (6480, 7320),
                (7920, 8760),
                (9360, 10200),
            ],
            id="Level 1 Chicago",
        ),
        pytest.param(
            SAN_FRANCISCO,
            [(2340, 2910), (3780, 4350), (5220, 5790), (6660, 7230), (8100, 8670)],
            id="Level 2 San Francisco",
        ),
    ],
)
def test_the_calendars_are_those_of_the_log(calendar, spans):
    edges = [SUNDAY + edge * MINUTE for span in spans for edge in span]
    open_time = sum(end - start for start, end in zip(edges[::2], edges[1::2], strict=True))
    assert calendar.elapsed(edges[0], edges[-1]) == open_time
    for opens, closes in zip(edges[::2], edges[1::2], strict=True):
        assert [calendar.is_open(at) for at in (opens - 1, opens, closes - 1, closes)] == [
            False,
            True,
            True,
            False,
        ]


@pytest.mark.parametrize(
    ("cumulative", "expected"),
    [
        pytest.param(True, 960.13, id="T6: over both, as dbt_zendesk"),
        pytest.param(False, 690.13, id="T6: in the last only, as Zendesk"),
    ],
)
def test_t6_the_first_reply_of_ticket_941606(cumulative, expected):
    clock = timing.moved(opened(), "san francisco", CHANGED, CHICAGO, cumulative=cumulative)
    counted = timing.counted(clock, REPLIED, SAN_FRANCISCO)
    assert round(counted / MINUTE, 2) == expected


@pytest.mark.parametrize(
    ("cumulative", "due"),
    [
        pytest.param(True, "2020-09-30 19:41:38", id="over both"),
        pytest.param(False, "2020-10-01 00:11:38", id="in the last only"),
    ],
)
def test_what_is_due_after_a_change_is_what_will_have_counted_then(cumulative, due):
    clock = timing.moved(opened(), "san francisco", CHANGED, CHICAGO, cumulative=cumulative)
    clock = timing.aimed(replace(clock, target=1000 * MINUTE), (), SAN_FRANCISCO)
    assert clock.due_at == utc(due)
    assert timing.counted(clock, clock.due_at, SAN_FRANCISCO) == 1000 * MINUTE
