"""An erased customer leaves nothing in the tables: not what was there, nor what lands later of before."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from schemas import topics
from schemas.events import CartEvent, Click, ProfileUpdate
from schemas.payloads import examples
from schemas.topics import TOPICS, Topic
from schemas.words import Record
from sinks.clickhouse.audit import audit
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.tables import personal, table_of
from sinks.errors import Unavailable
from tests.builders import erased, minute
from tests.sinks.harness import Faltering, Shore, shore
from tests.waiting import eventually

pytestmark = pytest.mark.broker

MakeShore = Callable[..., Shore]
PERSONAL = [topic for topic in TOPICS if personal(topic)]
OTHERS = [topic for topic in PERSONAL if topic is not topics.PROFILE_UPDATES]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.slow])])
def make(request: pytest.FixtureRequest, prefix: str, store: EmbeddedStore) -> MakeShore:
    """Makes a deployment on either broker."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    return lambda **settings: shore(store, running.bootstrap, prefix, 1, embedded, **settings)


def record(topic: Topic, at: float, **ids: str) -> Record:
    """One of a topic that says nothing but who, and when."""
    whose = personal(topic)
    assert whose
    _, example = next(iter(examples(topic.subject)))
    blank = {name: None for name in ("customer_id", "profile_id", "visitor_id") if hasattr(example, name)}
    known: dict[str, Any] = {**blank, "visitor_id": "nobody's", "profile_id": "nobody", **ids}
    said = {name: value for name, value in known.items() if hasattr(example, name)}
    if hasattr(example, "event_id"):
        said["event_id"] = f"{topic.label} {at} {sorted(ids.items())}"
    if getattr(example, "type", "").endswith("_erased"):
        said["type"] = "unknown"
    return replace(example, **said, shop_id="main", **{whose.time: minute(at)})


def click(at: float, visitor: str, customer: str | None = None) -> Click:
    return Click(
        event_id=f"{visitor} {customer} at {at}",
        occurred_at=minute(at),
        received_at=minute(at),
        visitor_id=visitor,
        customer_id=customer,
    )


def whose(here: Shore, topic: Topic) -> list[str]:
    """Owners of the rows of a topic's table."""
    owner = personal(topic).owner  # type: ignore[union-attr]
    rows = here.store.query(f"SELECT {owner} AS owner FROM {table_of(topic)} AS r ORDER BY owner")
    return [row["owner"] for row in rows]


def landed(here: Shore, *topics_: Topic, count: int = 1) -> None:
    """Land everything, and know it."""
    with here.landing() as lander:
        for topic in topics_:
            here.wait_until_recorded(lander, topic, count)


def well(here: Shore) -> bool:
    return not audit(here.store.query).findings


def visitors_of(here: Shore) -> list[str]:
    rows = here.store.query("SELECT visitor_id AS v FROM raw_clickstream ORDER BY occurred_at")
    return [row["v"] for row in rows]


def test_nothing_is_left_in_any_table(make: MakeShore) -> None:
    here = make()
    for topic in OTHERS:
        here.send(topic, record(topic, 1, profile_id="ann", visitor_id="v"))
        here.send(topic, record(topic, 1, profile_id="bob", visitor_id="w"))
    here.send(topics.CLICKSTREAM, click(1, "v", "ann"))
    landed(here, *OTHERS, count=2)
    here.send(topics.PROFILE_UPDATES, erased(5))
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.PROFILE_UPDATES, 1)
    for topic in OTHERS:
        assert set(whose(here, topic)) == {"w" if topic.key == "visitor" else "bob"}, topic.label
    assert whose(here, topics.PROFILE_UPDATES) == []
    ids = here.store.query("SELECT shop_id, id, erased_at FROM erasures FINAL ORDER BY id")
    when = "2026-05-28 20:31:40.000"
    assert ids == [{"shop_id": "main", "id": name, "erased_at": when} for name in ("ann", "v")]
    assert well(here)


@pytest.mark.parametrize(
    ("said", "left"),
    [
        pytest.param([click(1, "v"), click(2, "v", "ann")], [], id="before she was known, and after"),
        pytest.param([click(1, "v"), click(2, "w", "ann")], ["v"], id="another device, never hers"),
        pytest.param(
            [click(5, "v", "ann"), click(5.1, "v", "ann")], ["v"], id="at that moment, and after it"
        ),
        pytest.param([click(1, "v", "ann"), click(2, "v", "bob")], ["v"], id="a second customer on it"),
        pytest.param([click(1, "ann's", "eve")], ["ann's"], id="somebody else"),
    ],
)
def test_whose_rows_are_erased(said: Sequence[Click], left: list[str], make: MakeShore) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, *said)
    landed(here, topics.CLICKSTREAM, count=len(said))
    here.send(topics.PROFILE_UPDATES, erased(5))
    landed(here, topics.PROFILE_UPDATES)
    assert visitors_of(here) == left
    assert well(here)


