"""What goes by: sources that are silent, a clock that stands, dead letters that become more."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from schemas.admin import partitions_of
from schemas.codec import Codec
from schemas.control import Heartbeat, Hold
from schemas.errors import BadRecord, RegistryUnavailable
from schemas.jsonl import to_iso
from schemas.outputs import DeadLetter
from schemas.topics import DEAD_LETTERS, INPUTS, Topic
from schemas.words import Millis
from streams.clock import WallClock
from streams.doctor.finding import Finding
from streams.kernel.config import KernelConfig
from streams.positions import Positions, held
from streams.settings import Settings
from streams.tails import Tails
from streams.wiring import codec_of, kernel_config

PATIENCE = 15.0
"""Seconds within which a broker has to answer."""

SILENT: Millis = 24 * 3_600_000
"""A source from which nothing came for so long, when it usually sends something every day."""

STANDS: Millis = 60_000
"""Heartbeats come every second; a clock without them for so long stands."""

LOOKED_AT = 300
"""Records from the end of each partition."""

HOUR: Millis = 3_600_000
RISING = 3
"""So many times as many dead letters as in the hours before are more than usual."""

FEW = 10
"""So many dead letters in an hour are never a rise."""


def sources(settings: Settings) -> Iterator[Finding]:
    """When something was received last on each input, and when a heartbeat was."""
    codec, holds = codec_of(settings), held(Positions(quiet(settings)).look())
    for topic in INPUTS:
        if count := _partitions(settings, topic):
            known = [partition for label, partition in holds if label == topic.label]
            yield from _source(settings, codec, topic, count, known)


def dead_letters(settings: Settings) -> Iterator[Finding]:
    """How many in the last hour, against the hours before."""
    count = _partitions(settings, DEAD_LETTERS)
    if not count:
        return
    codec, now = codec_of(settings), WallClock().now()
    ages: Counter[int] = Counter()
    reasons: Counter[str] = Counter()
    for message in _last(settings, DEAD_LETTERS, count, 10 * LOOKED_AT):
        age = (now - message.timestamp()[1]) // HOUR
        ages[age] += 1
        if age == 0 and isinstance(letter := _read(codec, message.value(), DEAD_LETTERS), DeadLetter):
            reasons[letter.reason] += 1
    yield _rise(ages, reasons)


def _rise(ages: Counter[int], reasons: Counter[str]) -> Finding:
    before = sum(ages[age] for age in range(1, 25)) / 24
    if ages[0] <= max(FEW, RISING * before):
        return Finding(
            "ok", "dead letters", f"{ages[0]} in the last hour, {before:.1f} an hour the day before"
        )
    told = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common(3))
    return Finding(
        "warning",
        "dead letters",
        f"{ages[0]} in the last hour ({told}), {before:.1f} an hour the day before",
        "What can't be read or obeyed has no effect: customers are overlooked, or approached without reason.",
        "heedful dead-letters list, then heedful dead-letters show ID: it names the record and the reason.",
    )


def _source(
    settings: Settings, codec: Codec, topic: Topic, count: int, known: Sequence[int]
) -> Iterator[Finding]:
    """``known``: partitions that the kernels know to be held, if nothing newer stands there."""
    heard: dict[str, Millis] = {}
    holds = dict.fromkeys(known, True)
    for message in _last(settings, topic, count, LOOKED_AT):
        match _read(codec, message.value(), topic):
            case None:
                continue
            case Hold(action=action):
                holds[message.partition() or 0] = action == "hold"
            case Heartbeat(received_at=at):
                heard["heartbeat"] = max(at, heard.get("heartbeat", 0))
            case event:
                heard["event"] = max(event.received_at, heard.get("event", 0))
    now = settings.clock.clock().now()
    yield _silence(topic.named(settings.prefix), heard.get("event"), now)
    if any(holds.values()):
        yield Finding(
            "warning",
            "sources",
            f"{topic.named(settings.prefix)} is held: history is being imported",
            "Nobody is approached, and its time stands where the history ends.",
            "heedful topics go-live, once the import is through.",
        )
    elif heard and now - max(heard.values()) > STANDS:
        yield Finding(
            "error",
            "sources",
            f"the time of {topic.named(settings.prefix)} stands since {to_iso(max(heard.values()))}",
            "Without events and heartbeats no clock moves, and no silence is noticed.",
            'Are visits and care at work (heedful worker)? Has one deployment heartbeats = "write"?',
        )


def _silence(name: str, last: Millis | None, now: Millis) -> Finding:
    if last is not None and now - last <= SILENT:
        return Finding("ok", "sources", f"{name}: the last event came {(now - last) / 60_000:,.0f} min ago")
    told = "no event lately" if last is None else f"no event since {to_iso(last)}"
    return Finding(
        "warning",
        "sources",
        f"{name}: {told}",
        "Nothing is noticed of customers of whom nothing is told, and a cart looks left that was ordered.",
        "Does its source write there? heedful topics tail shows what comes.",
    )


def _partitions(settings: Settings, topic: Topic) -> int:
    """How many it has; 0: it is missing, which is told elsewhere."""
    return partitions_of(settings.kafka.librdkafka()).get(kernel_config(settings).named(topic), 0)


def _last(settings: Settings, topic: Topic, partitions: int, length: int) -> Tails:
    config = quiet(settings)
    return Tails(config, {config.named(topic): partitions}, length)


def quiet(settings: Settings) -> KernelConfig:
    """Where the kernels work, for a client that prints nothing: what fails is told as a finding."""
    return replace(kernel_config(settings), kafka={**settings.kafka.librdkafka(), "log_level": 0})


def _read(codec: Codec, value: bytes | None, topic: Topic) -> Any:
    try:
        return codec.decode(value, topic)
    except (BadRecord, RegistryUnavailable):
        return None
