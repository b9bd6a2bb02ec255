"""The trace of one event, command by command, as the README shows it."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from tests.docs.readme import ROOT, section, transcripts

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def typed(words, folder):
    """What the command prints in that folder, whose name is not shown; each run has the same one."""
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
    return re.sub(r"runs/\d{8}-\d{6}", "runs/20261123-142711", ran.stdout.replace(str(folder), "…"))


def unnumbered(text):
    """Without ids of what was concluded: they follow from the version of the rules too, so each rule that is
    added changes them.
    """
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "an id", text)


def test_the_trace_of_one_event(tmp_path):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "heedful.toml", tmp_path)
    steps = transcripts(section("The trace of one event"))
    assert steps[0].words[1] == "import"
    assert len(steps) > 5
    for step in steps:
        assert unnumbered(typed(step.words, tmp_path)) == unnumbered(step.output), step.words
