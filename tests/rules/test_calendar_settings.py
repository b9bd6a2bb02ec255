"""Business hours as they are written: what is read, what is refused, on which line."""

import tomllib
from datetime import date
from pathlib import Path

import pytest

from streams.errors import FixConfiguration
from streams.rules.calendars.calendar import ALWAYS, Calendar
from streams.rules.calendars.public_holidays import Region
from streams.rules.settings import RuleSet, override, rules_in
from streams.settings import load

SUPPORT = """
[calendars.support]
time_zone = "Europe/Berlin"
country = "DE"
subdivision = "BW"
holidays = ["2026-12-24 Christmas Eve", "2026-12-27..2026-12-29"]
special_days = { "2026-12-23" = ["09:00-12:00"] }

[calendars.support.hours]
mon-thu = ["13:30-17:00", "09:00-12:30"]
fri = ["09:00-24:00"]
"""
MORNING, AFTERNOON = (540, 750), (810, 1020)


def rules(text):
    return rules_in(text, Path("f"))


def calendar(lines, hours='mon = ["09:00-17:00"]'):
    return f'[calendars.c]\ntime_zone = "UTC"\nhours = {{ {hours} }}\n{lines}'


def test_a_calendar_is_what_is_written():
    assert rules(SUPPORT).calendars["support"].calendar() == Calendar(
        "Europe/Berlin",
        ((MORNING, AFTERNOON),) * 4 + (((540, 1440),), (), ()),
        Region("DE", "BW"),
        frozenset({date(2026, 12, 24), *(date(2026, 12, day) for day in (27, 28, 29))}),
        frozenset({(date(2026, 12, 23), ((540, 720),))}),
    )


def test_there_are_none_by_default():
    assert RuleSet.from_mapping({}).calendars == {}


@pytest.mark.parametrize(
    ("hours", "days"),
    [
        pytest.param('mon = ["09:00-17:00"]', "mon", id="one day"),
        pytest.param('mon-fri = ["09:00-17:00"]', "mon tue wed thu fri", id="a span"),
        pytest.param('sat-mon = ["09:00-17:00"]', "mon sat sun", id="a span past Sunday"),
        pytest.param('mon-sun = ["00:00-24:00"]', "mon tue wed thu fri sat sun", id="always"),
        pytest.param('tue = [], fri = ["9:00 - 17:00"]', "fri", id="a closed day"),
    ],
)
def test_days_may_be_written_as_spans(hours, days):
    assert " ".join(rules(calendar("", hours)).calendars["c"].hours) == days


def test_holidays_may_be_dates_of_toml():
    found = rules(calendar('holidays = [2026-12-24, "2026-12-25"]')).calendars["c"].calendar()
    assert found.closed == {date(2026, 12, 24), date(2026, 12, 25)}


def test_the_same_content_is_the_same_calendar_however_it_is_written():
    written = calendar("", 'mon-tue = ["09:00-17:00"]')
    again = calendar("", 'tue = ["09:00-17:00"], mon = ["9:00-17:00"]')
    assert rules(written).calendars["c"].calendar() is rules(again).calendars["c"].calendar()
    assert rules(written).version == rules(again).version
    assert rules(written).version != rules(calendar("", 'mon-wed = ["09:00-17:00"]')).version


def test_the_tables_are_taken_back_as_they_were_and_hold_nothing_that_toml_does_not_know():
    found = rules(SUPPORT)
    assert RuleSet.from_mapping(found.mapping()) == found
    plain = rules(calendar(""))
    assert RuleSet.from_mapping(plain.mapping()) == plain
    assert found.mapping()["calendars"]["support"]["holidays"] == [
        "2026-12-24 Christmas Eve",
        "2026-12-27..2026-12-29",
    ]
    assert plain.mapping()["calendars"]["c"] == {
        "time_zone": "UTC",
        "hours": {"mon": ["09:00-17:00"]},
        "categories": ["public"],
        "holidays": [],
        "special_days": {},
    }


def test_one_key_may_be_set_anew():
    found = override(rules(SUPPORT), ["calendars.support.time_zone=Europe/Vienna"])
    assert found.calendars["support"].calendar().zone == "Europe/Vienna"


def test_settings_hand_calendars_on(tmp_path):
    file = tmp_path / "heedful.toml"
    file.write_text(SUPPORT)
    assert RuleSet.from_mapping(load(file).decisions()) == rules(SUPPORT)


def test_the_example_in_the_documented_file_is_a_calendar():
    text = (Path(__file__).parents[2] / "heedful.toml").read_text()
    example = text[text.index("# [calendars.support]") :]
    lines = (line.removeprefix("#").strip() for line in example.splitlines())
    assert RuleSet.from_mapping(tomllib.loads("\n".join(lines))).calendars["support"].calendar()


POLICIES = """
[[rules.contacts.policies]]
name = "p"
calendar = "c"
targets.any = { first_reply = { target = "8h", calendar = "24/7" } }
"""


