"""The folder of a run holds settings with which another process takes part in it."""

import tomllib

import pytest

from streams.demo.folder import DemoOptions, demo_settings
from streams.rules.settings import RuleSet
from streams.settings import Settings, load

POLICY = """
[rules.contacts.customer_wait]
target = "4h"

[[rules.contacts.policies]]
name = "gold, by \\"chat\\""
all = [{ field = "channel", is = ["chat"] }]
calendar = "office"
targets.urgent = { first_reply = "5m" }
targets.any = { first_reply = { target = "15m", calendar = "24/7" } }

[[rules.contacts.policies]]
name = "others"

[calendars.office]
time_zone = "Europe/Berlin"
country = "DE"
hours = { mon-fri = ["09:00-12:00", "13:00-17:00"] }
holidays = ["2026-12-24 Heiligabend"]
special_days = { "2026-12-23" = ["09:00-12:00"] }
"""


@pytest.mark.parametrize("text", [pytest.param("", id="the defaults"), pytest.param(POLICY, id="a policy")])
def test_what_is_written_is_what_the_run_decides_by(tmp_path, monkeypatch, text):
    monkeypatch.delenv("HEEDFUL_SETTINGS", raising=False)
    base = Settings(**tomllib.loads(text))
    ran = demo_settings(base, DemoOptions(), tmp_path, "localhost:1")
    found = load(tmp_path / "heedful.toml")
    assert RuleSet.from_mapping(found.decisions()) == RuleSet.from_mapping(ran.decisions())
    assert found.decisions()["calendars"] == ran.decisions()["calendars"]
