"""Calls ``heedful import --run`` and ``heedful sql`` as a person does, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

PATIENCE = 150
"""Seconds; an import of a small file takes ten."""


def heedful(folder: Path, *words: str | Path) -> str:
    """What a command says. ``folder`` is its working folder, and keeps what it leaves behind."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEEDFUL_")}
    command = [sys.executable, "-m", "streams.cli", *(str(word) for word in words)]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert done.returncode == 0, done.stderr + _logs(folder)
    return done.stdout


def rows(folder: Path, sql: str) -> list[dict[str, Any]]:
    """The answer of ClickHouse."""
    return [json.loads(line) for line in heedful(folder, "sql", sql, "--format", "json").splitlines()]


def _logs(folder: Path) -> str:
    logs = sorted((folder / ".heedful").glob("runs/*/logs/*.log"))
    return "".join(f"\n{log.name}:\n{log.read_text()[-2_000:]}" for log in logs)
