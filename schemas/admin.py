"""Topics on a broker: what is planned, what is there, creating what is missing.

heedful creates every topic explicitly, with its settings; it relies on no broker creating topics by itself.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType
from confluent_kafka.cimpl import NewTopic

from schemas.access import NOT_ALLOWED, Kafka, administrator, cluster, granting, unavailable
from schemas.codec import OWN_BYTES
from schemas.errors import FixAccess, FixTopics
from schemas.topics import DEAD_LETTERS, TOPICS, Topic

KERNELS = ("visits", "care")
"""Kernels; each has a changelog."""

PATIENCE = 15.0
"""Seconds within which a broker has to answer."""

MINUTE = 60_000
DAY = 24 * 60 * MINUTE

KEPT = {"cleanup.policy": "delete", "retention.ms": str(30 * DAY)}
"""As long as the oldest state that refers to it."""

OWN = {"max.message.bytes": str(OWN_BYTES)}
"""What heedful writes itself: state, and what is told of it, grows with many inputs."""

RECEIVED = {**KEPT, "message.timestamp.type": "LogAppendTime"}
"""Inputs: the broker's own time tells whether a source's clock can be believed."""

TOLD = {**KEPT, **OWN}

KEPT_LONG = {"cleanup.policy": "delete", "retention.ms": str(90 * DAY)}

COMPACTED = {"cleanup.policy": "compact"}

LANDED_COMPACTED = {**COMPACTED, **OWN, "min.compaction.lag.ms": str(DAY)}
"""Landing must see every version: a range read again has to have the same records."""

CHANGELOG = {
    **COMPACTED,
    **OWN,
    "segment.ms": str(10 * MINUTE),
    "segment.bytes": str(64 << 20),
    "max.compaction.lag.ms": str(30 * MINUTE),
}
"""Small segments, compacted soon: or a restore would read far more than there are keys."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A topic as heedful wants it. ``topic``: its contract; None for those that only heedful reads."""

    name: str
    partitions: int
    settings: Mapping[str, str]
    what: str
    topic: Topic | None = None


def settings_of(topic: Topic) -> Mapping[str, str]:
    """How a topic is kept."""
    if topic.compacted:
        return LANDED_COMPACTED
    if topic is DEAD_LETTERS:
        return KEPT_LONG
    return RECEIVED if topic.kind == "input" else TOLD


def plans(prefix: str, deployment: str, partitions: int) -> tuple[Plan, ...]:
    """Every topic of a deployment."""
    contracts = [
        Plan(
            topic.named_for(prefix, deployment),
            partitions,
            settings_of(topic),
            f"{topic.kind}, {topic.model.__name__}",
            topic,
        )
        for topic in TOPICS
    ]
    own = f"heedful.{deployment}"
    changelogs = [
        Plan(f"{own}.{kernel}.changelog", partitions, CHANGELOG, f"state of {kernel}") for kernel in KERNELS
    ]
    rules = Plan(f"{own}.rules", 1, COMPACTED, "versions of the rules")
    landings = Plan(f"{own}.landings", 1, COMPACTED, "claims of landing")
    return (*contracts, *changelogs, rules, landings)


def partitions_of(kafka: Kafka) -> dict[str, int]:
    """Every topic that may be seen and how many partitions it has. Raises BrokerUnavailable, FixAccess."""
    topics = cluster(kafka, PATIENCE).topics
    return {name: len(topic.partitions) for name, topic in topics.items() if topic.error is None}


def create(kafka: Kafka, wanted: Iterable[Plan], replication: int | None = None) -> list[Plan]:
    """Create what is missing; returns it. ``replication`` None: as the broker does by default.

    Raises FixTopics if one is there with other partitions, FixAccess, BrokerUnavailable.
    """
    wanted = tuple(wanted)
    present = partitions_of(kafka)
    _require_partitions(wanted, present)
    missing = [plan for plan in wanted if plan.name not in present]
    if missing:
        client = administrator(kafka)
        futures = client.create_topics(
            [NewTopic(p.name, p.partitions, replication or -1, config=dict(p.settings)) for p in missing],
            operation_timeout=PATIENCE,
            request_timeout=PATIENCE,
        )
        for name, future in futures.items():
            _settle(kafka, name, future)
    return missing


def settings_on_broker(kafka: Kafka, name: str) -> dict[str, str] | None:
    """A topic's settings as the broker states them; None if it can't (the embedded one)."""
    resource = ConfigResource(ResourceType.TOPIC, name)
    client = administrator(kafka)
    try:
        answer = client.describe_configs([resource], request_timeout=PATIENCE)[resource].result()
    except KafkaException:
        return None
    return {entry.name: str(entry.value) for entry in answer.values()} if answer else None


def _require_partitions(wanted: Iterable[Plan], present: Mapping[str, int]) -> None:
    wrong = [plan for plan in wanted if present.get(plan.name, plan.partitions) != plan.partitions]
    if wrong:
        first = wrong[0]
        others = f" (and {len(wrong) - 1} others differ)" if len(wrong) > 1 else ""
        raise FixTopics(
            f"{first.name} has {present[first.name]} partitions and not {first.partitions}{others}; set "
            "`partitions` to what is there, or use another prefix: a key must keep its partition"
        )


def _settle(kafka: Kafka, name: str, future: Future[Any]) -> None:
    try:
        future.result(PATIENCE)
    except KafkaException as error:
        cause = error.args[0]
        if cause.code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return
        if cause.retriable() or cause.code() in (KafkaError._TIMED_OUT, KafkaError._TRANSPORT):
            raise unavailable(kafka, cause) from error
        if cause.code() in NOT_ALLOWED:
            grant = granting(kafka, "Create", "topic", name)
            raise FixAccess(
                f"the broker doesn't let this user create {name}; who may, allows it: {grant}"
            ) from error
        raise FixTopics(f"the broker does not create {name}: {cause.str()}") from error
