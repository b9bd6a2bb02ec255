"""The topics: all there, with as many partitions as each other, kept as they must be, allowed to be used."""

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any, TypeAlias

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._acl import AclOperation
from confluent_kafka.admin._config import ConfigResource
from confluent_kafka.admin._resource import ResourceType

from schemas.access import NOT_ALLOWED, Kafka, administrator, granting
from schemas.admin import Plan, plans
from streams.doctor.finding import Finding
from streams.settings import Settings

PATIENCE = 15.0
"""Seconds within which a broker has to answer."""

AREA = "topics"
NEEDED = {AclOperation.READ, AclOperation.WRITE, AclOperation.DESCRIBE}

PROMISED = {
    "cleanup.policy": "What is deleted too early is lost; state that is never compacted is slow to read.",
    "message.timestamp.type": "A source whose clock runs ahead isn't found out.",
    "max.message.bytes": "A customer with much state can't be written any more, which stops a task.",
    "min.compaction.lag.ms": "Landing may miss versions that were compacted before it read them.",
}
"""Settings without which a promise is broken, and which."""

Described: TypeAlias = Mapping[str, Any]


def topics(settings: Settings) -> Iterator[Finding]:
    """Looks at the topics of these settings. The broker is there."""
    kafka = settings.kafka.librdkafka()
    client = administrator(kafka)
    wanted = plans(settings.prefix, settings.deployment, settings.partitions)
    present = client.list_topics(timeout=PATIENCE).topics
    there = [plan for plan in wanted if plan.name in present]
    yield from _missing(client, kafka, [plan.name for plan in wanted if plan.name not in present])
    yield from _partitions({plan.name: len(present[plan.name].partitions) for plan in there}, there, settings)
    yield from _copies({plan.name: present[plan.name] for plan in there})
    yield from _kept(client, there)
    yield from _allowed(client, kafka, [plan.name for plan in there])


def _missing(client: AdminClient, kafka: Kafka, names: list[str]) -> Iterator[Finding]:
    hidden = _hidden(client, names) if names else []
    missing = [name for name in names if name not in hidden]
    why = "Whoever reads or writes them waits, or stops."
    if missing:
        yield Finding("error", AREA, f"missing: {_listed(missing)}", why, "heedful topics create")
    if hidden:
        grant = granting(kafka, "All", "topic", hidden[0])
        yield Finding("error", AREA, f"this user may not see: {_listed(hidden)}", why, f"{grant}, and so on")
    if not names:
        yield Finding("ok", AREA, "all there")


def _listed(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _hidden(client: AdminClient, names: list[str]) -> list[str]:
    """Those of which the broker doesn't even say whether they are there."""
    asked = client.describe_topics(TopicCollection(names), request_timeout=PATIENCE)
    return [name for name, future in asked.items() if _is_refused(future)]


def _is_refused(future: Future[Any]) -> bool:
    error = future.exception(PATIENCE)
    return isinstance(error, KafkaException) and error.args[0].code() in NOT_ALLOWED


def _partitions(counts: Mapping[str, int], plans: list[Plan], settings: Settings) -> Iterator[Finding]:
    shared = {plan.name: counts[plan.name] for plan in plans if plan.partitions != 1}
    if not shared:
        return
    usual = Counter(shared.values()).most_common(1)[0][0]
    others = {name: count for name, count in shared.items() if count != usual}
    for name, count in others.items():
        yield Finding(
            "error",
            AREA,
            f"{name} has {count} partitions, the others {usual}",
            "A customer's records would be read by tasks that know nothing of each other: kernels refuse "
            "to start.",
            f"Create it anew with {usual} partitions (`heedful topics create --partitions {usual}`), or use "
            "another prefix; the number of a topic that has records must not be changed.",
        )
    if not others and usual != settings.partitions:
        yield Finding(
            "error",
            AREA,
            f"they have {usual} partitions, the settings say {settings.partitions}",
            "Workers refuse to start: a key must keep its partition.",
            f"partitions = {usual} in heedful.toml, or another prefix.",
        )
    elif not others:
        yield Finding("ok", AREA, f"{usual} partitions each")


def _copies(present: Mapping[str, Any]) -> Iterator[Finding]:
    """Without a broker that hasn't all its copies, one more that ends takes a partition away."""
    lacking = [
        name
        for name, topic in present.items()
        if any(len(each.isrs) < len(each.replicas) for each in topic.partitions.values())
    ]
    if lacking:
        yield Finding(
            "warning",
            AREA,
            f"{len(lacking)} have copies that are not in step, such as {lacking[0]}",
            "When one more broker ends, they can't be written, or records are lost.",
            "Look at the brokers: is one down, slow, or out of disk?",
        )


def _kept(client: AdminClient, plans: list[Plan]) -> Iterator[Finding]:
    stated = _settings_of(client, [plan.name for plan in plans])
    if stated is None:
        yield Finding(
            "warning",
            AREA,
            "the broker doesn't state how they are kept",
            "Whether they are compacted or deleted in time isn't known.",
            'For the embedded broker that is so: say kind = "embedded" in [kafka]. Apache Kafka asks for the '
            "right DescribeConfigs.",
        )
        return
    wrong = [
        (plan, key, value, stated[plan.name].get(key))
        for plan in plans
        for key, value in plan.settings.items()
        if stated[plan.name].get(key) != value
    ]
    if plans and not wrong:
        yield Finding("ok", AREA, "kept as they should be")
    for plan, key, value, found in wrong:
        yield Finding(
            "error" if key in PROMISED else "warning",
            AREA,
            f"{plan.name} has {key} = {found}, and not {value}",
            PROMISED.get(
                key, "It is kept longer or shorter than what refers to it, or restores take longer."
            ),
            f"kafka-configs.sh --alter --entity-type topics --entity-name {plan.name} "
            f"--add-config {key}={value}",
        )


def _settings_of(client: AdminClient, names: list[str]) -> dict[str, dict[str, str]] | None:
    """By topic; None: the broker doesn't say."""
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
    try:
        answers = client.describe_configs(resources, request_timeout=PATIENCE) if resources else {}
        found = {each.name: future.result(PATIENCE) for each, future in answers.items()}
    except KafkaException:
        return None
    if not all(found.values()):
        return None
    return {name: {key: str(entry.value) for key, entry in each.items()} for name, each in found.items()}


def _allowed(client: AdminClient, kafka: Kafka, names: list[str]) -> Iterator[Finding]:
    """Only where the broker says what is allowed; the embedded one allows everything and says nothing."""
    if not names:
        return
    asked = client.describe_topics(TopicCollection(names), include_authorized_operations=True)
    for name, future in asked.items():
        allowed = set(future.result(PATIENCE).authorized_operations or ())
        lacking = sorted(operation.name for operation in NEEDED - allowed) if allowed else []
        if lacking:
            yield Finding(
                "error",
                AREA,
                f"{name}: this user may not {', '.join(lacking)}",
                "Workers that read or write it stop.",
                "; ".join(granting(kafka, operation.title(), "topic", name) for operation in lacking),
            )
