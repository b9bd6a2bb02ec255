"""Reaching a broker, and why it lets nobody in, or not do something: in words that name the way out.

librdkafka says why a connection fails beside what waits for it, which only learns that time is up.
"""

import re
import time
from collections.abc import Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._metadata import ClusterMetadata

from schemas.errors import BrokerUnavailable, FixAccess

Kafka = Mapping[str, str | int]
"""librdkafka settings that say how to reach a broker."""

ANSWER_WITHIN = 10_000
"""Milliseconds after which a broker that hasn't answered a request is taken for dead, and others are asked.

One that stands still keeps its connections open, so that only this tells. librdkafka alone waits for a
minute, and keeps what is under way from the partition's new leader.
"""

FINAL = {
    KafkaError._AUTHENTICATION: "doesn't accept {username} (kafka.username, kafka.password, kafka.mechanism)",
    KafkaError._SSL: "and heedful find no secure connection (kafka.security, kafka.ca, kafka.certificate)",
}
"""What trying again doesn't change, and where it can be put right."""

NOT_ALLOWED = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
    }
)
AT_A_TIME = 3.0
_SINCE = re.compile(r"\s*\(after \d+ms.*\)$")


def administrator(kafka: Kafka) -> AdminClient:
    """A client for asking about the cluster. Raises FixAccess if its settings can't be used."""
    try:
        return AdminClient({**kafka, "log_level": 0})
    except KafkaException as error:
        text = error.args[0].str().removeprefix("Failed to create admin client: ")
        raise FixAccess(f"[kafka] can't be used (kafka.ca, kafka.certificate, kafka.key): {text}") from error


def cluster(kafka: Kafka, patience: float) -> ClusterMetadata:
    """Its brokers and topics. Raises FixAccess, BrokerUnavailable. ``patience``: seconds for an answer."""
    heard: list[KafkaError] = []
    client = administrator({**kafka, "error_cb": heard.append})  # type: ignore[dict-item]
    until = time.monotonic() + patience
    while True:
        try:
            return client.list_topics(timeout=min(AT_A_TIME, patience))
        except KafkaException as error:
            client.poll(0)
            _refuse(kafka, heard)
            if time.monotonic() >= until:
                raise _unavailable(kafka, heard or [error.args[0]]) from error


def unavailable(kafka: Kafka, error: KafkaError) -> BrokerUnavailable:
    """No answer, and as far as is known why."""
    return BrokerUnavailable(f"no broker answers at {_where(kafka)} (kafka.bootstrap): {_words(error)}")


def granting(kafka: Kafka, operation: str, what: str, name: str) -> str:
    """How somebody who may do so allows it, for all names that begin like this; ``what``: topic, group, …"""
    user = kafka.get("sasl.username", "…")
    return (
        f"kafka-acls.sh --add --allow-principal User:{user} --operation {operation} --{what} {name} "
        "--resource-pattern-type prefixed"
    )


def _refuse(kafka: Kafka, heard: list[KafkaError]) -> None:
    for error in heard:
        if error.code() in FINAL:
            why = FINAL[error.code()].format(username=kafka.get("sasl.username"))
            raise FixAccess(f"the broker at {_where(kafka)} {why}: {_words(error)}")


def _unavailable(kafka: Kafka, heard: list[KafkaError]) -> BrokerUnavailable:
    telling = [error for error in heard if error.code() != KafkaError._ALL_BROKERS_DOWN]
    return unavailable(kafka, (telling or heard)[-1])


def _words(error: KafkaError) -> str:
    return _SINCE.sub("", error.str())


def _where(kafka: Kafka) -> str:
    return str(kafka["bootstrap.servers"])
