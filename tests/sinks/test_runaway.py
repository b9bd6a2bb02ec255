"""However much is asked for, the memory of who answers stays within bounds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sinks.runaway import FORMATS, LIMITS, STATEMENTS

TOO_LONG, TOO_MUCH_MEMORY = 396, 241


@pytest.mark.slow
def test_a_runaway_query_ends_in_an_error_and_takes_little_memory(tmp_path: Path) -> None:
    """Written out, these answers have a hundred gigabytes or more; most are one value in the engine."""
    command = [sys.executable, "-m", "tests.sinks.runaway", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=170)
    told = json.loads(done.stdout)
    assert len(told["refused"]) == len(STATEMENTS) * len(FORMATS)
    others = {sql: code for sql, code in told["refused"].items() if code not in (TOO_LONG, TOO_MUCH_MEMORY)}
    assert others == {}
    assert told["grown"] < 5 * LIMITS.memory
