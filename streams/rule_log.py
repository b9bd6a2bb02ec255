"""The rules as records of the log: a compacted topic of one partition, one record for each version."""

from confluent_kafka import Producer

from schemas.words import Millis
from streams.errors import Unavailable
from streams.reading import PATIENCE, read_to_end
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.settings import Settings


def rules_topic(settings: Settings) -> str:
    """The topic that holds the rules of this deployment."""
    return f"heedful.{settings.deployment}.rules"


def configured(settings: Settings) -> RuleSet:
    """The rules that the settings spell out."""
    return RuleSet.from_mapping(settings.decisions())


def read_rules(settings: Settings) -> RuleBook:
    """The book as it stands in the log. Raises Refused if there is none yet."""
    return RuleBook.from_records(_values(settings).values())


def record_rules(settings: Settings, now: Millis) -> RuleBook:
    """The book in which the configured rules hold from ``now`` on, written to the log as far as it is new.

    The first rules of a deployment hold from the beginning of time.
    """
    known = _values(settings)
    rules = configured(settings)
    book = RuleBook.from_records(known.values()).activate(rules, now) if known else RuleBook.single(rules)
    new = {version: value for version, value in book.records().items() if known.get(version) != value}
    if new:
        _write(settings, new)
    return book


def _values(settings: Settings) -> dict[str, bytes]:
    """The newest value under each version: a broker may not have compacted yet."""
    values = {}
    for message in read_to_end(settings, rules_topic(settings)):
        key, value = message.key(), message.value()
        if key is not None and value is not None:
            values[key.decode()] = value
    return values


def _write(settings: Settings, values: dict[str, bytes]) -> None:
    producer = Producer({**settings.kafka.librdkafka(), "enable.idempotence": True})
    for version, value in values.items():
        producer.produce(rules_topic(settings), key=version, value=value)
    if producer.flush(PATIENCE):
        raise Unavailable(f"the broker {settings.kafka.bootstrap} doesn't take the rules")
