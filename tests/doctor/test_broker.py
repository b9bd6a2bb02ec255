"""Whatever is broken on purpose, the doctor finds, and says what to do."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from confluent_kafka.cimpl import NewTopic

from schemas import admin
from schemas.control import Heartbeat, Hold
from schemas.topics import CART, DEAD_LETTERS
from streams.clock import WallClock
from streams.doctor.finding import Finding
from streams.doctor.flow import LOOKED_AT
from streams.doctor.look import look
from streams.kernel.deadletters import Origin, dead_letter
from streams.positions import Held, Positions, held
from streams.preparing import prepare
from streams.settings import Settings
from streams.wiring import codec_of, kernel_config
from tests.app.test_worker import on, worker
from tests.builders import added, minute
from tests.waiting import eventually

HOUR = 3_600_000


@pytest.fixture(
    params=[
        pytest.param(("embedded", "broker"), id="embedded", marks=pytest.mark.broker),
        pytest.param(("kafka", "kafka"), id="kafka", marks=pytest.mark.kafka),
    ]
)
def settings(request: pytest.FixtureRequest, prefix: str, tmp_path: Path) -> Settings:
    kind, fixture = request.param
    return on(request.getfixturevalue(fixture).bootstrap, kind, prefix, tmp_path).but(replication=1)


def found(settings: Settings, level: str = "error") -> list[Finding]:
    """What the doctor finds of that level."""
    return [finding for finding in look(settings, lambda what: None) if finding.level == level]


def publish(settings: Settings, name: str, *values: bytes, partition: int = 0) -> None:
    producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})
    for value in values:
        producer.produce(name, value, partition=partition)
    assert producer.flush(10) == 0


def test_where_all_is_well_there_is_no_error(settings: Settings) -> None:
    prepare(settings)
    findings = list(look(settings, lambda what: None))
    assert [each for each in findings if each.level == "error"] == []
    assert Finding("ok", "broker", "transactions work") in findings
    assert Finding("ok", "topics", "all there") in findings
    assert {each.area for each in findings if each.level == "warning"} <= {"sources", "broker"}
    assert all(each.why and each.do for each in findings if each.level != "ok")


def test_it_leaves_nothing_behind(settings: Settings) -> None:
    list(look(settings, lambda what: None))
    names = set(admin.partitions_of(settings.kafka.librdkafka()))
    assert [name for name in names if settings.prefix in name] == []


def test_a_topic_that_is_missing(settings: Settings) -> None:
    wanted = admin.plans(settings.prefix, settings.deployment, settings.partitions)
    admin.create(settings.kafka.librdkafka(), [plan for plan in wanted if plan.topic is not CART], 1)
    [finding] = found(settings)
    assert finding.what == f"missing: {settings.prefix}.cart"
    assert finding.do == "heedful topics create"


def test_a_topic_with_another_number_of_partitions(settings: Settings) -> None:
    client = AdminClient({"bootstrap.servers": settings.kafka.bootstrap})
    wanted = admin.plans(settings.prefix, settings.deployment, settings.partitions)
    cart = next(plan for plan in wanted if plan.topic is CART)
    client.create_topics([NewTopic(cart.name, 3, 1, config=dict(cart.settings))])[cart.name].result(20)
    admin.create(settings.kafka.librdkafka(), [plan for plan in wanted if plan is not cart], 1)
    [finding] = found(settings)
    assert finding.what == f"{cart.name} has 3 partitions, the others 2"
    assert "--partitions 2" in finding.do


def test_settings_with_another_number_of_partitions(settings: Settings) -> None:
    prepare(settings)
    [finding] = found(settings.but(partitions=7))
    assert finding.what == "they have 2 partitions, the settings say 7"
    assert finding.do.startswith("partitions = 2")


def test_a_topic_that_is_not_kept_as_it_must_be(kafka, prefix: str, tmp_path: Path) -> None:
    settings = on(kafka.bootstrap, "kafka", prefix, tmp_path).but(replication=1)
    prepare(settings)
    name = f"{prefix}.contacts"
    changed = ConfigResource(
        ResourceType.TOPIC,
        name,
        incremental_configs=[
            ConfigEntry("cleanup.policy", "delete", incremental_operation=AlterConfigOpType.SET)
        ],
    )
    client = AdminClient({"bootstrap.servers": kafka.bootstrap})
    client.incremental_alter_configs([changed])[changed].result(20)
    [finding] = found(settings)
    assert finding.what == f"{name} has cleanup.policy = delete, and not compact"
    assert f"--entity-name {name} --add-config cleanup.policy=compact" in finding.do


def test_a_broker_that_is_down_and_what_does_not_need_it_is_still_looked_at(tmp_path: Path) -> None:
    settings = on("127.0.0.1:1", "kafka", "cx", tmp_path)
    findings = list(look(settings, lambda what: None))
    [error] = [each for each in findings if each.level == "error"]
    assert error.what.startswith("no broker answers at 127.0.0.1:1")
    assert {each.area for each in findings} == {"settings", "broker", "registry", "clickhouse"}


def test_a_clock_that_stands_and_a_source_that_is_silent(settings: Settings) -> None:
    prepare(settings)
    beat = Heartbeat(received_at=WallClock().now() - HOUR)
    publish(settings, CART.named(settings.prefix), codec_of(settings).encode(beat))
    [finding] = found(settings)
    assert finding.what.startswith(f"the time of {settings.prefix}.cart stands since ")
    assert f"{settings.prefix}.cart: no event lately" in [each.what for each in found(settings, "warning")]


def test_a_hold_is_no_clock_that_stands(settings: Settings) -> None:
    prepare(settings)
    codec, before = codec_of(settings), WallClock().now() - HOUR
    values = (Heartbeat(received_at=before), Hold(action="hold", received_at=before, reason="import"))
    publish(settings, CART.named(settings.prefix), *map(codec.encode, values))
    assert found(settings) == []
    assert [each for each in found(settings, "warning") if "is held" in each.what]


def test_a_hold_that_is_buried_under_what_was_imported(settings: Settings) -> None:
    """The kernels know of it, until they have read its end; so does who asks them, as the alerts do."""
    prepare(settings)
    codec, topic, positions = (
        codec_of(settings),
        CART.named(settings.prefix),
        Positions(kernel_config(settings)),
    )

    def said(action: Any) -> bytes:
        return codec.encode(Hold(action=action, received_at=WallClock().now(), reason="import"))

    events = [codec.encode(added(minute(number))) for number in range(LOOKED_AT)]
    publish(settings, topic, said("hold"), *events)
    with worker(settings, "visits"):
        eventually(lambda: held(positions.look()) == {Held("cart", 0)})
    told = f"{topic} is held: history is being imported"
    assert [each.what for each in found(settings, "warning") if "is held" in each.what] == [told]
    publish(settings, topic, said("live"))
    assert [each.what for each in found(settings, "warning") if "is held" in each.what] == []
    with worker(settings, "visits"):
        eventually(lambda: held(positions.look()) == set())


@pytest.mark.parametrize(
    ("count", "warned"), [pytest.param(10, False, id="a few"), pytest.param(11, True, id="many")]
)
def test_dead_letters_that_rise(settings: Settings, count: int, warned: bool) -> None:
    prepare(settings)
    origins = [Origin("cx.cart", 0, at, 1_000, b"k", b"hello") for at in range(count)]
    letters = [dead_letter(origin, "decode", "not_framed", "", "visits") for origin in origins]
    publish(settings, DEAD_LETTERS.named(settings.prefix), *map(codec_of(settings).encode, letters))
    warnings = [each.what for each in found(settings, "warning") if each.area == "dead letters"]
    assert warnings == (
        [f"{count} in the last hour (not_framed {count}), 0.0 an hour the day before"] if warned else []
    )


def command(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", "doctor", *words],
        env=settings.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.broker
def test_the_command_says_what_why_and_what_to_do_and_its_exit_code(
    broker, prefix: str, tmp_path: Path
) -> None:
    settings = on(broker.bootstrap, "embedded", prefix, tmp_path)
    done = command(settings)
    assert done.returncode == 1
    assert "ERROR    topics: missing:" in done.stdout
    assert "do: heedful topics create" in done.stdout
    assert done.stdout.splitlines()[-1].endswith("1 error, 1 warning.")
    prepare(settings)
    done = command(settings, "--json")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert {"level", "area", "what", "why", "do"} == set(lines[0])
    assert {line["level"] for line in lines} == {"ok", "warning"}