def test_a_policy_names_a_calendar_that_there_is():
    found = rules(calendar("") + POLICIES)
    assert found.calendar("c") is found.calendars["c"].calendar()
    assert found.calendar("24/7") is ALWAYS


def test_a_policy_that_names_another_is_refused():
    with pytest.raises(
        FixConfiguration, match=r"f:4: .*there is no calendar 'c'; write a table \[calendars\.c\]"
    ):
        rules(POLICIES)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            calendar("", 'fri = ["22:00-02:00"]'),
            "f:3: calendars.c.hours.fri.0: '22:00-02:00' passes midnight; split it: '22:00-24:00' on "
            "this day, '00:00-02:00' on the next",
            id="over midnight",
        ),
        pytest.param(
            calendar("", 'fri = ["22:00-00:00"]'),
            "f:3: calendars.c.hours.fri.0: '22:00-00:00' passes midnight; split it: '22:00-24:00'",
            id="until midnight",
        ),
        pytest.param(
            calendar("", 'fri = ["09:00-09:00"]'),
            "f:3: calendars.c.hours.fri.0: '09:00-09:00' starts",
            id="empty",
        ),
        pytest.param(
            calendar("", 'fri = ["09:00-25:00"]'),
            "f:3: calendars.c.hours.fri.0: 25:00 is no time",
            id="no time",
        ),
        pytest.param(
            calendar("", 'fri = ["09:60-10:00"]'),
            "f:3: calendars.c.hours.fri.0: 09:60 is no time",
            id="no minute",
        ),
        pytest.param(
            calendar("", 'fri = ["9 to 5"]'),
            "f:3: calendars.c.hours.fri.0: '9 to 5' are no hours",
            id="no hours",
        ),
        pytest.param(
            calendar("", 'fri = ["09:00-12:00", "11:00-13:00"]'),
            "f:3: calendars.c.hours.fri: '11:00-13:00' begins before",
            id="overlapping",
        ),
        pytest.param(
            '[calendars.c]\ntime_zone = "UTC"\n[calendars.c.hours]\nmon = ["09:00-17:00"]\nfre = []',
            "f:5: calendars.c.hours.fre",
            id="no day",
        ),
        pytest.param(
            calendar("", 'mon-fri = ["09:00-17:00"], wed = []'),
            "f:3: calendars.c.hours: wed is named",
            id="twice",
        ),
        pytest.param(
            calendar("", "mon = []"), "f:3: calendars.c.hours: a calendar without hours", id="never"
        ),
        pytest.param(
            '[calendars.c]\ntime_zone = "UTC"', "f:1: calendars.c.hours: Field required", id="no hours at all"
        ),
        pytest.param(
            '[calendars.c]\ntime_zone = "CET/Berlin"\nhours = { mon = ["09:00-17:00"] }',
            "f:2: calendars.c.time_zone: 'CET/Berlin' is no IANA",
            id="no zone",
        ),
        pytest.param(
            calendar('country = "Germany"'), "f:4: calendars.c.country: country 'Germany' is", id="no country"
        ),
        pytest.param(
            calendar('country = "DE"\nsubdivision = "XX"'),
            "f:5: calendars.c.subdivision: subdivision 'XX' is not known; DE has BB, BE,",
            id="no part of it",
        ),
        pytest.param(
            calendar('country = "DE"\ncategories = ["odd"]'),
            "f:5: calendars.c.categories: categories odd are not all known; DE has catholic, public",
            id="no category of it",
        ),
        pytest.param(
            calendar('subdivision = "BW"'), "f:4: calendars.c.subdivision: of which country?", id="whose part"
        ),
        pytest.param(
            calendar('categories = ["bank"]'), "f:4: calendars.c.categories: of which country?", id="whose"
        ),
        pytest.param(
            calendar('holidays = ["24.12.2026"]'),
            "f:4: calendars.c.holidays.0: '24.12.2026' is no",
            id="no date",
        ),
        pytest.param(
            calendar('holidays = ["2026-02-30"]'), "f:4: calendars.c.holidays.0: ", id="no such date"
        ),
        pytest.param(
            calendar('holidays = ["2026-12-31..2026-12-27"]'), "f:4: calendars.c.holidays.0: ", id="backwards"
        ),
        pytest.param(
            calendar('holidays = ["2026-12-31..2028-12-27"]'),
            "f:4: calendars.c.holidays.0: ",
            id="a range of years",
        ),
        pytest.param(
            calendar('special_days = { "christmas" = [] }'),
            "f:4: calendars.c.special_days.christmas",
            id="no day",
        ),
        pytest.param(calendar("hollidays = []"), "f:4: calendars.c.hollidays: there is no", id="no such key"),
        pytest.param(
            calendar("").replace("calendars.c", 'calendars."c.d"'), "calendars.c.d", id="a name with a dot"
        ),
    ],
)
def test_an_error_names_file_line_key_and_the_way_out(text, error):
    with pytest.raises(FixConfiguration) as refused:
        rules(text)
    assert error in str(refused.value)
    assert "[key]" not in str(refused.value)
