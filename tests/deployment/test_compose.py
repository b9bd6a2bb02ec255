"""The compose file: allowed by the specification, understood by heedful, without secrets; Kafka starts so.

No engine for containers runs here: images are not pulled, what is in them is not tested.
"""

import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from confluent_kafka.admin import AdminClient
from jsonschema import Draft201909Validator

from schemas import admin
from schemas.codec import OWN_BYTES
from streams.cli import COMMANDS
from streams.settings import load
from tests.apache_kafka import apache_kafka, missing

ROOT = Path(__file__).parents[2]
WHOLE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = WHOLE["services"]
OURS = sorted(name for name, service in SERVICES.items() if service["image"].startswith("heedful:"))


def test_the_specification_allows_it() -> None:
    schema = json.loads((ROOT / "tests/vendor/compose-spec.json").read_text())
    validator = Draft201909Validator(schema)
    assert [error.message for error in validator.iter_errors(WHOLE)] == []
    assert not validator.is_valid({**WHOLE, "services": {"a": {"imagery": "b"}}})


def test_one_service_a_role_and_two_of_care() -> None:
    roles = sorted(SERVICES[name]["command"][-1] for name in OURS if "command" in SERVICES[name])
    assert roles == ["care", "care", "edges", "landing", "visits"]


@pytest.mark.parametrize("name", OURS)
def test_heedful_reads_every_setting_that_it_is_given(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    example = dict(line.split("=") for line in secrets("heedful.env.example"))
    given = {**SERVICES[name]["environment"], **dict.fromkeys(example, "sixteen letters!")}
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("HEEDFUL_SETTINGS", raising=False)
    settings = load(ROOT / "heedful.toml")
    assert settings.kafka.bootstrap == "kafka:9092"
    assert (settings.web.port, settings.log) == (8000, "json")
    assert settings.clickhouse.username == SERVICES["clickhouse"]["environment"]["CLICKHOUSE_USER"]
    assert settings.clickhouse.database == SERVICES["clickhouse"]["environment"]["CLICKHOUSE_DB"]


@pytest.mark.parametrize("name", [name for name in OURS if "command" in SERVICES[name]])
def test_the_command_is_one(name: str) -> None:
    word, *rest = SERVICES[name]["command"]
    command = typer.main.get_command(importlib.import_module(f"streams.cli.{COMMANDS[word].module}").app)
    command.make_context(word, rest)


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_has_a_pinned_version_a_limit_and_a_check(name: str) -> None:
    service = SERVICES[name]
    assert re.search(r":\d+\.\d+(\.\d+)?$", service["image"])
    assert set(service["deploy"]["resources"]["limits"]) == {"cpus", "memory"}
    assert "test" in service["healthcheck"] or name == "prepare"


def test_what_is_mounted_is_there_and_every_volume_is_named() -> None:
    mounted = [each.split(":")[0] for service in SERVICES.values() for each in service.get("volumes", ())]
    assert {each for each in mounted if not each.startswith(".")} == set(WHOLE["volumes"])
    assert all((ROOT / each).exists() for each in mounted if each.startswith("."))


def secrets(name: str) -> list[str]:
    return [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]


def test_no_secret_stands_in_it_and_what_holds_them_is_not_checked_in() -> None:
    for service in SERVICES.values():
        assert not [
            name for name in service.get("environment", {}) if re.search("PASSWORD|TOKEN|SECRET", name)
        ]
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    files = {service["env_file"] for service in SERVICES.values() if "env_file" in service}
    for file in files:
        assert all(line.endswith("=") for line in secrets(f"{file}.example"))
        assert file in ignored


def test_pages_are_reached_from_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", ())]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.kafka
def test_kafka_starts_with_these_settings_and_takes_what_heedful_creates(prefix: str) -> None:
    """As the image's entry point makes properties of variables; addresses and folders are this test's."""
    if reason := missing():
        pytest.skip(reason)
    given = SERVICES["kafka"]["environment"]
    properties = {
        name.removeprefix("KAFKA_").lower().replace("_", "."): value for name, value in given.items()
    }
    assert int(properties["message.max.bytes"]) >= OWN_BYTES
    with apache_kafka(properties) as broker:
        kafka = {"bootstrap.servers": broker.bootstrap}
        wanted = admin.plans(prefix, prefix, 2)
        assert len(admin.create(kafka, wanted, 1)) == len(wanted)
        assert AdminClient(kafka).list_topics(timeout=20).topics.keys() >= {plan.name for plan in wanted}


def test_the_image_is_built_of_the_wheel_and_does_not_run_as_root() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER heedful" in lines
    assert any("--require-hashes" in line and "requirements.lock" in line for line in lines)
    assert all(
        re.fullmatch(r"FROM \S+:\d+\.\d+\S*( AS \w+)?", line) for line in lines if line.startswith("FROM")
    )