def test_what_lands_later_of_the_time_before_is_erased_too(make: MakeShore) -> None:
    """Also what only now proves to be hers, with all that is already there."""
    here = make()
    here.send(topics.CLICKSTREAM, click(1, "late"))
    here.send(topics.PROFILE_UPDATES, erased(5))
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.PROFILE_UPDATES, 1)
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 1)
        assert visitors_of(here) == ["late"]
        here.send(topics.CLICKSTREAM, click(3, "late", "ann"), click(6, "late", "ann"))
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 3)
        here.send(topics.CART, record(topics.CART, 2, visitor_id="late"))
        here.wait_until_recorded(lander, topics.CART, 1)
    assert visitors_of(here) == ["late"]
    assert here.store.query("SELECT toString(occurred_at) AS at FROM raw_clickstream")[0]["at"].endswith(
        "32:40.000"
    )
    assert whose(here, topics.CART) == []
    assert well(here)


def test_the_kernels_ask_for_a_device(make: MakeShore) -> None:
    here = make()
    said = {"visitor_id": "v", "type": "visitor_erased", "source": "heedful"}
    here.send(topics.CLICKSTREAM, click(1, "v"), click(1, "w"))
    landed(here, topics.CLICKSTREAM, count=2)
    here.send(topics.CART, CartEvent(event_id="x", occurred_at=minute(5), received_at=minute(5), **said))  # type: ignore[arg-type]
    landed(here, topics.CART)
    assert visitors_of(here) == ["w"]
    assert whose(here, topics.CART) == []
    assert well(here)


def test_a_request_from_the_future_erases_up_to_when_it_was_written(make: MakeShore) -> None:
    here = make()
    far_off = minute(0) + 10 * 365 * 86_400_000
    far = ProfileUpdate(
        event_id="x",
        type="profile_erased",
        profile_id="ann",
        occurred_at=far_off,
        received_at=far_off,
    )
    here.send(topics.PROFILE_UPDATES, far)
    landed(here, topics.PROFILE_UPDATES)
    [message] = here.messages(here.name(topics.PROFILE_UPDATES))
    asked = "SELECT toUnixTimestamp64Milli(erased_at) AS at FROM erasures"
    assert here.store.query(asked) == [{"at": message.timestamp()[1]}]


def test_an_erasure_and_its_rows_in_one_range_in_any_order_and_twice(make: MakeShore) -> None:
    here = make()
    said = {"profile_id": "ann", "visitor_id": "v"}
    before, after = (record(topics.PROFILE_UPDATES, at, **said) for at in (1, 2))
    here.send(topics.PROFILE_UPDATES, before, erased(5), erased(5), after)
    with here.landing() as lander:
        here.wait_until_recorded(lander, topics.PROFILE_UPDATES, 4)
    assert whose(here, topics.PROFILE_UPDATES) == []
    assert here.store.query("SELECT count() AS n FROM erased_rows FINAL") == [{"n": 4}]
    assert well(here)


def test_a_deletion_that_fails_stops_its_partition_and_is_done_again(make: MakeShore) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click(1, "v", "ann"))
    landed(here, topics.CLICKSTREAM)
    here.send(topics.PROFILE_UPDATES, erased(5))
    refusing = RefusingToDelete(here.store)
    with here.landing(refusing) as lander:
        eventually(lambda: refusing.refused)
        here.send(topics.CLICKSTREAM, click(7, "w"))
        here.wait_until_recorded(lander, topics.CLICKSTREAM, 2)
        assert lander.landed_to()[f"{here.name(topics.PROFILE_UPDATES)}-0"] == 0
        refusing.refuses_to_delete = False
        here.wait_until_recorded(lander, topics.PROFILE_UPDATES, 1)
    assert visitors_of(here) == ["w"]
    assert well(here)


class RefusingToDelete(Faltering):
    """A store that doesn't delete."""

    refuses_to_delete = True
    refused = 0

    def command(self, sql: str) -> None:
        if self.refuses_to_delete and " DELETE " in sql:
            self.refused += 1
            raise Unavailable("no deletions")
        super().command(sql)


def test_rows_that_come_back_are_found(make: MakeShore) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click(1, "v", "ann"))
    here.send(topics.PROFILE_UPDATES, erased(5))
    landed(here, topics.CLICKSTREAM, topics.PROFILE_UPDATES)
    [row] = here.store.query(
        "SELECT topic, topic_id, offset FROM erased_rows FINAL WHERE topic LIKE '%clickstream'"
    )
    here.store.command(
        "INSERT INTO raw_clickstream (_topic, _topic_id, _offset) "
        f"VALUES ('{row['topic']}', '{row['topic_id']}', {row['offset']})"
    )
    [finding] = audit(here.store.query).findings
    assert (finding.kind, finding.topic, finding.start) == ("doubled", here.name(topics.CLICKSTREAM), 0)
