"""``heedful rules try``: a trial, as it goes on and as it ended."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from schemas.jsonl import to_iso
from schemas.words import Millis
from streams.cli.contacts import printable
from streams.cli.options import moment
from streams.errors import FixConfiguration
from streams.rule_log import read_rules
from streams.rules.book import RuleBook
from streams.rules.durations import duration
from streams.rules.settings import RuleSet
from streams.rules.tables import DAY
from streams.settings import Settings
from streams.shadow.comparing import Count, Group, Said, same
from streams.shadow.trial import MEBIBYTE, Range, Trial

QUIET = 2.0
"""Seconds for which nothing is shown: what is done by then needs no progress."""

SHOWN_EVERY = 0.5
TOLD_EVERY = 10.0
"""Seconds between two lines where nobody looks on."""


def tried(
    rules: RuleSet, settings: Settings, times: tuple[str | None, str | None, str], memory: int, as_json: bool
) -> bool:
    """Run the trial and print what came of it; whether nothing would have been otherwise.

    ``times``: begin, end, lead-in. Raises FixConfiguration, Refused, Unavailable.
    """
    wanted = _range(settings, *times)
    book = read_rules(settings)
    with_progress = Progress()
    try:
        reached, counts = Trial(settings, rules, wanted, memory * MEBIBYTE, with_progress).run()
    finally:
        with_progress.clear()
    held = held_in(book, reached)
    if as_json:
        print(json.dumps(_plain(rules, held, reached, counts), ensure_ascii=False))
    else:
        _print(rules, held, reached, counts)
        if reached.until < wanted.until:
            print(
                f"heedful: the log has come to {to_iso(reached.until)}: compared until then", file=sys.stderr
            )
    return same(counts.values())


def held_in(book: RuleBook, reached: Range) -> list[str]:
    """The versions that held in the range, in their order."""
    later = (one.version for one in book.activations if reached.since < one.at < reached.until)
    return [book.active(reached.since).version, *later]


@dataclass
class Progress:
    """On stderr: one line that changes on a terminal, a line now and then elsewhere."""

    began: float = field(default_factory=time.monotonic)
    shown: float = 0.0

    def __call__(self, doing: str, events: int, at: Millis) -> None:
        """So much was read, of what happened at that time."""
        now, terminal = time.monotonic(), sys.stderr.isatty()
        due = self.shown + (SHOWN_EVERY if terminal else TOLD_EVERY) if self.shown else self.began + QUIET
        if now < due:
            return
        self.shown = now
        text = f"{doing}: {to_iso(at)[:16].replace('T', ' ')}, {events:,} events"
        print(f"\r{text:70}" if terminal else text, end="" if terminal else "\n", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """The line is no longer needed."""
        if self.shown and sys.stderr.isatty():
            print(f"\r{'':70}\r", end="", file=sys.stderr, flush=True)


def _range(settings: Settings, from_: str | None, until: str | None, lead_in: str) -> Range:
    end = moment(until)
    end = settings.clock.clock().now() if end is None else end
    begin = moment(from_)
    begin = end - DAY if begin is None else begin
    if begin >= end:
        raise FixConfiguration(f"--from {to_iso(begin)} must be before --until {to_iso(end)}")
    try:
        return Range(begin, end, duration(lead_in))
    except ValueError as error:
        raise FixConfiguration(f"--lead-in: {error}") from None


def _plain(rules: RuleSet, held: list[str], reached: Range, counts: dict[Group, Count]) -> dict[str, Any]:
    return {
        "from": to_iso(reached.since),
        "until": to_iso(reached.until),
        "lead_in_ms": reached.lead_in,
        "version": rules.version,
        "then_versions": held,
        "same": same(counts.values()),
        "groups": [_plain_group(*group, count) for group, count in counts.items()],
    }


def _plain_group(topic: str, kind: str, count: Count) -> dict[str, Any]:
    return {
        "topic": topic,
        "kind": kind,
        **{name: getattr(count, name) for name in ("then", "now", "moved", "only_then", "only_now")},
        "examples": {
            "moved": [{"then": pair.then.plain(), "now": pair.now.plain()} for pair in count.moved_examples],
            "only_then": [said.plain() for said in count.only_then_examples],
            "only_now": [said.plain() for said in count.only_now_examples],
        },
    }


def _print(rules: RuleSet, held: list[str], reached: Range, counts: dict[Group, Count]) -> None:
    begin, end = _time(reached.since), _time(reached.until)
    print(f"{begin} to {end}, under {', '.join(held)} then, under {rules.version} now")
    if not counts:
        print("Nothing was said, and nothing would have been.")
        return
    _print_table(counts)
    for group, count in counts.items():
        for line in _examples(count):
            print(printable(f"{group[0]} {group[1]} {line}"))
    if same(counts.values()):
        print("Nothing would have been otherwise.")


def _print_table(counts: dict[Group, Count]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("topic", "kind", "then", "now", "only then", "only now", "at another time"):
        table.add_column(heading, no_wrap=True, justify="left" if heading in ("topic", "kind") else "right")
    for (topic, kind), one in counts.items():
        numbers = (one.then, one.now, one.only_then, one.only_now, one.moved)
        table.add_row(topic, kind, *(f"{number:,}" for number in numbers))
    Console(width=None if sys.stdout.isatty() else 200, markup=False, emoji=False).print(table)


def _examples(count: Count) -> Iterator[str]:
    for said in count.only_then_examples:
        yield f"only then: {_told(said)}"
    for said in count.only_now_examples:
        yield f"only now: {_told(said)}"
    for pair in count.moved_examples:
        yield f"then {_time(pair.then.at)}, now: {_told(pair.now)}"


def _told(said: Said) -> str:
    because = f"; {said.why}" if said.why else ""
    return f"{_time(said.at)}, {said.profile_id}, {said.about}{because} ({said.event_id})"


def _time(at: Millis) -> str:
    return to_iso(at)[:16].replace("T", " ")
