"""The benchmark against other engines measures the right thing: traffic, truth, pins, report."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from msgspec.structs import asdict

from benchmarks.peers.report import Outcome, table
from benchmarks.peers.sides import SIDES
from benchmarks.peers.traffic import MINUTE, Crowd
from benchmarks.peers.watch import expected
from benchmarks.plain_detection import CARTS, CONTACTS, Deadlines, Work
from benchmarks.plot import Bar, plot
from benchmarks.processes import Cost
from benchmarks.traffic import BEGINNING
from schemas import topics
from schemas.events import CartEvent, Click, SupportEvent
from tests.apache_kafka import missing
from tests.builders import World, minutes

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "benchmarks" / "peers"
POMS = sorted(PEERS.glob("**/pom.xml"))
REQUIREMENTS = sorted(PEERS.glob("*/requirements.txt"))
PATIENCE = {"cart": 60 * MINUTE, "checkout": 30 * MINUTE, "payment": 10 * MINUTE}


def test_equal_arguments_give_equal_crowds() -> None:
    assert [*Crowd(500, 50, seed=7).events()] == [*Crowd(500, 50, seed=7).events()]
    assert [*Crowd(500, 50, seed=7).events()] != [*Crowd(500, 50, seed=8).events()]


def test_a_crowd_is_mostly_clicks_in_the_order_of_their_time() -> None:
    crowd = Crowd(50_000, 5_000, seed=1)
    events = [*crowd.events()]
    count = Counter(map(type, events))
    assert len(events) == len(crowd) == pytest.approx(50_000, rel=0.02)
    assert count[Click] / len(events) == pytest.approx(0.90, abs=0.01)
    assert count[CartEvent] / len(events) == pytest.approx(0.08, abs=0.01)
    assert count[SupportEvent] / len(events) == pytest.approx(0.02, abs=0.005)
    assert [event.received_at for event in events] == sorted(event.received_at for event in events)
    assert len({event.event_id for event in events}) == len(events)


def test_too_few_visitors_for_the_carts_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        Crowd(10_000, 100, seed=1)


def test_what_the_sides_must_signal_is_what_the_rules_find() -> None:
    crowd = Crowd(4_000, 400, seed=3)
    world = World(lateness=1 / 6).hear(*crowd.events()).until(minutes(crowd.end))
    carts = world.said(topics.ABANDONMENT_SIGNALS)
    contacts = world.said(topics.CONTACT_SIGNALS)
    seen = Counter((signal.visitor_id, signal.stage) for signal in carts if signal.kind == "abandoned")
    seen += Counter((signal.contact_id, signal.clock) for signal in contacts if signal.kind == "breached")
    assert seen == expected(crowd)
    assert {"cart", "checkout", "payment", "first_reply"} == {what for _, what in seen}


def test_what_the_sides_must_signal_is_what_the_events_say() -> None:
    crowd = Crowd(20_000, 2_000, seed=4, start=BEGINNING)
    assert Counter(silences(crowd)) + Counter(unanswered(crowd)) == expected(crowd)


@pytest.mark.parametrize("seed", range(3))
def test_plain_detection_finds_it_too(seed: int) -> None:
    crowd = Crowd(5_000, 500, seed)
    carts, contacts = plainly(CARTS, crowd), plainly(CONTACTS, crowd)
    found = Counter((signal["visitor_id"], signal["stage"]) for signal in carts)
    found += Counter((signal["contact_id"], signal["clock"]) for signal in contacts)
    assert found == expected(crowd)


def plainly(work: Work, crowd: Crowd) -> Iterator[dict[str, Any]]:
    """The signals of one detector that hears all events of its topics in one partition."""
    states: dict[str, dict[str, Any]] = {}
    deadlines = Deadlines("all")
    for event in crowd.events():
        if hasattr(event, work.entity):
            deadlines.hear("all", event.received_at)
            work.happened(states, deadlines, asdict(event))
            yield from work.overdue(states, deadlines)
    deadlines.hear("all", crowd.end)
    yield from work.overdue(states, deadlines)


def silences(crowd: Crowd) -> Iterator[tuple[str, str]]:
    """By a plain look at all events of each visitor: who went silent with something in the cart."""
    lines: dict[str, Counter[str]] = {}
    stages: dict[str, str] = {}
    seen_at: dict[str, int] = {}
    steps = {"checkout_started": "checkout", "payment_info_entered": "payment"}
    for event in crowd.events():
        if isinstance(event, SupportEvent):
            continue
        who = event.visitor_id
        if lines.get(who):
            assert event.occurred_at < seen_at[who] + min(PATIENCE.values())
        seen_at[who] = event.occurred_at
        if event.type == "product_added":
            lines.setdefault(who, Counter())[event.product_id or ""] += 1
        elif event.type == "product_removed":
            del lines[who][event.product_id or ""]
        elif event.type == "order_completed":
            del lines[who]
        stages[who] = steps.get(event.type, stages.get(who, "cart"))
    yield from ((who, stages[who]) for who, left in lines.items() if left)


def unanswered(crowd: Crowd) -> Iterator[tuple[str, str]]:
    """Contacts whose first message got no reply within the hour."""
    asked: dict[str, int] = {}
    replied: dict[str, int] = {}
    for event in crowd.events():
        if isinstance(event, SupportEvent):
            first = asked if event.kind == "customer_message" else replied
            first.setdefault(event.contact_id, event.occurred_at)
    for contact, at in asked.items():
        if contact not in replied or replied[contact] > at + 60 * MINUTE:
            yield contact, "first_reply"


def test_the_table_shows_each_side_and_says_loudly_who_could_not_be_measured() -> None:
    measured = Outcome(SIDES[0], 1_000, [Cost(1.0, 0.5, 0.1, 1 << 20), Cost(2.0, 0.7, 0.1, 3 << 20)])
    absent = Outcome(SIDES[1], 1_000, failures=["round 1: mvn failed:\nno such | thing"])
    flawed = Outcome(SIDES[2], 1_000, [Cost(4.0, 0.5, 0.1, 1 << 20)], ["round 2: signals missing"])
    shown = table([measured, absent, flawed])
    assert "| 750 (500–1,000) | 600.0 (500.0–700.0) |" in shown
    assert "| **FAILED: round 1: mvn failed: no such / thing**" in shown
    assert "**FAILED: round 2: signals missing** | 1,000  | 250 (250–250)" in shown
    assert len({line.count("|") for line in shown.splitlines()}) == 1


def test_the_plot_shows_a_dot_for_each_side() -> None:
    root = ElementTree.fromstring(plot("CPU", [Bar("one <1>", [3.0, 4.0]), Bar("other", [400.0])]))
    space = "{http://www.w3.org/2000/svg}"
    assert len(root.findall(f"{space}circle")) == 2
    assert {"one <1>", "3.5", "400.0"} <= {text.text for text in root.findall(f"{space}text")}


@pytest.mark.parametrize("path", POMS, ids=lambda path: path.parent.name)
def test_every_version_of_a_pom_is_pinned(path: Path) -> None:
    tree, known = pom(path), {"project.version": "1"}
    known |= {node.tag: node.text or "" for node in pom(PEERS / "pom.xml").iterfind("properties/*")}
    wanted = [*tree.iter("dependency"), *tree.iter("plugin")]
    for one in wanted:
        version = one.findtext("version", "")
        pinned = known.get(version.removeprefix("${").removesuffix("}"), version)
        assert re.fullmatch(r"\d[\w.-]*", pinned), f"{one.findtext('artifactId')}: {version!r}"
    assert wanted
    assert not [*tree.iter("repositories"), *tree.iter("pluginRepositories")]


def pom(path: Path) -> ElementTree.Element:
    """Without its namespace."""
    return ElementTree.fromstring(path.read_text().replace('xmlns="http://maven.apache.org/POM/4.0.0"', ""))


@pytest.mark.parametrize("requirements", REQUIREMENTS, ids=lambda path: path.parent.name)
def test_every_requirement_is_pinned(requirements: Path) -> None:
    lines = requirements.read_text().split()
    assert lines
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in lines)


@pytest.mark.kafka
@pytest.mark.long
@pytest.mark.timeout(600)
@pytest.mark.skipif(missing() is not None, reason=missing() or "")
def test_a_short_run_asserts_its_results_and_writes_them_down(tmp_path: Path) -> None:
    out = tmp_path / "PEERS.md"
    command = [
        sys.executable,
        "-m",
        "benchmarks.peers",
        "--rounds",
        "1",
        "--events",
        "5000",
        "--out",
        str(out),
    ]
    subprocess.run([*command, "--only", "heedful", "Kafka Streams"], cwd=ROOT, check=True, timeout=580)
    assert re.search(r"\| Kafka Streams +\| exactly once +\| [45],\d{3} ", out.read_text())
    assert "<svg" in out.with_suffix(".svg").read_text()
