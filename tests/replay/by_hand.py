"""Abandonment found by looking back at the whole session, as an analyst would. Shares nothing with heedful.

For each pause in a session that is longer than the threshold: what was in the basket then, since which row,
how far had the visitor come? One signal for each (session, row of the last change, stage).
"""

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

RANKS = ["cart", "checkout", "payment"]
REES46 = {"cart": "add", "remove_from_cart": "remove", "purchase": "order"}
RETENTIONEERING = {
    "add_to_cart": "add",
    "shipping_details": "checkout",
    "payment_details": "payment",
    "payment_error": "payment",
    "purchase": "order",
}


class Step(NamedTuple):
    """One row: when (seconds), what, which product."""

    at: int
    what: str
    product: str


class Left(NamedTuple):
    """A basket that was left: of which session, when silence had lasted, how far it had come."""

    session: str
    due: int
    stage: str


def rees46(file: Path) -> dict[str, list[Step]]:
    """The sessions of a file."""
    return _sessions(file, ("event_time", "event_type", "user_session", "product_id"), REES46)


def retentioneering(file: Path) -> dict[str, list[Step]]:
    """The sessions of a file, packed; it names no products."""
    return _sessions(file, ("timestamp", "event", "session_id", ""), RETENTIONEERING)


def _sessions(file: Path, columns: tuple[str, str, str, str], words: dict[str, str]) -> dict[str, list[Step]]:
    """Rows by session in the order of time, identical ones once."""
    text = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    time, what, session, product = columns
    found: dict[str, list[Step]] = defaultdict(list)
    for row in {tuple(row.items()): row for row in csv.DictReader(text.decode().splitlines())}.values():
        moment = datetime.fromisoformat(row[time].removesuffix(" UTC")).replace(tzinfo=UTC)
        step = Step(int(moment.timestamp()), words.get(row[what], "look"), row.get(product, ""))
        found[row[session]].append(step)
    return {name: sorted(steps, key=lambda step: step.at) for name, steps in found.items()}


def basket(steps: Iterable[Step]) -> tuple[set[str], int, str]:
    """What is in it in the end, at which row that last changed, and how far the visitor has come with it."""
    content: set[str] = set()
    changed, stage = -1, "cart"
    ordered_at = None
    for row, step in enumerate(steps):
        if step.what == "add":
            content, changed, stage = content | {step.product}, row, stage if content else "cart"
        elif step.what == "remove" and step.product in content:
            content, changed = content - {step.product}, row
        elif step.what == "order" and step.at != ordered_at:
            content, ordered_at = set(), step.at
        elif step.what in RANKS and content:
            stage = max(stage, step.what, key=RANKS.index)
    return content, changed, stage


def judged(steps: list[Step], session: str, after: int, end: int) -> tuple[dict[tuple[int, str], Left], bool]:
    """Signals of one session, and whether it ends with a basket about which nothing was said yet."""
    said: dict[tuple[int, str], Left] = {}
    for number, (step, following) in enumerate(pairwise([*steps, Step(end + 1, "end", "")]), 1):
        content, changed, stage = basket(steps[:number])
        due = step.at + after
        if (
            content
            and due < following.at
            and not any(row == changed and RANKS.index(higher) >= RANKS.index(stage) for row, higher in said)
        ):
            said[changed, stage] = Left(session, due, stage)
    content, changed, stage = basket(steps)
    return said, bool(content) and (changed, stage) not in said


def left(found: dict[str, list[Step]], after: int, until: int = 0) -> tuple[list[Left], int]:
    """Signals, and how many baskets are undecided ``until`` seconds after the last row."""
    end = max(step.at for steps in found.values() for step in steps) + until
    verdicts = [judged(steps, name, after, end) for name, steps in found.items()]
    return [one for said, _ in verdicts for one in said.values()], sum(undecided for _, undecided in verdicts)
