"""The benchmarks measure the right thing: their traffic, their truth, their results."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.detect import expected
from benchmarks.processes import Cost
from benchmarks.report import table
from benchmarks.traffic import BEGINNING, SILENCE, traffic
from schemas import topics
from tests.apache_kafka import missing
from tests.browser import chromium
from tests.builders import World, minutes

ROOT = Path(__file__).parents[2]


def test_equal_arguments_give_equal_traffic() -> None:
    assert traffic(20, seed=7) == traffic(20, seed=7)
    assert traffic(20, seed=7) != traffic(20, seed=8)


def test_what_the_sides_must_find_is_what_the_rules_find() -> None:
    made = traffic(150, seed=3)
    world = World(lateness=1 / 6).hear(*made.events).until(minutes(BEGINNING + SILENCE * 4))
    signals = world.said(topics.ABANDONMENT_SIGNALS)
    assert sorted((signal.visitor_id, signal.stage) for signal in signals) == expected(made)
    assert {stage for _, stage in expected(made)} == {"cart", "checkout", "payment"}


def test_the_table_shows_median_least_and_most() -> None:
    rounds = [Cost(1.0, 0.5, 0.1, 1 << 20), Cost(2.0, 0.7, 0.1, 1 << 20), Cost(4.0, 0.6, 0.1, 1 << 20)]
    assert "| 500 (250–1,000) | 600.0 (500.0–700.0) |" in table({("detect", "heedful"): rounds}, events=1_000)


@pytest.mark.slow
@pytest.mark.broker
def test_a_short_run_asserts_its_results_and_writes_them_down(tmp_path: Path) -> None:
    out = tmp_path / "RESULTS.md"
    command = [sys.executable, "-m", "benchmarks", "--rounds", "1", "--visitors", "60", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=170)
    assert "| land   | plain Faust |" in out.read_text()


@pytest.mark.slow
def test_open_contacts_are_measured_and_written_down(tmp_path: Path) -> None:
    out = tmp_path / "CONTACTS.md"
    command = [sys.executable, "-m", "benchmarks.contacts", "--contacts", "5000", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=170)
    assert "| a tick at which nothing is due |" in out.read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("module", "keys", "told"),
    [
        ("timers", "400000", "| memory of a timer, besides the key |"),
        ("size", "20000", "| 20,000 | "),
        pytest.param(
            "restore", "20000", "| take-over of both tasks by", marks=[pytest.mark.kafka, pytest.mark.long]
        ),
    ],
)
def test_size_is_measured_and_written_down(module: str, keys: str, told: str, tmp_path: Path) -> None:
    if module == "restore" and (reason := missing()):
        pytest.skip(reason)
    out = tmp_path / "SIZE.md"
    command = [sys.executable, "-m", f"benchmarks.{module}", "--keys", keys, "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=170)
    assert told in out.read_text()


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.broker
@pytest.mark.skipif(chromium.missing() is not None, reason=chromium.missing() or "")
def test_the_live_page_is_measured_and_written_down(tmp_path: Path) -> None:
    out = tmp_path / "LIVE_PAGE.md"
    command = [sys.executable, "-m", "benchmarks.page", "--carts", "500", "--rounds", "1", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=170)
    assert re.search(r"\| first paint \| \d+ ms .*\n(.*\n)+\| .*, 12 carts \|", out.read_text())


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.broker
@pytest.mark.parametrize(
    ("module", "options", "told"),
    [
        pytest.param(
            "latency",
            ("--rates", "200", "--seconds", "5"),
            "| noticed, p99 ms |",
            marks=pytest.mark.kafka,
            id="latency",
        ),
        pytest.param("bare", ("--events", "20000", "--rounds", "1"), "| bare insert |", id="landing"),
    ],
)
def test_what_takes_its_time_is_measured_and_written_down(
    module: str, options: tuple[str, ...], told: str, tmp_path: Path
) -> None:
    if module == "latency" and (reason := missing()):
        pytest.skip(reason)
    out = tmp_path / "REPORT.md"
    command = [sys.executable, "-m", f"benchmarks.{module}", *options, "--out", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, timeout=170)
    assert told in out.read_text()
