"""The conformance vectors hold, and the command that runs them says what does not."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from streams.cli.vectors import app
from streams.errors import FixInput
from streams.vectors import SHIPPED, length, moment, read, run, spelt

CASES = [
    pytest.param(case, id=f"{file.stem} {case.name}")
    for file in sorted(SHIPPED.glob("*.json"))
    for case in read(file).cases
]
T1 = SHIPPED / "T1.json"


@pytest.mark.parametrize("case", CASES)
def test_a_vector(case) -> None:
    found = run(case)
    assert found
    assert [(one.what, one.found) for one in found] == [(one.what, one.expected) for one in found]


def test_all_seven_are_there() -> None:
    assert [file.stem for file in sorted(SHIPPED.glob("*.json"))] == [f"T{number}" for number in range(1, 8)]


def changed(tmp_path: Path, **case) -> Path:
    vector = json.loads(T1.read_text())
    vector["cases"][0] |= case
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(vector))
    return file


def test_the_command_says_how_many_hold() -> None:
    ran = CliRunner().invoke(app, [])
    assert ran.exit_code == 0
    assert ran.output.endswith(" expectations, 0 differ.\n")


def test_it_shows_what_differs_and_fails(tmp_path: Path) -> None:
    ran = CliRunner().invoke(app, [str(changed(tmp_path, expect={"runs": {"first_reply": ["6h"]}}))])
    assert ran.exit_code == 1
    assert "differs" in ran.output


@pytest.mark.parametrize(
    ("case", "error"),
    [
        pytest.param({"until": "yesterday"}, "until", id="no time"),
        pytest.param({"expect": {"lengths": {}}}, "lengths", id="an unknown expectation"),
        pytest.param(
            {"events": [{"at": "2026-03-02T09:00Z", "kind": "shout"}]}, "event 0: kind", id="an unknown kind"
        ),
        pytest.param({"events": [{"kind": "human_reply"}]}, "'' is no time", id="an event without a time"),
        pytest.param({"expect": {"runs": {"first_reply": ["5 h"]}}}, "'5 h' is no length", id="no length"),
    ],
)
def test_a_file_that_is_wrong_is_refused(tmp_path: Path, case: dict, error: str) -> None:
    with pytest.raises(FixInput, match=error):
        run(read(changed(tmp_path, **case)).cases[0])


@pytest.mark.parametrize(
    ("text", "millis"), [("5h", 18_000_000), ("28h 30m", 102_600_000), ("16h 8s", 57_608_000), ("0s", 0)]
)
def test_lengths_are_read_as_they_are_spelt(text: str, millis: int) -> None:
    assert (length(text), spelt(millis)) == (millis, text)


def test_times_need_an_offset() -> None:
    assert moment("2026-03-29T04:00+02:00") == moment("2026-03-29T02:00Z")
    with pytest.raises(FixInput, match="no offset"):
        moment("2026-03-29T04:00")
