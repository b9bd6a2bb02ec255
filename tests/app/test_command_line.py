"""Every command is listed and explains itself; mistakes are one line and an exit code."""

import os
import subprocess
import sys

import pytest
import typer

from streams.cli import COMMANDS, main

HELP = """
import atexit, sys, streams.cli
heavy = {"faust", "confluent_kafka", "polars", "pydantic"}
atexit.register(lambda: print(heavy & set(sys.modules)))
streams.cli.main(["--help"])
"""


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    out, err = capsys.readouterr()
    return int(str(ended.value.code or 0)), out, err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "--help")
    assert code == 0
    assert all(name in out for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, name, "--help")
    assert code == 0
    assert f"heedful {name}" in out


def test_help_imports_no_command() -> None:
    done = subprocess.run([sys.executable, "-c", HELP], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("set()\n")


def test_a_mistyped_command_is_answered_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "wroker")
    assert code == 2
    assert "'worker'" in err


def test_ctrl_c_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    from streams.cli import topics

    def interrupted() -> None:
        raise KeyboardInterrupt

    app = typer.Typer()
    app.command()(interrupted)
    monkeypatch.setattr(topics, "app", app)
    assert said(capsys, "topics") == (130, "", "")


def test_ctrl_c_is_quiet_while_a_command_is_still_being_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("streams.cli.importlib.import_module", interrupted)
    assert said(capsys, "topics") == (130, "", "")


def test_brackets_in_help_are_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = said(capsys, "schemas", "register", "--help")
    assert "[registry]" in out


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_letters_is_answered_all_the_same(encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", "replay", "--help"],
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(encoding)
    assert "FILE" in done.stdout.decode(encoding)


def test_the_module_runs_too() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "streams.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("heedful ")
