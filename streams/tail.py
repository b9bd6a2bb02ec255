"""A topic as lines of JSON, from some moment on, as it grows."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from typing import Any

from confluent_kafka import (
    OFFSET_BEGINNING,
    OFFSET_END,
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)

from schemas.access import unavailable
from schemas.errors import BadRecord
from schemas.jsonl import to_iso, to_json, to_millis
from schemas.topics import Topic
from schemas.words import Millis
from streams.errors import FixConfiguration, Unavailable
from streams.reading import partitions_of
from streams.settings import Settings
from streams.wiring import codec_of, kernel_config

PATIENCE = 15.0
"""Seconds within which a broker has to say something."""

TURN = 0.2
"""Seconds for which a silent topic is waited for, before Ctrl-C is heard again."""


class Tail:
    """Follows every partition of one topic, read_committed, without a group."""

    def __init__(self, settings: Settings, topic: Topic, key: str | None = None, since: str = "end") -> None:
        """``since``: begin, end, or a moment as ISO-8601. Raises FixConfiguration if it is none of these."""
        self._settings = settings
        self._config = kernel_config(settings)
        self._codec = codec_of(settings)
        self._topic = topic
        self._name = self._config.named(topic)
        self._key = None if key is None else key.encode()
        self._since = _moment(since)

    def lines(self, limit: int | None = None, to_end: bool = False) -> Iterator[str]:
        """One line a record, ``limit`` of them, or without end; ``to_end``: as far as the topic goes now.

        Raises FixConfiguration, FixAccess, BrokerUnavailable, Unavailable.
        """
        return islice(self._lines(to_end), limit)

    def _lines(self, to_end: bool) -> Iterator[str]:
        settings: Any = {
            "group.id": self._config.internal("looking"),
            "fetch.wait.max.ms": 200,
            "log_level": 0,
            "enable.partition.eof": True,
        }
        with closing(Consumer(self._config.consumer("read_committed", settings))) as consumer:
            consumer.assign(starts := self._starts(consumer))
            going_on = {start.partition for start in starts}
            while going_on:
                message = consumer.poll(TURN)
                if message is None:
                    continue
                if (trouble := message.error()) is not None and trouble.code() == KafkaError._PARTITION_EOF:
                    going_on -= {message.partition()} if to_end else set()
                    continue
                if trouble is not None:
                    raise Unavailable(f"{self._name} can't be read: {trouble}")
                if self._key is None or message.key() == self._key:
                    yield json.dumps(self._told(message), ensure_ascii=False)

    def _starts(self, consumer: Consumer) -> list[TopicPartition]:
        found = partitions_of(consumer, self._settings, self._name)
        places = [TopicPartition(self._name, number, self._since) for number in found]
        try:
            return consumer.offsets_for_times(places, PATIENCE) if self._since >= 0 else places
        except KafkaException as error:
            raise unavailable(self._settings.kafka.librdkafka(), error.args[0]) from error

    def _told(self, message: Message) -> dict[str, Any]:
        key, value = message.key(), message.value()
        place = {
            "topic": self._name,
            "partition": message.partition(),
            "offset": message.offset(),
            "key": key.decode(errors="replace") if isinstance(key, bytes) else key,
            "written_at": to_iso(message.timestamp()[1]),
        }
        if value is None:
            return {**place, "type": None, "value": None}
        try:
            record = self._codec.decode(value, self._topic)
        except BadRecord as bad:
            return {**place, "bad": bad.reason, "detail": bad.detail, "bytes": b64encode(value).decode()}
        return {**place, "type": type(record).__name__, "value": to_json(record)}


def _moment(since: str) -> Millis:
    """As ``offsets_for_times`` takes it, or one of librdkafka's names for an end, which are negative."""
    if since in ("begin", "end"):
        return OFFSET_BEGINNING if since == "begin" else OFFSET_END
    try:
        return max(0, to_millis(since))
    except ValueError as wrong:
        raise FixConfiguration(f"--from {since}: begin, end, or ISO-8601 with a zone ({wrong})") from None
