"""``heedful alerts`` as a person types it."""

import json
from pathlib import Path

import pytest

from schemas import topics
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from streams.cli import main
from tests.alerts.receiver import receiving
from tests.docs.readme import ROOT
from tests.sinks.test_views import contact, put, signal

ALERTS = """
[[alerts]]
name = "large"
kind = "abandonment"
above = {{ EUR = 12 }}
to = ["ops"]
quiet = {{ start = "22:00", end = "07:00" }}

[[alerts]]
name = "late"
kind = "contact"

[[alerts]]
name = "dead"
kind = "dead_letters"
above = 3

[alerting.targets.ops]
webhook = "{url}"
secret = "very secret"
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def heedful(*words, code=0):
    with pytest.raises(SystemExit) as ended:
        main(["alerts", *words])
    assert (ended.value.code or 0) == code


def written(folder, url="http://127.0.0.1:1/token-in-the-address"):
    (folder / "heedful.toml").write_text(ALERTS.format(url=url))


def test_list_says_what_is_watched_and_who_is_told_and_no_address(folder, capsys):
    written(folder)
    heedful("list")
    out = capsys.readouterr().out
    assert out.splitlines() == [
        "large: each abandonment above 12 EUR; tells ops; quiet 22:00 to 07:00 UTC",
        "late: each contact breached or escalated; tells nobody",
        "dead: dead_letters over 1h, every 5m, above 3; tells nobody",
    ]
    heedful("list", "--json")
    assert [json.loads(line)["name"] for line in capsys.readouterr().out.splitlines()] == [
        "large",
        "late",
        "dead",
    ]


def test_list_without_alerts_says_what_to_do(folder, capsys):
    heedful("list")
    assert "[[alerts]]" in capsys.readouterr().out


def test_test_sends_a_marked_message_and_says_what_happened(folder, capsys):
    with receiving() as receiver:
        written(folder, receiver.url)
        heedful("test", "large")
        assert capsys.readouterr().out == "ops: took it\n"
        receiver.status = 503
        heedful("test", "large", code=1)
    assert capsys.readouterr().out == "ops: failed, HTTP 503\n"
    said = receiver.calls[0].said
    assert (said["test"], said["title"]) == (True, "TEST, nothing happened: large")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("test", "nothing"), "there is no alert 'nothing'"),
        (("test", "late"), "tells nobody"),
        (("replay", "--from", "yesterday"), "'yesterday' is no time"),
        (("replay", "--name", "nothing"), "there is no alert nothing"),
    ],
)
def test_a_mistake_says_what_is_wrong(folder, capsys, words, said):
    written(folder)
    heedful(*words, code=2)
    assert said in capsys.readouterr().err


def landed(folder: Path) -> None:
    store = EmbeddedStore(folder / ".heedful" / "clickhouse")
    migrate(store)
    put(store, topics.ABANDONMENT_SIGNALS, signal("s1"), signal("s2", 5, kind="recovered"))
    put(store, topics.CONTACT_SIGNALS, contact("breached", 60))
    store.close()


def test_replay_tells_each_signal_once(folder, capsys):
    """Each record has landed twice."""
    written(folder)
    landed(folder)
    heedful("replay")
    assert capsys.readouterr().out.splitlines() == [
        "2023-11-14 22:13  raised    large: 12.50 EUR left at stage checkout",
        "2023-11-14 23:13  raised    late: first_reply of contact c missed its target",
        "2 notices",
    ]
    heedful("replay", "--from", "2023-11-14T23:00", "--json")
    [line] = capsys.readouterr().out.splitlines()
    assert json.loads(line)["name"] == "late"
    heedful("replay", "--to", "2023-11-14")
    assert capsys.readouterr().out == "0 notices\n"


def test_the_alerts_that_heedful_toml_shows_are_taken(folder):
    """They stand there as comments."""
    _, _, shown = (ROOT / "heedful.toml").read_text().partition("# [[alerts]]")
    lines = (line.removeprefix("# ").removeprefix("#") for line in f"# [[alerts]]{shown}".splitlines())
    (folder / "heedful.toml").write_text("\n".join(lines))
    heedful("list")
