"""The contracts as an AsyncAPI 3 document, for catalogues, generators and people.

``schemas/asyncapi.json`` is that document; a test compares the two. ``heedful schemas asyncapi`` writes it.
"""

import json
from typing import Any

from schemas.codec import allowed
from schemas.published import newest, versions
from schemas.topics import CONTROL, SUBJECTS, TOPICS, Topic

AVRO = "application/vnd.apache.avro;version=1.9.0"
KEYS = {
    "visitor": "shop_id/visitor_id",
    "profile": "shop_id/profile_id",
    "contact": "shop_id/contact_id",
    "origin": "topic/partition/offset",
    "alert": "shop/alert",
}
"""What the key of a record is made of."""

ABOUT = """Records of heedful. On the wire: a zero byte, the id of the schema (four bytes, big-endian), the
Avro body. Read with isolation.level=read_committed, drop an event_id that was seen before, skip records that
are not of the channel's own contract. Names begin with the prefix of the deployment, here cx.""".replace(
    "\n", " "
)


def document() -> dict[str, Any]:
    """The whole of it, with the newest version of every contract."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "heedful",
            "version": ".".join(map(str, (0, len(SUBJECTS), sum(len(versions(name)) for name in SUBJECTS)))),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/vnd.confluent.avro",
        "channels": {topic.label: _channel(topic) for topic in TOPICS},
        "operations": {_operation(topic): _doing(topic) for topic in TOPICS},
        "components": {"messages": {subject: _message(subject) for subject in SUBJECTS}},
    }


def text() -> str:
    """The document as it stands in the file."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def _channel(topic: Topic) -> dict[str, Any]:
    subjects = [topic.subject, *(name for name, model in CONTROL.items() if model in allowed(topic)[1:])]
    return {
        "address": topic.name,
        "description": f"{newest(topic.subject).name}, keyed by {KEYS[topic.key]}, {topic.kind}.",
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in subjects},
        "bindings": {"kafka": {"topic": topic.name, "bindingVersion": "0.5.0"}},
    }


def _operation(topic: Topic) -> str:
    return f"{'receive' if topic.kind == 'input' else 'send'}-{topic.label}"


def _doing(topic: Topic) -> dict[str, Any]:
    """From where heedful stands: it receives inputs, and sends all else."""
    return {
        "action": "receive" if topic.kind == "input" else "send",
        "channel": {"$ref": f"#/channels/{topic.label}"},
    }


def _message(subject: str) -> dict[str, Any]:
    shape = newest(subject)
    schema = json.loads(shape.text)
    return {
        "name": shape.name,
        "title": shape.short_name,
        "summary": schema.get("doc", ""),
        "payload": {"schemaFormat": AVRO, "schema": schema},
        "bindings": {
            "kafka": {"key": {"type": "string"}, "schemaIdLocation": "payload", "bindingVersion": "0.5.0"}
        },
    }
