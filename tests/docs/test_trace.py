"""The trace of one event, command by command, as the README shows it."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.docs.readme import ROOT, section, transcripts

pytestmark = pytest.mark.broker


def typed(words, folder):
    """What the command prints in that folder, whose name is not shown."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEEDFUL")}
    ran = subprocess.run(
        [sys.executable, "-m", "streams.cli", *words[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.replace(str(folder), "…")


def test_the_trace_of_one_event(tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "heedful.toml", tmp_path)
    steps = transcripts(section("The trace of one event"))
    assert steps[0].words[1] == "import"
    assert len(steps) > 5
    for step in steps:
        assert typed(step.words, tmp_path) == step.output, step.words
