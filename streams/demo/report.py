"""What a run of the demo comes to: a report for machines, a table for people."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from schemas.topics import (
    ABANDONMENT_SIGNALS,
    CART,
    CLICKSTREAM,
    CONTACT_SIGNALS,
    DEAD_LETTERS,
    ORDERS,
    OUTREACH,
    PROFILE_UPDATES,
    SUPPORT,
)
from schemas.words import Millis
from streams.demo.compare import Verdict, abandonments_said, breaches_said, compare, expected
from streams.demo.log import Log
from streams.demo.observer import percentile
from streams.demo.truth import Thresholds, abandonments, breaches, erasures


class Latency(msgspec.Struct, frozen=True):
    """Milliseconds of people's time from noticeable to noticed."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run. ``topics``: per topic how many records were published, how many of them can't be
    read, how many the kernels read, how many rows landed in ClickHouse.

    ``events`` has the history in it, ``events_per_second`` has not. ``kernels``: what they said of themselves
    before they were stopped.
    """

    seconds: float
    simulated_hours: float
    events: int
    events_per_second: float
    first_signal_after_seconds: float | None
    caught_up: bool
    topics: dict[str, dict[str, int | None]]
    abandonments: Verdict
    unanswered: Verdict
    outreach: dict[str, int]
    dead_letters: dict[str, int]
    latency: Latency
    peak_memory_mib: dict[str, int]
    restarts: dict[str, int]
    kernels: dict[str, dict[str, Any]]
    folder: str

    @property
    def flawless(self) -> bool:
        """Nothing missed, nothing false, nothing twice; and all that happened was looked at."""
        return self.caught_up and self.abandonments.flawless and self.unanswered.flawless

    def write(self, path: Path) -> None:
        """As JSON."""
        path.write_text(json.dumps(msgspec.to_builtins(self), indent=2) + "\n", encoding="utf-8")


def verdicts(log: Log, rules: Thresholds, until: Millis) -> tuple[Verdict, Verdict]:
    """Abandonments and unanswered contacts: those that truly happened before ``until`` beside the signals."""
    visitors = [*log.records(CLICKSTREAM), *log.records(CART)]
    erased = erasures(log.records(PROFILE_UPDATES), until)
    left = expected(abandonments(visitors, log.records(ORDERS), rules, until, erased))
    waiting = expected(breaches(log.records(SUPPORT), rules, until, erased))
    return (
        compare(left, abandonments_said(log.records(ABANDONMENT_SIGNALS)), until),
        compare(waiting, breaches_said(log.records(CONTACT_SIGNALS)), until),
    )


def latency(sorted_milliseconds: list[float]) -> Latency:
    """The percentiles, to a tenth of a millisecond."""
    p50, p95, p99 = (percentile(sorted_milliseconds, share) for share in (0.5, 0.95, 0.99))
    return Latency(len(sorted_milliseconds), _tenth(p50), _tenth(p95), _tenth(p99))


def approaches(log: Log) -> dict[str, int]:
    """Requests and cancellations that were published, each once."""
    said = {each.event_id: each.action for topic in OUTREACH.values() for each in log.records(topic)}
    return dict(Counter(said.values()))


def buried(log: Log) -> dict[str, int]:
    """Dead letters by reason, each once."""
    said = {each.event_id: each.reason for each in log.records(DEAD_LETTERS)}
    return dict(Counter(said.values()))


def summary(report: Report) -> list[tuple[str, str]]:
    """The report on half a screen: names and values, for rich."""
    memory = report.peak_memory_mib
    landed = sum(each["landed"] or 0 for each in report.topics.values())
    return [
        ("ran", f"{report.seconds:.0f} s, which were {report.simulated_hours:.1f} h"),
        ("events", f"{report.events:,}, history included; {report.events_per_second:,.0f} a second"),
        ("first signal", _after(report.first_signal_after_seconds)),
        *(
            []
            if report.caught_up
            else [("[red]NOT CAUGHT UP[/]", "care didn't get through; this is what it reached")]
        ),
        ("abandonments", told(report.abandonments)),
        ("unanswered contacts", told(report.unanswered)),
        ("outreach", _counted(report.outreach)),
        ("dead letters", _counted(report.dead_letters)),
        ("noticed within", _percentiles(report.latency)),
        ("rows landed", f"{landed:,}"),
        ("peak memory", f"{sum(memory.values()):,} MiB: {_counted(memory)}"),
        ("data", report.folder),
    ]


def told(verdict: Verdict) -> str:
    """What happened, what may have (nobody can say from the log), what was said of it."""
    colour = "green" if verdict.flawless else "red"
    flaws = f"missed {verdict.missed}, false {verdict.false}, twice {verdict.twice}"
    doubtful = f", {verdict.doubtful:,} may have" if verdict.doubtful else ""
    return f"{verdict.true:,} happened{doubtful}, {verdict.signalled:,} signalled: [{colour}]{flaws}[/]"


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())) or "none"


def _percentiles(found: Latency) -> str:
    if not found.count:
        return "nothing was noticed live"
    return f"{found.p50:.0f} ms (p50), {found.p95:.0f} ms (p95), {found.p99:.0f} ms (p99)"


def _after(seconds: float | None) -> str:
    return "none" if seconds is None else f"after {seconds:.1f} s"


def _tenth(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def per_topic(
    sound: dict[str, int], unreadable: dict[str, int], read: dict[str, int], landed: dict[str, int]
) -> dict[str, Any]:
    """One row a topic. ``read`` is null where no kernel reads."""
    return {
        label: {
            "published": sound[label] + unreadable[label],
            "unreadable": unreadable[label],
            "read": read.get(label),
            "landed": landed.get(label, 0),
        }
        for label in sorted(sound)
    }
