"""What differs between two versions of the rules is said by rule and field, in the words of the file."""

import pytest

from streams.rules.differences import Difference, differences
from streams.rules.settings import RuleSet, override

DEFAULT = RuleSet.from_mapping({})
POLICY = 'rules.contacts.policies=[{ name = "gold", calendar = "24/7", targets.any.first_reply = "15m" }]'
HOURS = 'calendars.office={ time_zone = "Europe/Berlin", hours.mon = ["09:00-17:00"] }'


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(
            ["rules.abandonment.cart.after=30m"],
            [("rules.abandonment", "cart.after", "1h", "30m")],
            id="a length of time with its unit",
        ),
        pytest.param(
            ["rules.abandonment.cart.after=1h", "rules.abandonment.max_age=3d"],
            [],
            id="the same in another unit",
        ),
        pytest.param(
            ["rules.contacts.customer_wait.target=90m"],
            [("rules.contacts", "customer_wait.target", "none", "90m")],
            id="a length of time that there was not",
        ),
        pytest.param(
            ["rules.contacts.callback.attempts=2"],
            [("rules.contacts", "callback.attempts", "3", "2")],
            id="a number has no unit",
        ),
        pytest.param(
            ["outreach.mode=live", "outreach.quiet_hours.start=22:00", 'outreach.channels=["sms"]'],
            [
                ("outreach", "mode", "shadow", "live"),
                ("outreach", "channels", '["email", "sms", "push"]', '["sms"]'),
                ("outreach", "quiet_hours.start", "21:00", "22:00"),
            ],
            id="words, lists, times of day",
        ),
        pytest.param(
            ["outreach.channel.sms.enabled=false"],
            [("outreach", "channel.sms.enabled", None, "false")],
            id="a switch that there was not",
        ),
    ],
)
def test_differences(settings: list[str], expected: list[tuple[str, ...]]) -> None:
    found = [one for one in differences(DEFAULT, override(DEFAULT, settings)) if one.field != "channel"]
    assert found == [Difference(*one) for one in expected]


def test_the_other_way_round_old_and_new_change_places() -> None:
    new = override(DEFAULT, ["rules.abandonment.cart.after=30m"])
    assert differences(new, DEFAULT) == [Difference("rules.abandonment", "cart.after", "30m", "1h")]


def test_a_new_policy_is_told_by_its_name_and_what_it_says() -> None:
    found = differences(DEFAULT, override(DEFAULT, [POLICY]))
    assert [(one.field, one.new) for one in found] == [
        ("policies", "gold"),
        ("policies[gold].calendar", "24/7"),
        ("policies[gold].ladder", '["100%"]'),
        ("policies[gold].targets.any.first_reply.target", "15m"),
    ]


def test_another_target_of_a_policy_is_one_difference() -> None:
    old = override(DEFAULT, [POLICY])
    new = override(DEFAULT, [POLICY.replace("15m", "20m")])
    field = "policies[gold].targets.any.first_reply.target"
    assert differences(old, new) == [Difference("rules.contacts", field, "15m", "20m")]


def test_another_order_of_policies_is_a_difference() -> None:
    policies = [f'{{ name = "{name}" }}' for name in ("one", "two")]
    old, new = (
        override(DEFAULT, [f"rules.contacts.policies=[{', '.join(order)}]"])
        for order in (policies, policies[::-1])
    )
    assert differences(old, new) == [Difference("rules.contacts", "policies", "one, two", "two, one")]


def test_a_calendar_is_told_by_its_name() -> None:
    found = differences(DEFAULT, override(DEFAULT, [HOURS]))
    assert ("calendars.office", "hours.mon", None, '["09:00-17:00"]') in found
