"""The consumer in the README, run as it stands there, on outreach that heedful wrote."""

import subprocess
import sys

import pytest
from confluent_kafka import Producer
from msgspec.structs import replace

from schemas import admin
from schemas.codec import Codec
from schemas.outputs import Outreach
from schemas.registry import FileRegistry
from schemas.topics import OUTREACH
from streams.care import Care
from streams.formats import format_named
from streams.formats.reading import Reading
from streams.replay import Replay
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet, override
from streams.until import until
from streams.visits import Visits
from tests.aborting import publish_thrice
from tests.docs.readme import ROOT, blocks

EMAIL = OUTREACH["email"]
LATENESS = 10_000


def outreach_of_the_example() -> list[tuple[str, Outreach]]:
    """Keys and records: the request to Kim, and its cancellation."""
    reading = Reading(format_named("jsonl"), [ROOT / "examples/one_customer.jsonl"])
    book = RuleBook.single(override(RuleSet.from_mapping({}), ["outreach.mode=live"]))
    host = Replay([Visits(), Care(book, LATENESS)], LATENESS)
    limit = until("end")
    outputs = host.run(reading, lambda: limit.reached(reading.last_event))
    return [(each.key, each.value) for each in outputs if each.topic is EMAIL]


def publish(bootstrap: str, name: str, records: list[tuple[str, Outreach]]) -> None:
    """In one transaction, as heedful does."""
    codec = Codec(FileRegistry())
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": name})
    producer.init_transactions(30)
    producer.begin_transaction()
    for key, record in records:
        producer.produce(name, key=key, value=codec.encode(record))
    producer.commit_transaction(30)


def printed_by_the_consumer(
    bootstrap: str, prefix: str, lines: int, isolation: str = "read_committed"
) -> list[str]:
    [code] = blocks("python")
    assert "read_committed" in code
    code = code.replace("read_committed", isolation).replace('"mailer"', f'"mailer of {prefix} {isolation}"')
    process = subprocess.Popen(
        [sys.executable, "-c", code, bootstrap, prefix], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    try:
        assert process.stdout
        return [process.stdout.readline().strip() for _ in range(lines)]
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize(
    "where",
    [
        pytest.param("broker", id="embedded", marks=pytest.mark.broker),
        pytest.param("kafka", id="kafka", marks=pytest.mark.kafka),
    ],
)
def test_the_consumer_obeys_a_request_and_its_cancellation_once(where, request, prefix):
    bootstrap = request.getfixturevalue(where).bootstrap
    admin.create({"bootstrap.servers": bootstrap}, admin.plans(prefix, prefix, 2), 1)
    written = outreach_of_the_example()
    (key, asked), (_, called_back) = written
    publish(bootstrap, EMAIL.named(prefix), [(key, asked), (key, asked), (key, called_back)])
    assert printed_by_the_consumer(bootstrap, prefix, 2) == [
        f"request {asked.outreach_id} kim",
        f"cancel {asked.outreach_id} kim",
    ]


@pytest.mark.kafka
def test_the_consumer_never_hears_what_was_aborted(kafka, prefix):
    """Nor what was left open by a kernel that died. It is ``read_committed`` that keeps it from them."""
    admin.create({"bootstrap.servers": kafka.bootstrap}, admin.plans(prefix, prefix, 2), 1)
    codec = Codec(FileRegistry())
    [(key, asked), _] = outreach_of_the_example()
    said = {
        name: [(key, codec.encode(replace(asked, event_id=name, outreach_id=name)))]
        for name in ("aborted", "dangling", "committed")
    }
    publish_thrice(kafka.bootstrap, EMAIL.named(prefix), **said)
    assert printed_by_the_consumer(kafka.bootstrap, prefix, 1) == ["request committed kim"]
    assert printed_by_the_consumer(kafka.bootstrap, prefix, 3, "read_uncommitted") == [
        "request aborted kim",
        "request dangling kim",
        "request committed kim",
    ]
