"""Good events of every input topic, and everything else that can stand there."""

import random
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from schemas import topics
from schemas.control import Clock, Heartbeat, Hold
from schemas.events import Feedback
from schemas.registry import FileRegistry
from schemas.topics import Topic
from schemas.validation import LONGEST_ID, PLACEHOLDERS
from schemas.words import Millis
from tests.builders import added, asked, clicked, consented, minute, ordered
from tests.kernel.harness import CODEC

FIVE_MEGABYTES = 5_000_000
HOUR: Millis = 3_600_000
YEAR_1970: Millis = 1_000
YEAR_2099: Millis = 4_099_000_000_000
YEAR_2200: Millis = 7_258_118_400_000


class Garbage(NamedTuple):
    """A value that must not be obeyed; at which stage that is found, and why."""

    name: str
    value: bytes | None
    reason: str
    stage: str = "decode"


def good(topic: Topic, number: int, **said: Any) -> Any:
    """Event ``number`` of a topic: of a person of its own, with values of its own, in minute ``number``."""
    event: Any
    match topic.label:
        case "clickstream":
            event = clicked(number, visitor=f"v{number}", url=f"/{number}", product_id=f"p{number}", **said)
        case "cart":
            event = added(number, f"p{number}", price=f"{number + 1}.25", visitor=f"v{number}", **said)
        case "orders":
            event = ordered(number, f"o{number}", customer=f"c{number}", **said)
        case "support":
            event = asked(number, f"q{number}", customer=f"c{number}", channel="chat", **said)
        case "profile-updates":
            event = consented(number, "sms", customer=f"c{number}", address=f"+49{number}", **said)
        case _:
            event = feedback(number, **said)
    return event


def feedback(number: int, **said: Any) -> Feedback:
    """An outreach was delivered."""
    at = minute(number)
    return Feedback(
        **{
            "event_id": f"feedback {number}",
            "occurred_at": at,
            "received_at": at,
            "profile_id": f"c{number}",
            "outreach_id": f"out{number}",
            "channel": "sms",
            "type": "delivered",
            **said,
        }
    )


@cache
def garbage(topic: Topic, now: Millis) -> tuple[Garbage, ...]:
    """One of each kind. ``now``: when they will be written."""
    return (*_not_avro(topic), *_not_an_event(topic), *_impossible(topic), *_of_the_future(topic, now))


def harmless(topic: Topic) -> Iterator[bytes]:
    """What stands on a topic, is no event, and changes nothing."""
    yield CODEC.encode(Heartbeat(received_at=minute(0)))
    yield CODEC.encode(Hold(action="unknown", received_at=YEAR_2200))
    yield CODEC.encode(Hold(action="live", received_at=YEAR_1970))


def _not_avro(topic: Topic) -> Iterator[Garbage]:
    value = CODEC.encode(good(topic, 500))
    head, body = value[:5], value[5:]
    noise = random.Random(topic.label).randbytes
    yield Garbage("random bytes", b"\x07" + noise(200), "not_framed")
    yield Garbage("nothing", b"", "not_framed")
    yield Garbage("JSON", b'{"event_id": "e", "visitor_id": "v"}', "not_framed")
    yield Garbage("a frame", head, "not_avro")
    yield Garbage("random body", head + b"\xff" * 9 + noise(60), "not_avro")
    yield Garbage("truncated", value[:-3], "not_avro")
    yield Garbage("half", value[: len(value) // 2], "not_avro")
    yield Garbage("two bodies", value + body, "trailing_bytes")
    yield Garbage("two messages", value + value, "trailing_bytes")
    yield Garbage("a number for a text", head + b"\x01" + body[1:], "not_avro")
    yield Garbage("not UTF-8", head + body.replace(b"main", b"m\xff\xfen"), "not_avro")
    yield Garbage("an unknown symbol", changed(topic, type=99), "not_avro")
    yield Garbage("no value", None, "null_value")
    yield Garbage("5 MB of noise", noise(FIVE_MEGABYTES), "too_large")
    yield Garbage("5 MB in an event", changed(topic, source="s" * FIVE_MEGABYTES), "too_large")


def _not_an_event(topic: Topic) -> Iterator[Garbage]:
    value = CODEC.encode(good(topic, 500))
    other = topics.ORDERS if topic is topics.SUPPORT else topics.SUPPORT
    yield Garbage("an unknown schema", struct.pack(">bI", 0, 1) + value[5:], "unknown_schema")
    yield Garbage("of another topic", CODEC.encode(good(other, 500)), "wrong_subject")
    yield Garbage("a clock", CODEC.encode(Clock(task=0, tasks=-1, clock=YEAR_2099)), "wrong_subject")
    for name, at in (("1970", YEAR_1970), ("2200", YEAR_2200)):
        yield Garbage(f"a heartbeat of {name}", CODEC.encode(Heartbeat(received_at=at)), "impossible_time")


def _impossible(topic: Topic) -> Iterator[Garbage]:
    owner = f"{topic.key}_id"
    yield Garbage("no event id", changed(topic, event_id=""), "empty_id")
    yield Garbage("no owner", changed(topic, **{owner: ""}), "empty_id")
    yield Garbage("blanks", changed(topic, **{owner: " \t"}), "empty_id")
    for word in sorted(PLACEHOLDERS - {""})[::5]:
        yield Garbage(f"placeholder {word}", changed(topic, **{owner: word.upper()}), "empty_id")
    yield Garbage("a long id", changed(topic, **{owner: "x" * (LONGEST_ID + 1)}), "too_long")
    yield Garbage("no shop", changed(topic, shop_id=""), "impossible_shop")
    yield Garbage("a slash in the shop", changed(topic, shop_id="a/b"), "impossible_shop")
    for name, at in (("1970", YEAR_1970), ("2200", YEAR_2200), ("the end", 2**63 - 1)):
        yield Garbage(f"happened in {name}", changed(topic, occurred_at=at), "impossible_time")
        yield Garbage(f"received in {name}", changed(topic, received_at=at), "impossible_time")
    if topic is topics.CART:
        yield Garbage("no pieces", changed(topic, quantity=0), "impossible_quantity")
        yield Garbage("too many pieces", changed(topic, quantity=2**63 - 1), "impossible_quantity")
        yield Garbage("19 digits", changed(topic, price=b"\x7f" + b"\xff" * 7), "impossible_number")
        yield Garbage("an amount of nothing", changed(topic, price=b""), "impossible_number")


def _of_the_future(topic: Topic, now: Millis) -> Iterator[Garbage]:
    for name, at in (("in an hour", now + HOUR), ("in 2099", YEAR_2099)):
        beat = CODEC.encode(Heartbeat(received_at=at))
        yield Garbage(f"a heartbeat {name}", beat, "from_the_future", "apply")
        event = changed(topic, occurred_at=at, received_at=at)
        yield Garbage(f"received {name}", event, "from_the_future", "apply")
    later = changed(topic, occurred_at=minute(500) + HOUR)
    yield Garbage("happened after it was received", later, "from_the_future", "apply")


def changed(topic: Topic, **values: Any) -> bytes:
    """A good event with other plain values, whatever they are."""
    schema_id = FileRegistry().id_of(topic.subject)
    reading = CODEC.reading(schema_id)
    plain = reading.plain(CODEC.encode(good(topic, 500))[5:])
    return struct.pack(">bI", 0, schema_id) + reading.body(plain | values)
