"""What is seen on a terminal: a bar for what takes its time, and only answers on stdout."""

import os
import pty
import subprocess
import sys
from pathlib import Path

from tests.formats.files import REES46, written

PATIENCE = 60


def on_a_terminal(folder: Path, *words: str | Path) -> tuple[int, str, str]:
    """Run a command whose stderr is a terminal and whose stdout is a file: code, stdout, stderr."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    with subprocess.Popen(
        [sys.executable, "-m", "streams.cli", *map(str, words)],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b"".join(iter(lambda: _read(ours), b""))
        out, _ = process.communicate(timeout=PATIENCE)
    os.close(ours)
    return process.returncode, out.decode(), seen.decode()


def _read(terminal: int) -> bytes:
    """A terminal whose other side is gone has ended."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def test_replay_shows_how_far_it_is(tmp_path: Path) -> None:
    rows = [f"2022-10-01 10:{second // 60:02}:{second % 60:02} UTC,view,1,1,7,s" for second in range(600)]
    file = written(tmp_path, REES46, *rows)
    code, out, seen = on_a_terminal(tmp_path, "replay", "--format", "rees46", file, "--out", "signals.jsonl")
    assert code == 0, seen
    assert "replaying" in seen
    assert "600 of 601" in seen
    assert '"read": 600' in seen
    assert out == ""


def test_a_dead_row_is_named_above_the_bar(tmp_path: Path) -> None:
    file = written(tmp_path, REES46, "too,short")
    _, _, seen = on_a_terminal(tmp_path, "replay", "--format", "rees46", file, "--out", "signals.jsonl")
    assert f"{file.name}:2: 2 columns" in seen


def test_a_report_that_could_not_be_kept_is_refused_before_the_demo(tmp_path: Path) -> None:
    code, out, seen = on_a_terminal(tmp_path, "demo", "--seconds", "1", "--report", "none/report.json")
    assert code == 2
    assert "heedful: none/report.json: can't be written: No such file or directory" in seen
    assert out == ""
    assert not (tmp_path / ".heedful").exists()
