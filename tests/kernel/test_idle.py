"""What a task says while nothing happens."""

import pytest

from schemas import topics
from schemas.control import Clock
from streams.kernel.changelog import POSITION_KEY
from tests.kernel.counting import Noting
from tests.kernel.harness import MakeBench, until
from tests.kernel.noted import click, notes

COMMITS = 10

pytestmark = pytest.mark.broker


def test_an_idle_task_commits_nothing_but_its_clock(make: MakeBench) -> None:
    here = make(heartbeats=True, heartbeat_after=20, clock_every=20)
    changelog = here.config.internal("noting", "changelog")
    here.send(topics.CLICKSTREAM, click("a", 10))
    with here.running(Noting(), topics.FACTS) as kernel:
        until(lambda: notes(here) == [("a",)] and kernel.status()["keys"] == 0, "all is said and forgotten")
        until(lambda: (b"main/v", None) in here.raw(changelog), "that is durable")
        before, commits = len(here.raw(changelog)), kernel.status()["commits"]
        until(lambda: kernel.status()["commits"] >= commits + COMMITS, "it commits its clock")
    written = here.raw(changelog)[before:]
    assert len(written) >= COMMITS
    assert {key for key, _ in written} == {POSITION_KEY}
    assert {type(record) for record in here.records(here.config.named(topics.FACTS))} == {Clock}
    assert notes(here) == [("a",)]
