"""``heedful topics``: what stands on the broker, what should, and when a prefix goes live."""

from collections.abc import Mapping
from itertools import chain, islice
from typing import Annotated, Any

import typer
from confluent_kafka import KafkaError, Message, Producer

from schemas.admin import PATIENCE, Plan, create, partitions_of, plans, settings_on_broker
from schemas.asyncapi import KEYS
from schemas.codec import allowed
from schemas.control import Hold
from schemas.published import shape_of
from schemas.topics import INPUTS, Topic
from streams.cli.nearby import asking
from streams.cli.options import Bootstrap, Config, Prefix, settings_from
from streams.errors import FixConfiguration, Unavailable
from streams.settings import Settings
from streams.wiring import codec_of

app = typer.Typer(
    help="Create, list and describe topics; let a prefix go live.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command("create")
def create_(
    partitions: Annotated[
        int | None, typer.Option(min=1, help="Of each topic, instead of the settings' own.")
    ] = None,
    replication: Annotated[
        int | None, typer.Option(min=1, help="Copies of each partition; default: the broker's own default.")
    ] = None,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Create every topic that is missing, with its settings; topics that are there stay as they are.

    All topics of a prefix have the same number of partitions: more of them let more workers share the work.
    Their number can't be changed later, since a key must keep its partition.
    """
    settings = settings_from(config, prefix, bootstrap)
    if partitions is not None:
        settings = settings.but(partitions=partitions)
    wanted = _plans(settings)
    with asking(settings):
        created = create(settings.kafka.librdkafka(), wanted, replication or settings.replication)
    for plan in created:
        print(f"created {plan.name}: {_count(plan.partitions, 'partition')}")
    print(f"{len(created)} created, {len(wanted) - len(created)} were there.")


@app.command("list")
def list_(config: Config = None, prefix: Prefix = None, bootstrap: Bootstrap = None) -> None:
    """List the topics of a prefix: what each carries, its partitions, and whether it is missing."""
    settings = settings_from(config, prefix, bootstrap)
    with asking(settings):
        present = partitions_of(settings.kafka.librdkafka())
    wanted = _plans(settings)
    rows = [("topic", "partitions", "carries", "key", "kept"), *(_row(plan, present) for plan in wanted)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    missing = sum(plan.name not in present for plan in wanted)
    if missing:
        print(f"\n{missing} missing; `heedful topics create` creates them.")


@app.command()
def describe(
    name: Annotated[str, typer.Argument(metavar="TOPIC", help="With or without its prefix.")],
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Describe one topic: its contract field by field, its key, its settings as wanted and as they are."""
    settings = settings_from(config, prefix, bootstrap)
    plan = _plan(settings, name)
    kafka = settings.kafka.librdkafka()
    with asking(settings):
        count = partitions_of(kafka).get(plan.name)
    print(f"topic:      {plan.name}")
    print(f"partitions: {count or 'not there; `heedful topics create` creates it'}")
    if plan.topic:
        _print_contract(plan.topic)
    actual = settings_on_broker(kafka, plan.name) if count else None
    print("\nsettings:" if actual else "\nsettings (the broker does not state its own):")
    for key, value in plan.settings.items():
        print(f"  {key} = {value}{_unlike(actual, key, value)}")


@app.command()
def tail(
    name: Annotated[str, typer.Argument(metavar="TOPIC", help="With or without its prefix.")],
    key: Annotated[str | None, typer.Option(help="Only records with this key, such as main/kim.")] = None,
    from_: Annotated[
        str,
        typer.Option(
            "--from", metavar="TIME|begin|end", help="Records written since then: ISO-8601 with a zone."
        ),
    ] = "end",
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many.")] = None,
    to_end: Annotated[bool, typer.Option("--to-end", help="Stop where the topic ends now.")] = False,
    config: Config = None,
    prefix: Prefix = None,
    bootstrap: Bootstrap = None,
) -> None:
    """Print the records of a topic as they come, one JSON object a line, until Ctrl-C (or --limit, --to-end).

    Committed records only, decoded: topic, partition, offset, key, written_at, type and value. What can't be
    decoded is shown with the reason and, as base64, its bytes. Joins no group, commits nothing.
    """
    from streams.tail import Tail

    settings = settings_from(config, prefix, bootstrap)
    lines = Tail(settings, _contract(settings, name), key, from_).lines(limit, to_end)
    with asking(settings, "waiting for the first record"):
        first = list(islice(lines, 1))
    for line in chain(first, lines):
        print(line, flush=True)


@app.command("go-live")
def go_live(config: Config = None, prefix: Prefix = None, bootstrap: Bootstrap = None) -> None:
    """End the hold that an import began: from now on, heartbeats are written and customers approached.

    Appends a control record to every partition of every input topic. What was decided under the hold stays
    unpublished. Doing it twice, or without a hold, changes nothing.
    """
    settings = settings_from(config, prefix, bootstrap)
    with asking(settings):
        present = partitions_of(settings.kafka.librdkafka())
    names = [topic.named(settings.prefix) for topic in INPUTS]
    missing = [name for name in names if name not in present]
    if missing:
        raise FixConfiguration(f"there is no topic {missing[0]}; `heedful topics create` creates it")
    append_hold(settings, "live", {name: present[name] for name in names}, "heedful topics go-live")
    for name in names:
        print(f"{name}: live on {_count(present[name], 'partition')}")


def append_hold(settings: Settings, action: Any, topics: Mapping[str, int], reason: str) -> None:
    """Append a hold, or its end, to all partitions of topics. Raises Unavailable unless all are taken."""
    value = codec_of(settings).encode(
        Hold(action=action, received_at=settings.clock.clock().now(), reason=reason)
    )
    refused: list[str] = []

    def delivered(error: KafkaError | None, message: Message) -> None:
        if error is not None:
            refused.append(f"{message.topic()}-{message.partition()}: {error.str()}")

    producer = Producer({**settings.kafka.librdkafka(), "enable.idempotence": True, "log_level": 0})
    for topic, partitions in topics.items():
        for partition in range(partitions):
            producer.produce(topic, value=value, partition=partition, on_delivery=delivered)
    waiting = producer.flush(PATIENCE)
    if waiting or refused:
        raise Unavailable(f"{waiting + len(refused)} partitions did not take it: {'; '.join(refused)}")


def _plans(settings: Settings) -> tuple[Plan, ...]:
    return plans(settings.prefix, settings.deployment, settings.partitions)


def _plan(settings: Settings, name: str) -> Plan:
    for plan in _plans(settings):
        if name in (plan.name, plan.topic.label if plan.topic else None, plan.topic and plan.topic.name):
            return plan
    raise FixConfiguration(f"{name} is none of heedful's topics; `heedful topics list` lists them")


def _contract(settings: Settings, name: str) -> Topic:
    topic = _plan(settings, name).topic
    if topic is None:
        raise FixConfiguration(
            f"{name} is for heedful alone; `heedful topics list` shows which have a contract"
        )
    return topic


def _row(plan: Plan, present: Mapping[str, int]) -> tuple[str, ...]:
    count = present.get(plan.name)
    key = KEYS[plan.topic.key] if plan.topic else ""
    return plan.name, str(count) if count else "missing", plan.what, key, plan.settings["cleanup.policy"]


def _print_contract(topic: Topic) -> None:
    shape = shape_of(topic.model)
    print(f"kind:       {topic.kind}")
    print(f"key:        {KEYS[topic.key]}, UTF-8")
    print(f"subject:    {topic.subject} ({shape.name})")
    control = [model.__name__ for model in allowed(topic)[1:]]
    if control:
        print(f"between:    control records ({', '.join(control)})")
    print("\nfields:")
    for field in shape.fields:
        kind = f"{field.kind}{'?' if field.nullable else ''}"
        print(f"  {field.name:18} {kind:9} {field.doc}")


def _unlike(actual: Mapping[str, str] | None, key: str, wanted: str) -> str:
    if actual is None or actual.get(key) == wanted:
        return ""
    return f"   (the broker has {actual.get(key, 'none')})"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
