import tomllib

import pytest

from streams.errors import FixConfiguration
from streams.rules.durations import duration
from streams.rules.outreach import settings as module
from tests.rules.outreach_scene import rules_of


def settings_of(table):
    return rules_of(table).outreach


def test_by_default_everything_is_decided_and_nothing_is_published():
    settings = settings_of({})
    assert settings.mode == "shadow"
    assert not settings.publishes_to("ann")


def test_the_documented_example_is_valid_and_is_the_default():
    text = module.__doc__.split("\n\n", 1)[1].replace("and .", "or .")
    assert settings_of(tomllib.loads(text)["outreach"]).model_dump(exclude={"channel"}) == settings_of(
        {}
    ).model_dump(exclude={"channel"})


@pytest.mark.parametrize(
    ("table", "told"),
    [
        pytest.param(
            {"mode": "loud"},
            "outreach.mode: 'loud' is no mode; write off, shadow, allow-list or live",
            id="mode",
        ),
        pytest.param({"chanels": []}, "outreach.chanels: there is no setting", id="misspelt"),
        pytest.param({"channels": ["fax"]}, "outreach.channels.0: Input should be 'email'", id="channel"),
        pytest.param(
            {"channels": ["sms", "sms"]}, "outreach.channels: a channel is named twice", id="channel twice"
        ),
        pytest.param(
            {"valid_for": "a day"}, "outreach.valid_for: 'a day' is no length of time", id="duration"
        ),
        pytest.param(
            {"valid_for": "0s"}, "outreach.valid_for: Input should be greater than 0", id="no validity"
        ),
        pytest.param(
            {"time_zones": ["Berlin"]}, "outreach.time_zones.0: 'Berlin' is no IANA time zone", id="zone"
        ),
        pytest.param(
            {"time_zones": []}, "outreach.time_zones: Tuple should have at least 1 item", id="no zone"
        ),
        pytest.param(
            {"quiet_hours": {"start": "9 pm"}},
            "outreach.quiet_hours.start: '9 pm' is no time of day",
            id="time of day",
        ),
        pytest.param(
            {"quiet_hours": {"end": "24:00"}},
            "outreach.quiet_hours.end: '24:00' is no time of day",
            id="24 hours",
        ),
        pytest.param(
            {"quiet_hours": {"start": "08:00"}},
            "outreach.quiet_hours: start equals end; to have no",
            id="no window",
        ),
        pytest.param(
            {"time_zones": ["UTC", "Asia/Tokyo", "America/Los_Angeles"]},
            "it is always quiet in one",
            id="never awake",
        ),
        pytest.param(
            {"rules": {"abandonment": {"browse": {}}}},
            "outreach.rules.abandonment.browse: there is no",
            id="rule",
        ),
        pytest.param({"channel": {"fax": {}}}, "outreach.channel.fax", id="switch of an unknown channel"),
    ],
)
def test_what_is_refused(table, told):
    with pytest.raises(FixConfiguration, match="outreach") as refused:
        settings_of(table)
    assert told in str(refused.value)


def test_every_mistake_is_told_at_once():
    with pytest.raises(FixConfiguration) as refused:
        settings_of({"mode": "loud", "grace": 3.5})
    assert len(str(refused.value).splitlines()) == 2


def test_always_quiet_is_no_matter_without_quiet_hours():
    zones = ["UTC", "Asia/Tokyo", "America/Los_Angeles"]
    assert settings_of({"time_zones": zones, "quiet_hours": {"enabled": False}}).time_zones == tuple(zones)


def test_channels_that_are_switched_off_are_left_out():
    table = {"channels": ["push", "email"], "channel": {"push": {"enabled": False}}}
    assert settings_of(table).enabled_channels == ("email",)


@pytest.mark.parametrize("rule", ["abandonment.browse", "abandonment", "contacts.first_reply", ""])
def test_a_rule_without_a_switch_approaches_nobody(rule):
    assert not settings_of({}).rule_enabled(rule)


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("30s", 30_000),
        ("10m", 600_000),
        ("1h", 3_600_000),
        ("72h", 259_200_000),
        ("30d", 2_592_000_000),
        ("5ms", 5),
    ],
)
def test_durations(text, millis):
    assert duration(text) == millis


@pytest.mark.parametrize("text", ["", "h", "1.5h", "-1h", "1h30m", "1w", 5, None])
def test_what_is_no_duration(text):
    with pytest.raises(ValueError, match="no length of time"):
        duration(text)
