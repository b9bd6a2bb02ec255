"""How long incidents waited, worked out from the log itself. Shares nothing with heedful."""

import csv
import gzip
from datetime import UTC, datetime
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

OVER = {"Resolved", "Closed"}
WORKED_ON = {"New", "Active"}


class Waited(NamedTuple):
    """Minutes from the opening to the first resolution: not waiting for the user; worked on; all of them."""

    requester_wait: int
    agent_work: int
    total_resolution: int


def waited(file: Path) -> dict[str, Waited]:
    """By incident; those that were opened as resolved have nothing to tell."""
    rows = csv.DictReader(gzip.decompress(file.read_bytes()).decode().splitlines())
    found = {number: _waited(list(rows)) for number, rows in groupby(rows, itemgetter("number"))}
    return {number: minutes for number, minutes in found.items() if minutes}


def _waited(rows: list[dict[str, str]]) -> Waited | None:
    times = [min(_minute(row["sys_updated_at"]) for row in rows[place:]) for place in range(len(rows))]
    opened = min(times[0], _minute(rows[0]["opened_at"]))
    line = [(opened, "New"), *zip(times, (row["incident_state"] for row in rows), strict=True)]
    if rows[0]["incident_state"] in OVER and times[0] == opened:
        return None
    wait = work = 0
    for (begin, state), (end, following) in pairwise(line):
        wait += end - begin if state != "Awaiting User Info" else 0
        work += end - begin if state in WORKED_ON else 0
        if following in OVER:
            return Waited(wait, work, end - opened)
    return None


def _minute(text: str) -> int:
    return int(datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC).timestamp()) // 60
