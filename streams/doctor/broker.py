"""The broker: there, able to do what heedful needs of it, with the same time."""

import logging
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import TIMESTAMP_LOG_APPEND_TIME, NewTopic

from schemas.access import administrator, cluster, granting
from schemas.errors import BrokerUnavailable, ContractError, FixAccess
from schemas.words import Millis
from streams.clock import WallClock
from streams.doctor.finding import Finding
from streams.settings import Settings

PATIENCE = 15.0
"""Seconds within which a broker has to answer."""

APART: Millis = 5_000
"""Clocks that differ by more make signals late, or early."""

REFUSED_APART: Millis = 300_000
"""Clocks that differ by more make records come from the future: kernels refuse them."""

MINUTE = "60000"
AREA = "broker"
UNHEARD = logging.getLogger(f"{__name__}.librdkafka")
"""What librdkafka would print of a transaction that fails is told as a finding."""

UNHEARD.propagate = False
UNHEARD.addHandler(logging.NullHandler())


def broker(settings: Settings) -> Iterator[Finding]:
    """Can it be reached, are there transactions, what time is it there. Raises what nothing is expected of.

    It writes one record into a topic of its own, ``heedful.<deployment>.doctor``, which it deletes again.
    """
    kafka = settings.kafka.librdkafka()
    try:
        brokers = cluster(kafka, PATIENCE).brokers
    except BrokerUnavailable as error:
        yield _unreachable(error, "Start it, or put bootstrap and security right in [kafka] of heedful.toml.")
    except FixAccess as error:
        yield _unreachable(
            error,
            "Put [kafka] right in heedful.toml: username, mechanism, HEEDFUL_KAFKA__PASSWORD say who comes, "
            "ca whom to believe; certificate, key and key_password where the broker asks for a certificate.",
        )
    else:
        yield Finding("ok", AREA, f"{len(brokers)} of them at {settings.kafka.bootstrap}")
        yield from _probed(settings, administrator(kafka))


def _unreachable(error: ContractError, do: str) -> Finding:
    return Finding("error", AREA, str(error), "Nothing can be read or written.", do)


def _probed(settings: Settings, client: AdminClient) -> Iterator[Finding]:
    name = f"heedful.{settings.deployment}.doctor"
    new = NewTopic(name, 1, config={"message.timestamp.type": "LogAppendTime", "retention.ms": MINUTE})
    try:
        _settled(client.create_topics([new], operation_timeout=PATIENCE)[name])
        yield from _written(settings, name)
    except KafkaException as error:
        yield Finding(
            "error",
            AREA,
            f"a transaction on {name} fails: {error.args[0].str()}",
            "Every signal is written in a transaction; without them nothing is exactly once.",
            _allowing(settings, error.args[0]),
        )
        return
    yield from _removed(client, name)


LACKED = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: ("All", "topic"),
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: ("All", "topic"),
    KafkaError.GROUP_AUTHORIZATION_FAILED: ("Read", "group"),
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED: ("Write", "transactional-id"),
}
"""Of what the operation is not allowed that a transaction needs."""


def _allowing(settings: Settings, error: KafkaError) -> str:
    if error.code() not in LACKED:
        return "Use a broker that has transactions: Apache Kafka does."
    grant = granting(settings.kafka.librdkafka(), *LACKED[error.code()], f"heedful.{settings.deployment}.")
    return f"{grant}; all rights that are needed: streams/README.md"


def _written(settings: Settings, name: str) -> Iterator[Finding]:
    """One record and one offset in one transaction, and when the broker says that it came."""
    kafka: dict[str, Any] = {**settings.kafka.librdkafka(), "log_level": 0}
    seen: list[tuple[int, Millis]] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is None:
            seen.append(message.timestamp())

    producer = Producer({**kafka, "transactional.id": name}, logger=UNHEARD)
    with closing(Consumer({**kafka, "group.id": name, "enable.auto.commit": False})) as consumer:
        producer.init_transactions(PATIENCE)
        producer.begin_transaction()
        before = WallClock().now()
        producer.produce(name, b"", partition=0, on_delivery=delivered)
        producer.flush(PATIENCE)
        after = WallClock().now()
        offsets = [TopicPartition(name, 0, 1)]
        producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), PATIENCE)
        producer.commit_transaction(PATIENCE)
    producer.close()
    yield Finding("ok", AREA, "transactions work")
    if seen:
        yield _time(*seen[0], before, after)


def _time(kind: int, told: Millis, before: Millis, after: Millis) -> Finding:
    if kind != TIMESTAMP_LOG_APPEND_TIME:
        return Finding(
            "warning",
            AREA,
            "it doesn't say when records arrive (LogAppendTime)",
            "A source whose clock runs ahead isn't found out.",
            "Use Apache Kafka in production; for the embedded broker that is so.",
        )
    apart = max(before - told, told - after, 0)
    if apart <= APART:
        return Finding("ok", AREA, f"its clock and this machine's differ by {apart / 1000:.1f} s at most")
    return Finding(
        "error" if apart > REFUSED_APART else "warning",
        AREA,
        f"its clock and this machine's differ by {apart / 1000:.1f} s",
        "Heartbeats bear this machine's time: signals come early or late by as much, and beyond five minutes "
        "they are refused as coming from the future.",
        "Set the clocks: NTP on the brokers, and on every machine with a worker.",
    )


def _removed(client: AdminClient, name: str) -> Iterator[Finding]:
    try:
        client.delete_topics([name], operation_timeout=PATIENCE)[name].result(PATIENCE)
    except KafkaException as error:
        yield Finding(
            "warning",
            AREA,
            f"the topic {name} can't be deleted again: {error.args[0].str()}",
            "It is of one record, and harms nobody.",
            "Delete it, or leave it for the next look.",
        )


def _settled(future: Any) -> None:
    """There, since now or since before."""
    try:
        future.result(PATIENCE)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise
