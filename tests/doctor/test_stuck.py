"""A task that is stuck is named by its own pages, by the doctor and by an alert, with the likely reason."""

import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.addresses import address_of
from streams.doctor.finding import Finding
from streams.doctor.tasks import tasks
from streams.preparing import prepare
from streams.settings import Settings
from tests.alerts.receiver import Receiver, receiving
from tests.alerts.test_edges import revealed
from tests.app.test_worker import on, page, worker
from tests.waiting import eventually

pytestmark = [pytest.mark.long, pytest.mark.slow, pytest.mark.timeout(900)]

RULE = {"name": "stuck tasks", "kind": "stuck", "after": "1m", "resolve_after": "10s", "to": ["ops"]}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture(
    params=[
        pytest.param(("embedded", "broker"), id="embedded", marks=pytest.mark.broker),
        pytest.param(("kafka", "kafka"), id="kafka", marks=pytest.mark.kafka),
    ]
)
def settings(request: pytest.FixtureRequest, prefix: str, tmp_path: Path, receiver: Receiver) -> Settings:
    kind, fixture = request.param
    alerting = {"targets": {"ops": {"webhook": receiver.url, "secret": "very secret"}}}
    found = on(request.getfixturevalue(fixture).bootstrap, kind, prefix, tmp_path).but(
        alerts=[RULE], alerting=alerting, stuck_after="10s", replication=1
    )
    prepare(found)
    return found


def errors(settings: Settings) -> list[Finding]:
    return [finding for finding in tasks(settings) if finding.level == "error"]


def stuck(settings: Settings) -> list[dict[str, str]]:
    found: list[dict[str, str]] = status(settings).get("stuck", [])
    return found


def status(settings: Settings) -> dict[str, Any]:
    address = address_of(settings, "visits")
    try:
        return dict(page(address, "status")) if address else {}
    except OSError:
        return {}


def metrics(settings: Settings) -> str:
    address = address_of(settings, "visits")
    assert address
    with urllib.request.urlopen(f"{address.url}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_an_input_without_heartbeats_and_then_no_worker(settings: Settings, receiver: Receiver) -> None:
    """Two partitions: both stand, and are told of as one finding, and as two alerts."""
    silent = settings.but(heartbeats="off", alerting=revealed(settings))
    with worker(settings, "visits"):
        eventually(lambda: status(settings).get("durable", 0))
        eventually(lambda: [each.level for each in tasks(settings)] == ["ok"])
    with worker(silent, "edges"):
        with worker(silent, "visits"):
            both = {("visits-0", "silent"), ("visits-1", "silent")}
            eventually(lambda: {(task["task"], task["why"]) for task in stuck(silent)} == both, 120)
            assert 'heedful_task_stuck{kernel="visits",partition="1",why="silent"} 1.0' in metrics(silent)
            eventually(
                lambda: [each.what[:32] for each in errors(silent)] == ["visits-0, visits-1 stuck since 2"]
            )
            [finding] = errors(silent)
            assert "has had neither events nor heartbeats since 20" in finding.what
            assert "heartbeats" in finding.do
            eventually(lambda: len(told(receiver)) == 2, 180)
            assert {(one["state"], one["subject"]) for one in told(receiver)} == {
                ("raised", "visits-0"),
                ("raised", "visits-1"),
            }
            assert all("neither events nor heartbeats" in one["cause"] for one in told(receiver))
        eventually(lambda: "nothing was committed since" in "".join(each.what for each in errors(silent)), 60)
        with worker(settings, "visits"):
            eventually(lambda: len(told(receiver)) == 4, 180)
    assert {one["state"] for one in told(receiver)[2:]} == {"resolved"}
    assert len({one["alert_id"] for one in told(receiver)}) == 2


def told(receiver: Receiver) -> list[dict[str, Any]]:
    return [alert for call in receiver.taken for alert in call.said["alerts"]]
