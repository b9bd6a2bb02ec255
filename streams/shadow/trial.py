"""A trial: what rules would have said in a range of the log, beside what was sent in it.

Both kernels' processors read the log in this process. There is no group and no transaction, and nothing
is written.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import psutil

from schemas import topics
from schemas.codec import Codec
from schemas.errors import BadRecord
from schemas.ids import short_hash
from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.care import Care
from streams.errors import FixConfiguration, Refused
from streams.formats.base import Row
from streams.reading import read_to_end
from streams.replay import PUBLISHED, Replay
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.rules.tables import DAY
from streams.settings import Settings
from streams.shadow.comparing import Comparison, Count, Group
from streams.shadow.inputs import Inputs
from streams.visits import Visits
from streams.wiring import codec_of

LATE: Millis = DAY
"""What was received up to so long after the range is read too: it may prove something of the range false."""

LOOK_EVERY = 10_000
"""Events between two looks at the memory."""

MEBIBYTE = 1 << 20


class Range(NamedTuple):
    """What is compared: what was said from ``since`` on and before ``until``.

    ``lead_in``: so long before it reading begins.
    """

    since: Millis
    until: Millis
    lead_in: Millis


@dataclass
class Trial:
    """One trial. ``progress`` is called after each event, with how many and how far the log has come.

    ``memory``: bytes that this process may take.
    """

    settings: Settings
    rules: RuleSet
    wanted: Range
    memory: int
    progress: Callable[[str, int, Millis], None]

    def run(self) -> tuple[Range, dict[Group, Count]]:
        """The range that could be compared, which ends where the log does, and what came of it.

        Raises FixConfiguration if the range can't be compared or is too much, Refused beyond the memory,
        Unavailable, BrokerUnavailable.
        """
        codec, compared = codec_of(self.settings), Comparison()
        lateness = self.settings.lateness
        limit = self.wanted.until + lateness + LATE
        inputs = Inputs(self.settings, codec, self.wanted.since - self.wanted.lead_in, limit)
        host = Replay([Visits(), Care(RuleBook.single(self.rules), lateness)], lateness)
        for topic, _, said in host.follow(
            self._rows(inputs, host), lambda: inputs.merge.limit - lateness - 1
        ):
            record: Any = said
            if self.wanted.since <= record.occurred_at < self.wanted.until:
                compared.now(topic.label, record)
        reached = self._reached(inputs, lateness)
        for label, record in self._sent(codec, reached):
            compared.then(label, record)
        return reached, compared.counts()

    def _rows(self, inputs: Inputs, host: Replay) -> Iterator[tuple[Millis, Row]]:
        for number, received in enumerate(inputs, 1):
            host.held = received.held
            yield received.at, Row(received.topic, received.event, "")
            self.progress("reading the log", number, received.event.received_at)
            if number % LOOK_EVERY == 0:
                self._look(number)

    def _look(self, number: int) -> None:
        taken = psutil.Process().memory_info().rss
        if taken > self.memory:
            raise Refused(
                f"after {number:,} events this process takes {taken // MEBIBYTE:,} MiB, more than --memory "
                "allows; allow more, or choose a shorter --lead-in"
            )

    def _reached(self, inputs: Inputs, lateness: Millis) -> Range:
        """Live clocks stand at the least of what partitions have reached: so far can be compared."""
        clock = inputs.merge.limit - lateness
        if clock <= self.wanted.since:
            lane = inputs.merge.behind()[0]
            raise FixConfiguration(
                f"the log has come to {to_iso(max(0, clock))} only ({lane[0]}, partition {lane[1]}), "  # type: ignore[index]
                "which is before --from; is `heartbeats` written by just one deployment, and is it at work?"
            )
        return self.wanted._replace(until=min(self.wanted.until, clock))

    def _sent(self, codec: Codec, reached: Range) -> Iterator[tuple[str, object]]:
        """What was said in the range, each thing once."""
        known: set[int] = set()
        for topic in topics.OUTPUTS:
            if topic.label not in PUBLISHED:
                continue
            for message in read_to_end(self.settings, self.settings.named(topic), reached.since):
                try:
                    record: Any = codec.decode(message.value(), topic)
                except BadRecord:  # somebody else's: heedful didn't say it
                    continue
                self.progress(f"reading {topic.label}", len(known), record.occurred_at)
                hashed = short_hash(record.event_id)
                if reached.since <= record.occurred_at < reached.until and hashed not in known:
                    known.add(hashed)
                    yield topic.label, record
