"""What every role says to machines: alive, ready, measured; to whom; and what its log never says."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from prometheus_client.parser import text_string_to_metric_families

from schemas.codec import Codec
from schemas.events import ProfileUpdate
from schemas.registry import FileRegistry
from schemas.topics import CART, PROFILE_UPDATES, key
from streams.addresses import address_of
from streams.broker import EmbeddedBroker
from streams.errors import FixConfiguration
from streams.preparing import prepare
from streams.roles import ROLES, Role
from streams.settings import Settings
from streams.supervisor import Supervisor
from tests.app.test_whole_path import SPEED
from tests.app.test_worker import on, worker
from tests.builders import START, added, minute
from tests.waiting import eventually

TOKEN = "a token for these tests"
PERSONAL = ("device-of-a-person", "customer-person", "person@example.org", "garbage of a person")
EVERYWHERE = {"heedful_build", "heedful_lag_records", "heedful_lag_seconds", "heedful_sessions"}
OF_KERNELS = {
    "heedful_records_read",
    "heedful_records_published",
    "heedful_clock_seconds",
    "heedful_state_keys",
    "heedful_timers",
    "heedful_tasks",
    "heedful_commit_seconds",
}
SAID: dict[Role, set[str]] = {
    "visits": EVERYWHERE | OF_KERNELS | {"heedful_dead_letters"},
    "care": EVERYWHERE | OF_KERNELS | {"heedful_detection_seconds"},
    "landing": EVERYWHERE
    | {"heedful_records_read", "heedful_rows_landed", "heedful_claims_open", "heedful_commit_seconds"},
    "edges": {"heedful_build", "heedful_lag_records", "heedful_seen", "heedful_waiting_contacts"},
}


@pytest.fixture(scope="module")
def settings(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """All roles at work, with a cart that was left, an address, and garbage that quotes a person."""
    folder = tmp_path_factory.mktemp("pages")
    clock = {
        "kind": "simulated",
        "start": START,
        "origin": time.time_ns() // 1_000_000,
        "speed": SPEED,
    }
    settings = on(broker.bootstrap, "embedded", "pages", folder)
    settings = settings.but(clock=clock, log="json", web={"token": TOKEN})
    prepare(settings)
    _publish(settings)
    supervisor = Supervisor(settings)
    supervisor.tend()
    yield settings
    supervisor.stop()


def _publish(settings: Settings) -> None:
    producer, codec = Producer({"bootstrap.servers": settings.kafka.bootstrap}), Codec(FileRegistry())
    device, customer, address, garbage = PERSONAL
    cart = added(1, visitor_id=device, customer_id=customer)
    at = minute(1)
    known = ProfileUpdate(
        event_id="address",
        occurred_at=at,
        received_at=at,
        profile_id=customer,
        type="attributes_changed",
        address=address,
    )
    name = CART.named(settings.prefix)
    producer.produce(name, key=key("main", device), value=codec.encode(cart))
    producer.produce(name, key=key("main", device), value=garbage.encode())
    producer.produce(
        PROFILE_UPDATES.named(settings.prefix), key=key("main", customer), value=codec.encode(known)
    )
    assert producer.flush(10) == 0


def get(url: str, authorization: str | None = f"Bearer {TOKEN}") -> tuple[int, str]:
    """Status and body; 0 where nobody answers yet."""
    request = urllib.request.Request(url, headers={"Authorization": authorization} if authorization else {})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError:
        return 0, ""


def at(settings: Settings, role: Role, path: str) -> str:
    address = eventually(lambda: address_of(settings, role))
    return f"{address.url}{path}"


def measured(settings: Settings, role: Role) -> dict[str, Any]:
    """Families of metrics that have samples, by name; each is told once."""
    text = get(at(settings, role, "/metrics"))[1]
    families = [family for family in text_string_to_metric_families(text) if family.samples]
    found = {family.name: family.samples for family in families}
    assert len(found) == len(families)
    return found


@pytest.mark.broker
@pytest.mark.parametrize("role", ROLES)
def test_every_role_becomes_ready_and_measures_what_it_does(settings: Settings, role: Role) -> None:
    assert json.loads(eventually(lambda: _ok(at(settings, role, "/readyz"))))["why_not"] is None
    assert json.loads(get(at(settings, role, "/healthz"))[1]) == {"role": role, "healthy": True}
    eventually(lambda: measured(settings, role).keys() >= SAID[role])


def _ok(url: str) -> str | None:
    status, body = get(url, None)
    return body if status == 200 else None


@pytest.mark.broker
def test_detection_is_measured_in_the_time_of_the_host(settings: Settings) -> None:
    """The cart was left at a moment; in simulated time some minutes pass until everybody can see it."""
    samples = eventually(lambda: measured(settings, "care").get("heedful_detection_seconds"))
    [total] = [sample.value for sample in samples if sample.name == "heedful_detection_seconds_sum"]
    [count] = [sample.value for sample in samples if sample.name == "heedful_detection_seconds_count"]
    assert count == 1
    assert 10 <= total < 60 * SPEED


@pytest.mark.broker
def test_dead_letters_are_counted_by_reason(settings: Settings) -> None:
    [letter] = [
        sample
        for sample in eventually(lambda: measured(settings, "visits").get("heedful_dead_letters"))
        if sample.name.endswith("_total")
    ]
    assert (letter.labels, letter.value) == ({"reason": "not_framed"}, 1)


@pytest.mark.broker
@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        pytest.param(None, 401, id="nothing"),
        pytest.param(f"Bearer {TOKEN}", 200, id="bearer"),
        pytest.param(f"bearer {TOKEN}", 200, id="in small letters"),
        pytest.param("Bearer another token", 401, id="another one"),
        pytest.param("Basic " + base64.b64encode(f"kim:{TOKEN}".encode()).decode(), 200, id="password"),
        pytest.param("Basic " + base64.b64encode(TOKEN.encode()).decode(), 401, id="no password"),
        pytest.param("Basic é", 401, id="not base64"),
        pytest.param(f"Digest {TOKEN}", 401, id="another way"),
    ],
)
@pytest.mark.parametrize("path", ["/status", "/metrics", "/contacts/waiting", "/", "/live/live.js"])
def test_pages_are_shown_to_whoever_knows_the_token(
    settings: Settings, path: str, authorization: str | None, status: int
) -> None:
    eventually(lambda: _ok(at(settings, "edges", "/healthz")))
    given = authorization and authorization.encode().decode("latin-1")
    assert get(at(settings, "edges", path), given)[0] == status


@pytest.mark.broker
@pytest.mark.parametrize("path", ["/live/events", "/live/customer?shop=main&profile=kim"])
def test_nobody_is_told_of_customers_without_the_token(settings: Settings, path: str) -> None:
    eventually(lambda: _ok(at(settings, "edges", "/healthz")))
    assert get(at(settings, "edges", path), None) == (401, "a token is needed\n")


@pytest.mark.broker
def test_no_log_names_a_person(settings: Settings) -> None:
    for role in ROLES:
        eventually(lambda role=role: measured(settings, role).keys() >= SAID[role])  # type: ignore[misc]
        text = (settings.data_dir / "logs" / f"{role}.log").read_text()
        lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        assert {line["role"] for line in lines} == {role}
        assert [word for word in PERSONAL if word in text] == []


@pytest.mark.broker
def test_a_role_without_its_topics_is_alive_and_not_ready(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    """The worker that began first has all partitions; another one waits for its turn, and says so."""
    settings = on(broker.bootstrap, "embedded", prefix, tmp_path / "first").but(partitions=1)
    spare = settings.but(data_dir=tmp_path / "spare")
    prepare(settings)
    with worker(settings, "visits"):
        eventually(lambda: _ok(at(settings, "visits", "/readyz")))
        with worker(spare, "visits"):
            eventually(lambda: _ok(at(spare, "visits", "/healthz")))
            status, body = get(at(spare, "visits", "/readyz"))
            assert (status, json.loads(body)["why_not"]) == (503, "no partition is assigned")


@pytest.mark.parametrize(
    ("web", "refused"),
    [
        pytest.param({"host": "127.0.0.1"}, False, id="loopback"),
        pytest.param({"host": "::1"}, False, id="loopback of IPv6"),
        pytest.param({"host": "localhost"}, False, id="localhost"),
        pytest.param({"host": "0.0.0.0"}, True, id="every address"),
        pytest.param({"host": "shop.example"}, True, id="a name"),
        pytest.param({"host": "0.0.0.0", "token": "x" * 16}, False, id="with a token"),
        pytest.param({"host": "127.0.0.1", "token": "x" * 15}, True, id="with a short token"),
    ],
)
def test_pages_leave_the_machine_only_with_a_token(web: dict[str, str], refused: bool) -> None:
    if refused:
        with pytest.raises(FixConfiguration):
            Settings().but(web=web)
    else:
        assert Settings().but(web=web).web.host == web["host"]
