from datetime import UTC, datetime

import pytest

from streams.rules.outreach.quiet_hours import Window, quiet_until
from streams.rules.time_zones import known_zone
from tests.rules.outreach_scene import at

NIGHT = Window(21 * 60, 8 * 60)
NOON = Window(12 * 60, 14 * 60)
BERLIN = ("Europe/Berlin",)


def told(moment, window=NIGHT, zones=("UTC",)):
    until = quiet_until(at(moment), window, zones)
    return None if until is None else datetime.fromtimestamp(until / 1000, UTC).strftime("%Y-%m-%d %H:%M")


@pytest.mark.parametrize(
    ("moment", "window", "until"),
    [
        pytest.param("20:59:59", NIGHT, None, id="just before it begins"),
        pytest.param("21:00", NIGHT, "2026-03-03 08:00", id="exactly when it begins"),
        pytest.param("23:59:59", NIGHT, "2026-03-03 08:00", id="before midnight"),
        pytest.param("00:00", NIGHT, "2026-03-02 08:00", id="midnight"),
        pytest.param("07:59:59", NIGHT, "2026-03-02 08:00", id="just before it ends"),
        pytest.param("08:00", NIGHT, None, id="exactly when it ends"),
        pytest.param("11:59:59", NOON, None, id="before a window within a day"),
        pytest.param("12:00", NOON, "2026-03-02 14:00", id="at the start of a window within a day"),
        pytest.param("14:00", NOON, None, id="at the end of a window within a day"),
    ],
)
def test_one_zone(moment, window, until):
    assert told(moment, window) == until


@pytest.mark.parametrize(
    ("moment", "zones", "until"),
    [
        pytest.param("20:30", BERLIN, "2026-03-03 07:00", id="Berlin is an hour ahead of UTC in winter"),
        pytest.param("2026-07-02 19:00", BERLIN, "2026-07-03 06:00", id="and two in summer"),
        pytest.param(
            "2026-03-28 22:00", BERLIN, "2026-03-29 06:00", id="the night the clocks go forward is shorter"
        ),
        pytest.param(
            "2026-10-24 20:00", BERLIN, "2026-10-25 07:00", id="the night the clocks go back is longer"
        ),
        pytest.param("03:00", ("Asia/Kolkata",), None, id="half an hour off: 08:30 there"),
        pytest.param("02:00", ("Asia/Kolkata",), "2026-03-02 02:30", id="half an hour off: 07:30 there"),
        pytest.param(
            "21:30", ("UTC", "America/New_York"), "2026-03-03 13:00", id="quiet until the last zone wakes"
        ),
        pytest.param(
            "09:00", ("UTC", "America/New_York"), "2026-03-02 13:00", id="quiet in one zone is quiet"
        ),
        pytest.param("14:00", ("UTC", "America/New_York"), None, id="awake in both"),
        pytest.param("22:00", ("Nowhere/Atall",), None, id="an unknown zone says nothing"),
    ],
)
def test_zones(moment, zones, until):
    assert told(moment, NIGHT, zones) == until


@pytest.mark.parametrize(
    ("window", "moment", "until"),
    [
        pytest.param(
            Window(60, 150),
            "2026-03-29 00:30",
            "2026-03-29 01:30",
            id="an end that is skipped: the later reading",
        ),
        pytest.param(
            Window(60, 150),
            "2026-10-25 00:45",
            "2026-10-25 01:30",
            id="an end that comes twice: the second time",
        ),
        pytest.param(
            Window(150, 300),
            "2026-10-25 00:30",
            "2026-10-25 04:00",
            id="a start that comes twice: the first time",
        ),
        pytest.param(
            Window(150, 300),
            "2026-03-29 00:45",
            "2026-03-29 03:00",
            id="a start that is skipped: the earlier reading",
        ),
    ],
)
def test_where_the_clocks_change_the_longer_window_holds(window, moment, until):
    assert told(moment, window, BERLIN) == until


def test_zones_all_around_the_world_are_never_awake():
    zones = ("UTC", "Asia/Tokyo", "America/Los_Angeles")
    until = quiet_until(at("12:00"), NIGHT, zones)
    assert until is not None
    assert until > at("2026-03-04 12:00")


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "/etc/localtime"])
def test_what_is_no_zone(name):
    assert known_zone(name) is None
