"""``[[alerts]]`` and ``[alerting]``: what is taken, and where a mistake is found."""

import pytest

from streams.errors import FixConfiguration
from streams.rules.alerts.settings import EachAbandonment, Measured
from streams.settings import Settings, load

ALERTS = """
[[alerts]]
name = "large"
kind = "abandonment"
above = { EUR = 500 }
to = ["ops"]

[[alerts]]
name = "rate"
kind = "abandonment_rate"
window = "1h"
usual = { weeks = 6 }
quiet = { start = "22:00", end = "07:00", time_zone = "Europe/Berlin" }

[alerting.targets.ops]
webhook = "https://example.org/token-in-the-address"
secret = "very secret"
"""


def loaded(tmp_path, text=ALERTS):
    file = tmp_path / "heedful.toml"
    file.write_text(text)
    return load(file)


def test_each_kind_has_its_own_keys(tmp_path):
    large, rate = loaded(tmp_path).alerts
    assert isinstance(large, EachAbandonment)
    assert isinstance(rate, Measured)
    assert (rate.window, rate.usual.weeks) == (3_600_000, 6)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "abandonment"', 'kind = "sales"', ":2: alerts.0: kind = 'sales': write one of abandonment"),
        ("above = { EUR = 500 }", "above = { euro = 500 }", ":5: alerts.0.above"),
        ("above = { EUR = 500 }", "", ":2: alerts.0.above: Field required"),
        ('window = "1h"', 'window = "soon"', ":11: alerts.1.window: 'soon' is no length of time"),
        ('window = "1h"', 'window = "61m"', ":8: alerts.1: window must be a multiple of every"),
        ('window = "1h"', 'widow = "1h"', ":11: alerts.1.widow: there is no setting of this name"),
        ("usual = { weeks = 6 }", "", ":8: alerts.1: write either usual"),
        ("usual = { weeks = 6 }", "usual = { weeks = 1 }", ":12: alerts.1.usual.weeks"),
        ("Europe/Berlin", "Europe/Bärlin", ":13: alerts.1.quiet.time_zone"),
        ('name = "rate"', 'name = "large"', "two alerts have the name 'large'"),
        ('to = ["ops"]', 'to = ["oops"]', ":6: alerts.0.to: there is no target 'oops'"),
        ('secret = "very secret"', "", "webhook and secret go together"),
    ],
)
def test_a_mistake_is_refused_naming_the_line(tmp_path, old, new, said):
    with pytest.raises(FixConfiguration) as refused:
        loaded(tmp_path, ALERTS.replace(old, new))
    assert said in str(refused.value)
    assert 'secret"' not in str(refused.value)
    assert "token" not in str(refused.value)


def test_they_are_handed_to_a_child_whole(tmp_path, monkeypatch):
    settings = loaded(tmp_path)
    for name, value in settings.environment().items():
        if name.startswith("HEEDFUL_"):
            monkeypatch.setenv(name, value)
    assert (load().alerts, load().alerting) == (settings.alerts, settings.alerting)
    assert load().alerting.targets["ops"].secret.get_secret_value() == "very secret"


def test_secrets_come_from_the_environment_and_are_never_shown(tmp_path, monkeypatch):
    monkeypatch.setenv("HEEDFUL_ALERTING__TARGETS__OPS__SECRET", "from the environment")
    settings = loaded(tmp_path)
    assert settings.alerting.targets["ops"].secret.get_secret_value() == "from the environment"
    assert not {"token", "secret", "environment"}.intersection(repr(settings.alerting.targets).split("'"))
    assert "token-in-the-address" not in repr(settings) + str(settings.model_dump())


def test_nobody_is_told_by_default():
    assert Settings().alerts == ()
