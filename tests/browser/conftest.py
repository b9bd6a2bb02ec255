"""A browser and a shop: edges as a process on an embedded broker, and a hand that publishes."""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Browser

from schemas import topics
from schemas.codec import Codec
from schemas.control import Clock
from schemas.facts import Fact
from schemas.outputs import ContactState
from schemas.registry import FileRegistry
from schemas.topics import Topic
from schemas.words import Line, Millis, Record
from streams.addresses import address_of
from streams.broker import EmbeddedBroker
from streams.preparing import prepare
from streams.settings import Settings
from tests.app.test_worker import on, page, worker
from tests.browser.chromium import Watched, chromium, missing
from tests.waiting import eventually

CODEC = Codec(FileRegistry())
MINUTE: Millis = 60_000


def now() -> Millis:
    """The time of people."""
    return time.time_ns() // 1_000_000


class Shop:
    """Topics of one's own, and what the kernels would say on them."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._producer = Producer({"bootstrap.servers": settings.kafka.bootstrap})

    def say(self, topic: Topic, *records: tuple[str, Record]) -> None:
        """Publish records under their keys."""
        name = topic.named(self.settings.prefix)
        for key, record in records:
            self._producer.produce(name, key=topics.key("main", key), value=CODEC.encode(record))
            self._producer.poll(0)
        assert self._producer.flush(60) == 0

    def spoils(self, topic: Topic, *values: bytes) -> None:
        """Somebody publishes what nobody can read."""
        for value in values:
            self._producer.produce(topic.named(self.settings.prefix), key=b"main/kim", value=value)
        assert self._producer.flush(60) == 0

    def fills(self, profile_id: str, value: int = 100, ago: Millis = 50 * MINUTE, **said: Any) -> None:
        """Somebody put something into a cart and went away."""
        self.say(topics.FACTS, (profile_id, cart(profile_id, value, ago, **said)))

    def asks(self, contact_id: str, profile_id: str, due_in: Millis = 30 * MINUTE) -> None:
        """Somebody asks and waits for the first reply."""
        since = now() - 30 * MINUTE
        state = ContactState(
            contact_id=contact_id,
            profile_id=profile_id,
            channel="email",
            status="open",
            waiting=True,
            waiting_since=since,
            asked_at=since,
            first_reply_due_at=now() + due_in,
            breached=due_in < 0,
            priority="normal",
            team="returns",
            updated_at=since,
            rules_version="r",
        )
        self.say(topics.CONTACTS, (contact_id, state))

    def works(self, late: Millis = 0) -> None:
        """Both kernels say how far they have come."""
        at = now() - 10_000 - late
        clocks = [Clock(task=0, tasks=1, clock=at, kernel=kernel) for kernel in ("visits", "care")]
        self.say(topics.FACTS, *[("clock", clock) for clock in clocks])

    @property
    def url(self) -> str:
        """Where the edges are, once they answer and have read everything."""
        return eventually(self._answering)

    def _answering(self) -> str | None:
        address = address_of(self.settings, "edges")
        try:
            said = address and page(address, "status")
        except OSError:
            return None
        return (
            f"{address.url}/"
            if address and said["feed"]["caught_up"] and said["queue"]["caught_up"]
            else None
        )


def cart(profile_id: str, value: int = 100, ago: Millis = 50 * MINUTE, **said: Any) -> Fact:
    """A cart in EUR that was last touched so long ago."""
    at = now() - ago
    given: dict[str, Any] = {
        "visitor_id": f"device of {profile_id}",
        "stage": "cart",
        "currency": "EUR",
        "lines": (Line(product_id="lamp", price=Decimal(value)),),
        **said,
    }
    return Fact(
        event_id=f"{profile_id} {at}",
        occurred_at=at,
        received_at=at,
        profile_id=profile_id,
        type="cart_changed",
        cart_id=f"cart of {profile_id}",
        opened_by="e",
        changed_by="e",
        changed_at=at,
        last_activity_at=at,
        value=Decimal(value),
        device="desktop",
        **given,
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium. Skips where there is none."""
    if reason := missing():
        pytest.skip(reason)
    with chromium() as running:
        yield running


@pytest.fixture
def topics_only(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> Shop:
    """A shop in which no worker runs yet."""
    settings = on(broker.bootstrap, "embedded", prefix, tmp_path / ".heedful")
    prepare(settings)
    return Shop(settings)


@pytest.fixture
def shop(topics_only: Shop) -> Iterator[Shop]:
    """A shop whose edges run."""
    with worker(topics_only.settings, "edges"):
        yield topics_only


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens the page at a shop's address; closes all in the end."""
    opened: list[Watched] = []

    def open_page(url: str, **looks: Any) -> Watched:
        opened.append(Watched(browser, url, **looks))
        return opened[-1]

    yield open_page
    for watched in opened:
        watched.close()
