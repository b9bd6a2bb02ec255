"""Against a broker that asks who comes: what the doctor says, and the commands; never a password."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from streams.settings import Settings
from tests.doctor.test_broker import command, found
from tests.secured_kafka import (
    GROUP,
    KEY_PASSWORD,
    PASSWORD,
    READING,
    TOPIC,
    TRANSACTIONAL_ID,
    USER,
    SecuredKafka,
    rights,
)

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

WRONG = "wr0ng p4ssword"
Make = Callable[..., Settings]


@pytest.fixture
def on(secured: SecuredKafka, prefix: str, tmp_path: Path) -> Make:
    """Settings that reach the broker, but for what is said otherwise."""

    def make(**said: Any) -> Settings:
        kafka = secured.settings(**said)
        return Settings().but(prefix=prefix, partitions=1, replication=1, data_dir=tmp_path, kafka=kafka)

    return make


@pytest.fixture
def poor(secured: SecuredKafka, prefix: str) -> str:
    """Somebody who is known and may do nothing."""
    secured.know(f"poor-{prefix}")
    return f"poor-{prefix}"


@pytest.fixture
def created(secured: SecuredKafka, prefix: str, on: Make) -> None:
    """The topics, by somebody who may create them."""
    secured.allow(USER, *rights(prefix))
    assert heedful(on(), "topics", "create").returncode == 0


def heedful(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "streams.cli", *words]
    return subprocess.run(
        command, env=settings.environment(), capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"security": "sasl_plaintext"}, id="password"),
        pytest.param({"security": "sasl_ssl", "mechanism": "PLAIN"}, id="plain-password-and-certificate"),
        pytest.param({"security": "sasl_ssl", "mechanism": "SCRAM-SHA-256"}, id="password-and-certificate"),
        pytest.param({"security": "ssl"}, id="certificates-of-both"),
    ],
)
@pytest.mark.usefixtures("created")
def test_who_may_do_what_heedful_needs_is_told_that_all_is_well(said: dict[str, str], on: Make) -> None:
    """Exactly the rights that streams/README.md names."""
    done = command(on(**said))
    assert done.returncode == 0, done.stdout
    assert "ok       broker: transactions work" in done.stdout
    assert "ok       topics: kept as they should be" in done.stdout
    assert done.stderr == ""


REFUSALS = [
    pytest.param({"password": WRONG}, "doesn't accept heedful (kafka.username, ", id="password"),
    pytest.param({"password": WRONG, "mechanism": "PLAIN"}, "doesn't accept heedful (", id="plain-password"),
    pytest.param({"username": "nobody"}, "doesn't accept nobody (kafka.username, ", id="user"),
    pytest.param({"ca": None}, "certificate verify failed", id="no-authority"),
    pytest.param({"ca": "no/such/file.pem"}, "[kafka] can't be used (kafka.ca, ", id="no-such-file"),
    pytest.param({"security": "ssl", "key_password": WRONG}, "[kafka] can't be used (", id="key-password"),
    pytest.param({"security": "sasl_plaintext"}, "no broker answers at ", id="unencrypted"),
]


@pytest.mark.parametrize(("said", "told"), REFUSALS)
def test_who_is_not_let_in_is_told_why_and_what_to_do(
    said: dict[str, Any], told: str, secured: SecuredKafka, on: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("streams.doctor.broker.PATIENCE", 5.0)
    if said.get("security") == "sasl_plaintext":
        said = {**said, "bootstrap": secured.settings()["bootstrap"]}
    [finding] = found(on(**said))
    assert told in finding.what
    assert "[kafka]" in finding.do
    assert not re.search(f"{WRONG}|{re.escape(PASSWORD)}|{KEY_PASSWORD}", " ".join(finding))


def test_commands_say_the_same_and_no_password(on: Make) -> None:
    done = heedful(on(password=WRONG), "topics", "list")
    assert done.returncode == 2
    assert "doesn't accept heedful (kafka.username, kafka.password, kafka.mechanism)" in done.stderr
    assert WRONG not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("lacking", "grant"),
    [
        pytest.param(TOPIC, "--operation All --topic", id="topics"),
        pytest.param(TRANSACTIONAL_ID, "--operation Write --transactional-id", id="transactions"),
        pytest.param(GROUP, "--operation Read --group", id="groups"),
    ],
)
@pytest.mark.usefixtures("created")
def test_a_right_that_is_lacking_is_named_with_the_command_that_grants_it(
    lacking: Any, grant: str, secured: SecuredKafka, prefix: str, poor: str, on: Make
) -> None:
    secured.allow(poor, *(right for right in rights(prefix) if right[0] != lacking))
    finding = found(on(username=poor))[0]
    assert finding.what.startswith(f"a transaction on heedful.{prefix}.doctor fails: ")
    assert f"--allow-principal User:{poor} {grant} heedful.{prefix}. " in finding.do


@pytest.mark.usefixtures("created")
def test_topics_that_may_not_be_seen_are_not_said_to_be_missing(
    secured: SecuredKafka, prefix: str, poor: str, on: Make
) -> None:
    secured.allow(poor, *(right for right in rights(prefix) if right[1] != f"{prefix}."))
    [finding] = found(on(username=poor))
    assert finding.what.startswith(f"this user may not see: {prefix}.clickstream, {prefix}.cart, ")
    assert f"User:{poor} --operation All --topic {prefix}.clickstream" in finding.do


@pytest.mark.usefixtures("created")
def test_topics_that_may_only_be_read(secured: SecuredKafka, prefix: str, poor: str, on: Make) -> None:
    others = [right for right in rights(prefix) if right[1] != f"{prefix}."]
    secured.allow(poor, *others, (TOPIC, f"{prefix}.", READING))
    findings = found(on(username=poor))
    assert {finding.what.partition(": ")[2] for finding in findings} == {"this user may not WRITE"}
    assert f"User:{poor} --operation Write --topic {prefix}.clickstream" in findings[0].do


def test_who_may_not_create_topics_is_told_the_right(poor: str, prefix: str, on: Make) -> None:
    done = heedful(on(username=poor), "topics", "create")
    assert done.returncode == 2
    assert f"the broker doesn't let this user create {prefix}.clickstream; who may, allows it:" in done.stderr
    assert f"--allow-principal User:{poor} --operation Create --topic {prefix}.clickstream" in done.stderr
