"""Native events, one JSON object a line: {"topic": "cx.cart", "value": {…}}, under any prefix.

The value has the fields of the topic's contract. A missing ``received_at`` is the event's time. The events
say themselves who they are about, so ``identity`` changes nothing. What `heedful topics tail` prints of an
input can be read again: the lines of the log's own records (heartbeats, holds) are passed over.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from schemas import topics
from schemas.errors import BadRecord
from schemas.jsonl import from_json
from schemas.topics import Topic
from streams.errors import FixInput
from streams.formats.base import Dead, DeadRow, Identity, Place, Row, checked
from streams.formats.lines import is_text, numbered

LABELS = {topic.label: topic for topic in topics.INPUTS}
NEEDED = ("topic", "value")
OWN = ("Heartbeat", "Hold")
"""Types of records that say how far the log is, and nothing of customers."""


class Jsonl:
    """See the module."""

    name = "jsonl"
    in_order = False

    def rows(self, file: Path, identity: Identity) -> Iterator[Row | DeadRow]:
        """The rows of a file. Refuses one in which no line has what is needed."""
        lacking: dict[str, None] = {}
        found = False
        for number, line in numbered(file):
            try:
                content = _object(line)
                lacking.update((name, None) for name in NEEDED if name not in content)
                found = found or all(name in content for name in NEEDED)
                if content.get("type") not in OWN:
                    yield checked(row(content, line))
            except Dead as dead:
                yield DeadRow(Place(file, number), str(dead))
        if not found:
            names = ", ".join(name for name in NEEDED if name in lacking) or ", ".join(NEEDED)
            raise FixInput(f"{file}: lacks the keys {names}: no line is a JSON object that has them")


def row(content: dict[str, Any], line: str) -> Row:
    """One line's object. Raises Dead."""
    for name in NEEDED:
        if name not in content:
            raise Dead(f"{name} is missing")
    topic, value = _topic(content["topic"]), content["value"]
    if isinstance(value, dict) and "received_at" not in value and "occurred_at" in value:
        value = {**value, "received_at": value["occurred_at"]}
    try:
        return Row(topic, from_json(topic.model, value), line)
    except BadRecord as bad:
        raise Dead(str(bad)) from bad


def _object(line: str) -> dict[str, Any]:
    if not is_text(line):
        raise Dead("not UTF-8")
    try:
        content = msgspec.json.decode(line)
    except msgspec.DecodeError as error:
        raise Dead(f"not JSON: {error}") from error
    if not isinstance(content, dict):
        raise Dead("not a JSON object")
    return content


def _topic(name: object) -> Topic:
    label = name.partition(".")[2] if isinstance(name, str) else ""
    if label not in LABELS:
        raise Dead(f"{str(name)[:60]!r} is not an input topic")
    return LABELS[label]
