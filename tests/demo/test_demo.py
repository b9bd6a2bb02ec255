"""The demo as anybody runs it, and with its roles killed under it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from rich.console import Console

from schemas.topics import INPUTS
from streams.demo.folder import DemoOptions
from streams.demo.run import Demo
from streams.roles import ROLES
from streams.settings import Settings

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

EVERY = 10.0
"""Seconds between two kills: long enough for the role to be at work again before the next one dies."""


def flaws(verdict):
    return {name: verdict[name] for name in ("missed", "false", "twice", "mistimed")}


NONE = dict.fromkeys(("missed", "false", "twice", "mistimed"), 0)


def test_the_demo_notices_all_that_happened_and_nothing_else(tmp_path):
    command = [sys.executable, "-m", "streams.cli", "demo", "--seconds", "25", "--headless"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HEEDFUL")}
    ran = subprocess.run(
        [*command, "--report", str(tmp_path / "report.json")],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    for verdict in (report["abandonments"], report["unanswered"]):
        assert flaws(verdict) == NONE, verdict
        assert verdict["copies"] == 0
    assert report["abandonments"]["true"] > 100
    assert report["unanswered"]["true"] > 10
    assert report["caught_up"]
    assert report["latency"]["count"] > 50
    assert report["outreach"]["request"] > 0
    assert set(report["dead_letters"]) == {"empty_id", "not_framed"}
    assert sum(report["restarts"].values()) == 0
    for label, counts in report["topics"].items():
        assert counts["landed"] == counts["published"] - counts["unreadable"], label
    for topic in INPUTS:
        counts = report["topics"][topic.label]
        assert counts["read"] == counts["published"], topic
    assert {"broker", "simulator", "demo", *ROLES} == set(report["peak_memory_mib"])


@pytest.mark.chaos
def test_every_role_may_be_killed(tmp_path):
    killed = {}
    began = []

    def kill(stage):
        """Each role once, one after the other."""
        began.append(time.monotonic())
        due = int((began[-1] - began[0]) / EVERY)
        for role in ROLES[:due]:
            pid = stage.supervisor.children[role].pid
            if role not in killed and pid is not None:
                killed[role] = pid
                os.kill(pid, signal.SIGKILL)

    options = DemoOptions(seconds=EVERY * (len(ROLES) + 2), headless=True)
    report = Demo(Settings(data_dir=tmp_path), options, Console()).run(threading.Event(), kill)
    assert set(killed) == set(ROLES)
    assert report.restarts == dict.fromkeys(ROLES, 1)
    assert report.caught_up
    assert report.abandonments.flawless, report.abandonments
    assert report.unanswered.flawless, report.unanswered
    for label, counts in report.topics.items():
        assert counts["landed"] == counts["published"] - counts["unreadable"], label
