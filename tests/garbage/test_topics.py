"""Garbage on every input topic of a deployment at work: kept with its reason, and nobody else is harmed."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest
from confluent_kafka import Producer

from schemas import topics
from schemas.control import Heartbeat
from schemas.outputs import DeadLetter
from schemas.topics import Topic
from schemas.validation import LONGEST_ID, LONGEST_TEXT
from schemas.words import Line, Millis, Record
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.tables import table_of
from streams.broker import EmbeddedBroker
from streams.care import Care
from streams.kernel.config import KernelConfig
from streams.kernel.deadletters import VALUE_LIMIT
from streams.kernel.state import EntryCodec
from streams.rules.cart import ITEMS_KEPT
from streams.visits import Visits
from tests.builders import World, book, carted, minute
from tests.garbage.kinds import FIVE_MEGABYTES, YEAR_1970, Garbage, garbage, good, harmless
from tests.kernel.harness import CODEC, PATIENCE, Bench, until
from tests.sinks.harness import Shore

pytestmark = pytest.mark.broker

END = 55.0
"""The minute in which it is all over: before any deadline of a rule."""
AMONG_GOOD, ALONE = 0, 1
"""Partitions."""
VALUES = {
    topics.CLICKSTREAM: "product_id",
    topics.CART: "price",
    topics.ORDERS: "order_id",
    topics.SUPPORT: "contact_id",
    topics.PROFILE_UPDATES: "channel",
    topics.FEEDBACK: "outreach_id",
}
"""What each event says that no other of its topic does, if anything."""
WORLD: dict[str, Any] = {"visits": Visits(), "care": Care(book(), lateness=0)}


@dataclass
class Place:
    """A deployment, and what is published to it."""

    bench: Bench
    shore: Shore
    now: Millis

    @cached_property
    def producer(self) -> Producer:
        """Of anybody: nothing is checked, and much is sent."""
        return Producer({**self.bench.config.kafka, "message.max.bytes": 2 * FIVE_MEGABYTES})

    def put(self, topic: Topic, value: bytes | None, partition: int, **more: Any) -> None:
        """A message as it is."""
        name = topic.named(self.bench.config.prefix)
        self.producer.produce(name, value=value, partition=partition, **more)

    def kinds(self, topic: Topic) -> tuple[Garbage, ...]:
        """What is put on a topic besides good events."""
        return garbage(topic, self.now)

    def publish(self) -> None:
        """Good, bad, good ... into one partition; bad ones only into another; then time passes."""
        for topic in topics.INPUTS:
            for number, kind in enumerate(self.kinds(topic)):
                self.put(topic, CODEC.encode(good(topic, number)), AMONG_GOOD, key=f"main/v{number}")
                self.put(topic, kind.value, AMONG_GOOD, key=b"\xff\xfe")
                if kind.value is None or len(kind.value) < FIVE_MEGABYTES:
                    self.put(topic, kind.value, ALONE)
            for value in harmless(topic):
                self.put(topic, value, AMONG_GOOD)
            assert self.producer.flush(PATIENCE) == 0
        self.pass_time()

    def pass_time(self) -> None:
        """Heartbeats behind everything."""
        for topic in topics.INPUTS:
            for partition in (AMONG_GOOD, ALONE):
                self.put(topic, CODEC.encode(Heartbeat(received_at=minute(END))), partition)
        assert self.producer.flush(PATIENCE) == 0

    def expected(self) -> Counter[tuple[str, int, int, str, str]]:
        """Topic, partition, offset, stage and reason of every letter."""
        found = Counter[tuple[str, int, int, str, str]]()
        for topic in topics.INPUTS:
            name = topic.named(self.bench.config.prefix)
            alone = 0
            for number, kind in enumerate(self.kinds(topic)):
                found[name, AMONG_GOOD, 2 * number + 1, kind.stage, kind.reason] += 1
                if kind.value is None or len(kind.value) < FIVE_MEGABYTES:
                    found[name, ALONE, alone, kind.stage, kind.reason] += 1
                    alone += 1
        return found

    def events(self) -> list[Record]:
        """Every good event, in the order of time."""
        numbered = [(number, topic) for topic in topics.INPUTS for number, _ in enumerate(self.kinds(topic))]
        return [good(topic, number) for number, topic in sorted(numbered, key=lambda pair: pair[0])]

    def state(self, kernel: str) -> dict[str, Any]:
        """By key, the state that the changelog holds."""
        codec = EntryCodec(WORLD[kernel])
        raw = self.bench.raw(self.bench.config.internal(kernel, "changelog"))
        latest = {(key or b"").decode(): value for key, value in raw if key and key[0]}
        return {key: codec.decode(value).state for key, value in latest.items() if value is not None}


@pytest.fixture
def place(broker: EmbeddedBroker, prefix: str, store: EmbeddedStore) -> Iterator[Place]:
    kafka: dict[str, Any] = {"bootstrap.servers": broker.bootstrap}
    kernels = KernelConfig(
        kafka=kafka,
        prefix=prefix,
        deployment=prefix,
        lateness=0,
        heartbeats=False,
        aborted_visible=True,
        session_timeout=10_000,
    )
    landing = LandingConfig(
        kafka=kafka, prefix=prefix, deployment=prefix, replication=1, aborted_visible=True, linger=50
    )
    bench = Bench(kernels, 2)
    bench.create(*(topic.named(prefix) for topic in topics.TOPICS))
    bench.create(*(kernels.internal(kernel, "changelog") for kernel in WORLD))
    opened = Place(bench, Shore(landing, 2, store), time.time_ns() // 1_000_000)
    yield opened
    opened.producer.close()


@pytest.mark.timeout(300)
def test_each_is_kept_once_with_its_reason_and_all_around_it_comes_through(place: Place) -> None:
    place.publish()
    expected = place.expected()
    with ExitStack() as at_work:
        visits = at_work.enter_context(place.bench.running(Visits(), announces=topics.FACTS))
        care = at_work.enter_context(place.bench.running(Care(book(), lateness=0)))
        at_work.enter_context(place.shore.landing())
        for kernel in (visits, care):
            until(lambda kernel=kernel: kernel.status().get("clock") == minute(END), "time")  # type: ignore[misc]
        for topic in topics.INPUTS:
            place.shore.wait_for(len(place.kinds(topic)) + refused_by_kernels(place, topic), table_of(topic))
        place.shore.wait_for(expected.total(), table_of(topics.DEAD_LETTERS))
    letters: list[DeadLetter] = place.bench.read(topics.DEAD_LETTERS)
    assert Counter(map(found_in, letters)) == expected
    for kernel in (visits, care):
        assert kernel.status()["sessions"] == 1
        assert kernel.status()["late"] == 0
    assert_letters_hold_what_stood_there(place, letters)
    assert_state_is_that_of_the_good(place)
    assert_landed_is_the_good(place)


def refused_by_kernels(place: Place, topic: Topic) -> int:
    """How many events are landed although a kernel refuses them, in both partitions."""
    kinds = place.kinds(topic)
    return 2 * sum(kind.stage == "apply" and "heartbeat" not in kind.name for kind in kinds)


def found_in(letter: DeadLetter) -> tuple[str, int, int, str, str]:
    return letter.topic, letter.partition, letter.offset, letter.stage, letter.reason


def assert_letters_hold_what_stood_there(place: Place, letters: list[DeadLetter]) -> None:
    """The beginning of the value, its length, the key, when it was written, who refused it."""
    for letter in letters:
        assert letter.occurred_at >= place.now
        if letter.partition == AMONG_GOOD:
            label = letter.topic.removeprefix(f"{place.bench.config.prefix}.")
            topic = next(topic for topic in topics.INPUTS if topic.label == label)
            value = place.kinds(topic)[letter.offset // 2].value
            assert letter.value == (None if value is None else value[:VALUE_LIMIT])
            assert letter.value_bytes == len(value or b"")
            assert letter.key == b"\xff\xfe"
            assert letter.application == ("visits" if topic.key == "visitor" else "care")


def assert_state_is_that_of_the_good(place: Place) -> None:
    """As if nothing else had been there."""
    world = World(book())
    world.hear(*place.events()).until(END - 1 / 60_000)
    assert place.state("visits") == world.visits.states()
    assert place.state("care") == world.care.states()
    assert len(place.state("visits")) == len(place.kinds(topics.CART))


def assert_landed_is_the_good(place: Place) -> None:
    """Each good event once, with its own values; what only kernels can refuse is landed, too."""
    for topic in topics.INPUTS:
        kinds = place.kinds(topic)
        number = {2 * at: at for at in range(len(kinds))}
        owner = f"{topic.key}_id"
        told = VALUES[topic]
        rows = place.shore.store.query(
            f"SELECT event_id, {owner}, toString({told}) AS told, _partition, _offset FROM {table_of(topic)}"
            " ORDER BY _offset"
        )
        assert len(rows) == len(kinds) + refused_by_kernels(place, topic)
        landed = [row for row in rows if row["_partition"] == AMONG_GOOD and row["_offset"] in number]
        events = [good(topic, at) for at in range(len(kinds))]
        assert [(row["event_id"], row[owner], row["told"]) for row in landed] == [
            (event.event_id, getattr(event, owner), str(getattr(event, told))) for event in events
        ]


def test_a_cart_of_more_than_a_megabyte_is_told(place: Place) -> None:
    """No input is too long; what they put together is longer than a producer would send by itself."""
    texts = {"product": "x" * (LONGEST_ID - 4), "name": "n" * LONGEST_TEXT}
    for at in range(5):
        lines = tuple(
            Line(product_id=f"{at:01}{number:03}{texts['product']}", name=texts["name"])
            for number in range(ITEMS_KEPT // 5)
        )
        event = carted("product_added", at, lines=lines, cart_id="c")
        place.put(topics.CART, CODEC.encode(event), AMONG_GOOD)
    place.pass_time()
    with (
        place.bench.running(Visits(), announces=topics.FACTS) as visits,
        place.bench.running(Care(book(), lateness=0)) as care,
    ):
        until(lambda: care.status().get("clock") == minute(END), "time")
    assert [kernel.status()["sessions"] for kernel in (visits, care)] == [1, 1]
    assert place.bench.read(topics.DEAD_LETTERS) == []
    assert len(place.state("visits")["main/v"].cart.items) == ITEMS_KEPT
    (profile,) = place.state("care").values()
    (episode,) = profile.rule("abandonment").episodes
    assert len(episode.lines) == ITEMS_KEPT


def test_whoever_lies_about_the_time_of_writing_moves_no_clock(place: Place) -> None:
    """A record said to be written in 1970 can't have been received in any year that an event may have."""
    place.put(topics.CART, CODEC.encode(good(topics.CART, 1)), AMONG_GOOD, timestamp=YEAR_1970)
    place.put(topics.CART, CODEC.encode(good(topics.CART, 2)), AMONG_GOOD)
    place.pass_time()
    with place.bench.running(Visits(), announces=topics.FACTS) as visits:
        until(lambda: visits.status().get("clock") == minute(END), "time")
    (letter,) = place.bench.read(topics.DEAD_LETTERS)
    assert (letter.offset, letter.stage, letter.reason) == (0, "apply", "from_the_future")
    assert set(place.state("visits")) == {"main/v2"}
