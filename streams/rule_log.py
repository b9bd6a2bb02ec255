"""The rules as records of the log: a compacted topic of one partition, one record for each version.

Rules change while kernels are at work. So that what is decided depends on the log alone, every kernel must
know of an activation before its clock comes to it. An activation is published NOTICE ahead, and what a kernel
has read of the rules is good for KNOWN_FOR; the rest is for clocks of machines that differ.
"""

import logging

from confluent_kafka import Producer

from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.errors import FixConfiguration, Unavailable
from streams.reading import PATIENCE, read_to_end
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.settings import Settings

log = logging.getLogger(__name__)

NOTICE = 120.0
"""Seconds of the machine between the publication of an activation and the earliest time of it."""

KNOWN_FOR = 60.0
"""Seconds of the machine for which a kernel relies on what it has read."""


def rules_topic(settings: Settings) -> str:
    """The topic that holds the rules of this deployment."""
    return f"heedful.{settings.deployment}.rules"


def configured(settings: Settings) -> RuleSet:
    """The rules that the settings spell out."""
    return RuleSet.from_mapping(settings.decisions())


def read_rules(settings: Settings) -> RuleBook:
    """The book as it stands in the log. Raises Refused if there is none yet."""
    return RuleBook.from_records(_values(settings).values())


def earliest_activation(settings: Settings, now: Millis) -> Millis:
    """From when on rules that are published now may hold."""
    return now + settings.clock.lasts(NOTICE)


def record_rules(settings: Settings, now: Millis) -> RuleBook:
    """The book with the configured rules, written to the log as far as it is new: what a worker does first.

    The first rules of a deployment hold from the beginning of time, others as soon as every kernel can know
    of them. A version that the log knows isn't activated again: a worker that starts with an old file takes
    nothing back.
    """
    known, rules = _values(settings), configured(settings)
    if not known:
        return _written(settings, known, RuleBook.single(rules))
    book = RuleBook.from_records(known.values())
    if rules.version not in book.versions:
        return _written(settings, known, book.activate(rules, earliest_activation(settings, now)))
    if book.active(now).version != rules.version:
        log.warning(
            "The rules of the settings (version %s) don't hold; version %s does. "
            "`heedful rules diff` shows the difference, `heedful rules publish` lets them hold again.",
            rules.version,
            book.active(now).version,
        )
    return book


def publish_rules(settings: Settings, rules: RuleSet, at: Millis, now: Millis) -> RuleBook:
    """The book in which rules hold from ``at`` on, written to the log as far as it is new.

    The first rules of a deployment hold from the beginning of time. Raises FixConfiguration if ``at`` is too
    soon for every kernel to know of it.
    """
    known = _values(settings)
    if not known:
        return _written(settings, known, RuleBook.single(rules))
    earliest = earliest_activation(settings, now)
    if at < earliest:
        raise FixConfiguration(
            f"{to_iso(at)} is too soon: every worker must know of the rules before its clock comes there; "
            f"at the earliest they may hold from {to_iso(earliest)} on"
        )
    return _written(settings, known, RuleBook.from_records(known.values()).activate(rules, at))


def _written(settings: Settings, known: dict[str, bytes], book: RuleBook) -> RuleBook:
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
