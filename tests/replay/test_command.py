"""The command: its options, what it writes, what it refuses."""

import json
from pathlib import Path

import pytest

from schemas.jsonl import to_iso
from schemas.topics import key
from streams.cli import main
from tests.formats.files import REES46, RETENTIONEERING, written
from tests.replay.commanding import replay
from tests.visits.visiting import at

LEFT = (
    "2022-10-01 10:00:00 UTC,cart,11,2.50,7001,sess-1",
    "2022-10-01 10:00:00 UTC,cart,12,3.00,7001,sess-1",
    "2022-10-01 10:00:00 UTC,cart,11,2.50,7001,sess-1",
    "2022-10-01 11:30:00 UTC,view,12,3.00,7002,sess-2",
)


def a_file(folder: Path, *more: str) -> Path:
    return written(folder, REES46, *LEFT, *more, name="shop.csv")


def test_a_line_is_topic_key_and_value(tmp_path: Path) -> None:
    found = replay(tmp_path, "rees46", a_file(tmp_path))
    signal, decision = found.lines
    assert (signal["topic"], signal["key"]) == ("cx.signals.abandonment", key("main", "sess-1"))
    assert signal["value"]["kind"] == "abandoned"
    assert signal["value"]["occurred_at"] == "2022-10-01T11:00:00.000Z"
    assert signal["value"]["value"] == "5.5000"
    assert [line["product_id"] for line in signal["value"]["lines"]] == ["11", "12"]
    assert (decision["topic"], decision["value"]["signal_id"]) == (
        "cx.decisions",
        signal["value"]["event_id"],
    )


def test_the_summary(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = replay(tmp_path, "rees46", a_file(tmp_path, "too,short")).summary
    assert {name: summary[name] for name in ("read", "duplicates", "dead_letters")} == {
        "read": 5,
        "duplicates": 1,
        "dead_letters": 1,
    }
    assert (summary["open_episodes"], summary["waiting_contacts"]) == (0, 0)
    assert summary["signals"]["cx.signals.abandonment"] == {"abandoned": 1, "recovered": 0, "withdrawn": 0}
    assert f"{tmp_path / 'shop.csv'}:6: 2 columns, the header has 6" in capsys.readouterr().err


def test_the_same_bytes_each_time(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.mkdir()
    second.mkdir()
    file = a_file(tmp_path)
    assert replay(first, "rees46", file) == replay(second, "rees46", file)


@pytest.mark.parametrize(
    ("arguments", "signals", "undecided"),
    [
        pytest.param([], 1, 0, id="the file's end is late enough"),
        pytest.param(["--set", "rules.abandonment.cart.after=2h"], 0, 1, id="another threshold"),
        pytest.param(["--set", "rules.abandonment.cart.after=2h", "--until", "+30m"], 1, 0, id="exactly due"),
        pytest.param(["--set", "rules.abandonment.cart.after=2h", "--until", "+29m"], 0, 1, id="not due yet"),
        pytest.param(["--until", "2022-10-01T10:59:59.999Z"], 0, 1, id="until a moment before it is due"),
        pytest.param(["--until", "2022-10-01T11:00:00Z"], 1, 0, id="until the moment when it is due"),
        pytest.param(["--until", "2022-10-01T09:00:00Z"], 0, 0, id="until before the first row"),
        pytest.param(["--lateness", "3h"], 1, 0, id="lateness doesn't hold the end up"),
    ],
)
def test_options(tmp_path: Path, arguments: list[str], signals: int, undecided: int) -> None:
    found = replay(tmp_path, "rees46", a_file(tmp_path), *arguments)
    assert (len(found.signals()), found.summary["open_episodes"]) == (signals, undecided)


def test_rules_from_a_file(tmp_path: Path) -> None:
    rules = tmp_path / "rules.toml"
    rules.write_text('[rules.abandonment]\ncart.after = "2h"\n')
    assert replay(tmp_path, "rees46", a_file(tmp_path), "--rules", rules).signals() == []


def test_a_waiting_contact(tmp_path: Path) -> None:
    question = {
        "event_id": "q",
        "profile_id": "anna",
        "contact_id": "c",
        "occurred_at": to_iso(at(0)),
        "type": "message_received",
        "channel": "email",
        "kind": "customer_message",
    }
    file = written(tmp_path, json.dumps({"topic": "cx.support", "value": question}))
    found = replay(tmp_path, "jsonl", file, "--until", "+2h", "--set", "rules.contacts.first_reply.target=1h")
    assert found.summary["waiting_contacts"] == 1
    assert found.summary["signals"]["cx.signals.contact"]["breached"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--until", "tomorrow"], "--until tomorrow", id="until"),
        pytest.param(["--lateness", "soon"], "--lateness", id="lateness"),
        pytest.param(["--set", "rules.abandonment.cart.afters=1h"], "afters", id="unknown rule"),
        pytest.param(["--out", "/nowhere/at/all"], "can't be written", id="no folder"),
        pytest.param(["--summary", "/nowhere/at/all"], "can't be written", id="no folder for numbers"),
    ],
)
def test_what_must_be_put_right(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    words = ["replay", "--format", "rees46", a_file(tmp_path), "--out", tmp_path / "out", *arguments]
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_another_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path, RETENTIONEERING)
    with pytest.raises(SystemExit) as ended:
        replay(tmp_path, "rees46", file)
    assert ended.value.code == 2
    assert "lacks the columns event_time" in capsys.readouterr().err


def test_what_could_not_be_kept_is_refused_before_the_work(tmp_path: Path) -> None:
    words = ("replay", "--format", "rees46", a_file(tmp_path), "--out", tmp_path / "out")
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in (*words, "--summary", tmp_path / "none" / "summary.json")])
    assert ended.value.code == 2
    assert not (tmp_path / "out").exists()
