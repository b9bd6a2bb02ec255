"""What goes out now, alone or with others, and what waits."""

import pytest

from streams.rules.alerts.notices import Digest, Message, message_id, plan, text, title
from streams.rules.alerts.settings import QuietTimes
from tests.alerts.telling import NOON, an_alert, at

MINUTE = 60_000
DAY = 1_440 * MINUTE
NIGHT = QuietTimes(start="22:00", end="07:00", time_zone="Europe/Berlin")


def planned(count=1, sent=(), now=NOON, quiet=None, most=3, **said):
    alerts = [an_alert(number, **said) for number in range(count)]
    return plan(alerts, sent, now, "ops", Digest(most, 10 * MINUTE), {"rate": quiet}, DAY)


def sizes(found):
    return [len(message.alerts) for message in found.messages]


@pytest.mark.parametrize(
    ("waiting", "sent", "expected"),
    [
        pytest.param(3, 0, [1, 1, 1], id="as many as may"),
        pytest.param(4, 0, [4], id="one more is a digest of all"),
        pytest.param(2, 1, [1, 1], id="with one sent before"),
        pytest.param(3, 1, [3], id="and one more than may"),
        pytest.param(1, 2, [1], id="the last that may"),
        pytest.param(1, 3, [], id="none may"),
    ],
)
def test_many_become_one(waiting, sent, expected):
    found = planned(waiting, [NOON - MINUTE] * sent)
    assert sizes(found) == expected
    assert (found.look_again == NOON + 9 * MINUTE) == (not expected)


@pytest.mark.parametrize(("ago", "expected"), [(9 * MINUTE, []), (10 * MINUTE, [1]), (11 * MINUTE, [1])])
def test_a_message_counts_for_so_long(ago, expected):
    assert sizes(planned(1, [NOON - ago] * 3)) == expected


@pytest.mark.parametrize(
    ("now", "until"),
    [
        pytest.param("2025-09-15T21:59+02:00", None, id="before"),
        pytest.param("2025-09-15T22:00+02:00", "2025-09-16T07:00+02:00", id="begins"),
        pytest.param("2025-09-16T00:30+02:00", "2025-09-16T07:00+02:00", id="past midnight"),
        pytest.param("2025-09-16T06:59+02:00", "2025-09-16T07:00+02:00", id="the last minute"),
        pytest.param("2025-09-16T07:00+02:00", None, id="over"),
        pytest.param("2025-10-25T23:00+02:00", "2025-10-26T07:00+01:00", id="clocks go back in it"),
        pytest.param("2026-03-28T23:00+01:00", "2026-03-29T07:00+02:00", id="clocks go forward in it"),
    ],
)
def test_quiet_times_hold_it(now, until):
    found = planned(1, now=at(now), quiet=NIGHT, processed_at=at(now))
    assert sizes(found) == ([] if until else [1])
    assert found.look_again == (until and at(until))


def test_quiet_times_hold_only_what_has_them():
    alerts = [an_alert(1), an_alert(2, name="pager")]
    found = plan(alerts, (), at("2025-09-15T23:00+02:00"), "ops", Digest(3, 1), {"rate": NIGHT}, DAY)
    assert [message.alerts[0].name for message in found.messages] == ["pager"]


@pytest.mark.parametrize(("age", "told"), [(DAY - 1, 1), (DAY, 1), (DAY + 1, 0)])
def test_what_is_too_old_is_not_told(age, told):
    found = planned(1, now=NOON + age)
    assert (len(found.messages), len(found.outdated)) == (told, 1 - told)


def test_the_same_alerts_are_the_same_message_whatever_the_order():
    one, two = an_alert(1), an_alert(2)
    assert message_id("ops", [one, two]) == message_id("ops", [two, one])
    assert message_id("ops", [one]) != message_id("pager", [one])


def test_a_digest_counts():
    alerts = (an_alert(1), an_alert(2), an_alert(3, state="resolved"), an_alert(4, name="a"))
    digest = Message("m", alerts)
    assert title(digest) == "4 alerts: a 1 raised, rate 2 raised, rate 1 resolved"
    assert text(digest).splitlines()[2] == "resolved: rate 3"


def test_one_says_what_is_behind_it_and_where_to_look():
    alert = an_alert(cause="payment_failed 0.64, usually 0.05", link="https://grafana.example/d/1")
    assert text(Message("m", (alert,))).splitlines()[1:] == [
        "Because of payment_failed 0.64, usually 0.05",
        "https://grafana.example/d/1",
    ]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"state": "resolved"}, "Resolved: rate 1"),
        ({}, "rate 1"),
    ],
)
def test_the_title_says_what_became_of_it(said, expected):
    assert title(Message("m", (an_alert(**said),))) == expected


def test_a_test_is_marked():
    assert title(Message("m", (an_alert(),), test=True)).startswith("TEST")
