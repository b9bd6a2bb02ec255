"""Rules tried over a log that the real kernels have worked off: the same say the same."""

import json
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas import topics
from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.errors import FixConfiguration, Refused
from streams.replay import PUBLISHED
from streams.rule_log import record_rules
from streams.rules.settings import RuleSet, override
from streams.sections import KafkaSettings
from streams.settings import Settings
from streams.shadow.comparing import same
from streams.shadow.trial import MEBIBYTE, Range, Trial
from streams.simulator.settings import HOUR, MINUTE
from tests.builders import START
from tests.replay import a_day
from tests.replay.deployment import Deployment, deployment
from tests.rules_in_the_log import with_rules_topic

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

Run = Callable[..., subprocess.CompletedProcess[str]]
RULES = a_day.RULES.active(0)
NOON = START + 12 * HOUR
DAY = Range(START, a_day.END, 24 * HOUR)
PLENTY = 8_192 * MEBIBYTE


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def where(request: pytest.FixtureRequest) -> KafkaSettings:
    """Either broker."""
    running = request.getfixturevalue("broker" if request.param == "embedded" else "kafka")
    return KafkaSettings(kind=request.param, bootstrap=running.bootstrap, security="plaintext")


@pytest.fixture(scope="module")
def shop(where: KafkaSettings) -> Deployment:
    """One that has worked off a day."""
    made = deployment(where.bootstrap, 0, "tried", embedded=where.kind == "embedded")
    made.publish(a_day.as_it_came())
    with made.at_work() as kernels:
        made.reach(a_day.END, kernels)
    return made


@pytest.fixture(scope="module")
def settings(shop: Deployment, where: KafkaSettings) -> Settings:
    return Settings().but(prefix=shop.bench.config.prefix, kafka=where, lateness=a_day.LATENESS)


@pytest.fixture(scope="module")
def said(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Calls ``heedful rules try`` over the day, where the settings say the rules that held."""
    with_rules_topic(settings)
    record_rules(settings.but(**tomllib.loads(a_day.RULE_FILE)), 0)
    where = ("--bootstrap", settings.kafka.bootstrap, "--prefix", settings.prefix)
    config = tmp_path_factory.mktemp("tried") / "heedful.toml"
    kafka = f'[kafka]\nkind = "{settings.kafka.kind}"\nsecurity = "plaintext"\n'
    config.write_text(f'lateness = "{a_day.LATENESS // 1000}s"\n{kafka}{a_day.RULE_FILE}')
    wanted = ("--from", to_iso(START), "--until", to_iso(a_day.END), "--lead-in", "1d")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = (sys.executable, "-m", "streams.cli", "rules", "try", *words, *wanted, *where)
        return subprocess.run(
            [*command, "--config", str(config)], capture_output=True, text=True, check=False
        )

    return run


def trial(settings: Settings, rules: RuleSet, wanted: Range, memory: int = PLENTY) -> Trial:
    return Trial(settings, rules, wanted, memory, lambda doing, events, at: None)


@pytest.mark.parametrize(
    ("since", "until"),
    [(START, a_day.END), (NOON, NOON + HOUR), (NOON + 7 * MINUTE, a_day.DAY)],
    ids=["the whole day", "an hour", "an afternoon"],
)
def test_the_same_rules_say_the_same(settings: Settings, since: Millis, until: Millis) -> None:
    reached, counts = trial(settings, RULES, Range(since, until, 24 * HOUR)).run()
    assert reached.until == until
    assert sum(count.then for count in counts.values()) > 20
    assert {group: count for group, count in counts.items() if count.differs} == {}


def test_all_that_was_said_is_compared(settings: Settings, shop: Deployment) -> None:
    _, counts = trial(settings, RULES, DAY).run()
    said = {topic.label: topic for topic in topics.OUTPUTS if topic.label in PUBLISHED}
    for label, topic in said.items():
        ids = {one.event_id for one in shop.bench.read(topic) if START <= one.occurred_at < a_day.END}
        assert sum(count.then for group, count in counts.items() if group[0] == label) == len(ids)


def test_other_rules_say_otherwise(settings: Settings) -> None:
    sooner = override(RULES, ["rules.abandonment.cart.after=30m"])
    _, counts = trial(settings, sooner, DAY).run()
    carts = counts["signals.abandonment", "abandoned cart"]
    assert carts.now > carts.then
    assert carts.only_now == carts.now - carts.then + carts.only_then
    assert carts.moved > 0
    assert {len(carts.only_now_examples), len(carts.moved_examples)} == {3}
    assert not counts["signals.contact", "breached"].differs
    assert not same(counts.values())


def test_a_switch_for_all_outreach(settings: Settings) -> None:
    _, counts = trial(settings, override(RULES, ["outreach.mode=off"]), DAY).run()
    off = counts["decisions", "refused by switched_off"]
    assert (off.then, off.now > 0, off.only_now) == (0, True, off.now)


def test_nothing_is_written(settings: Settings, shop: Deployment) -> None:
    names = [topic.named(shop.bench.config.prefix) for topic in topics.TOPICS]
    before = {name: shop.bench.ends(name) for name in names}
    trial(settings, override(RULES, ["outreach.mode=live"]), DAY).run()
    assert {name: shop.bench.ends(name) for name in names} == before


def test_compared_as_far_as_the_log_has_come(settings: Settings) -> None:
    reached, counts = trial(settings, RULES, DAY._replace(until=a_day.END + 48 * HOUR)).run()
    assert reached.until == a_day.END
    assert same(counts.values())


def test_a_range_that_the_log_has_not_reached_is_refused(settings: Settings) -> None:
    with pytest.raises(FixConfiguration, match=r"the log has come to 20.* only .tried.*before --from"):
        trial(settings, RULES, Range(a_day.END + HOUR, a_day.END + 2 * HOUR, HOUR)).run()


def test_beyond_its_memory_it_ends(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.shadow.trial.LOOK_EVERY", 100)
    with pytest.raises(Refused, match=r"after 100 events this process takes .* MiB, more than --memory"):
        trial(settings, RULES, DAY, MEBIBYTE).run()


def test_as_a_command_the_same_rules_say_the_same(said: Run) -> None:
    done = said()
    assert done.returncode == 0
    assert all(line.startswith("reading ") for line in done.stderr.splitlines())
    assert done.stdout.endswith("Nothing would have been otherwise.\n")


def test_as_a_command_others_are_told_in_a_table_with_examples(said: Run, tmp_path: Path) -> None:
    file = tmp_path / "tomorrow.toml"
    file.write_text(a_day.RULE_FILE + '[rules.abandonment.cart]\nafter = "30m"\n')
    done = said(str(file))
    assert done.returncode == 1
    assert re.search(r"signals.abandonment +abandoned cart +\d+ +\d+ +\d+ +\d+ +\d+", done.stdout)
    assert re.search(r"abandoned cart only now: 20.*, cart .*; silent since 20.*, cause ", done.stdout)


def test_as_json(said: Run) -> None:
    told = json.loads(said("--json").stdout)
    assert (told["same"], told["from"], told["version"]) == (True, to_iso(START), RULES.version)
    assert all(group["then"] == group["now"] for group in told["groups"])


def test_interrupted_in_the_middle_it_lets_go_of_the_broker(settings: Settings) -> None:
    threads = threading.active_count()

    def interrupt(doing: str, events: int, at: Millis) -> None:
        if events == 500:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Trial(settings, RULES, DAY, PLENTY, interrupt).run()
    assert threading.active_count() == threads
