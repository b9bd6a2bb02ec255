"""Small Zendesk exports, and columns of real ones filled with something else."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

from streams.formats.zendesk_tables import COLUMNS
from tests.formats.files import Found

USERS = {"u": "u,end-user,FALSE", "v": "v,end-user,FALSE", "a": "a,agent,FALSE", "b": "b,admin,FALSE"}
LIGHT = "l,agent,TRUE"
TICKET = "9,2024-03-13 10:00:00,u,u,email"
OPEN = "9,status,2024-03-13 10:00:00,open"


def at(minute: int) -> str:
    return f"2024-03-13 10:{minute:02}:00"


def change(minute: int, field: str, value: str, ticket: str = "9") -> str:
    """A row of the field history."""
    return f'{ticket},{field},{at(minute)},"{value}"'


def comment(minute: int, author: str, body: str = "…", public: str = "TRUE", ticket: str = "9") -> str:
    """A row of the comments; its id is made of what it is."""
    escaped = body.replace('"', '""')
    return f'{author}{minute}{public},{ticket},{author},{at(minute)},{public},"{escaped}"'


def export(folder: Path, **tables: tuple[str, ...]) -> Path:
    """A folder of these rows: by default two end users, two agents, a light agent, and an open ticket."""
    rows = {
        "user": (*USERS.values(), LIGHT),
        "ticket": (TICKET,),
        "ticket_field_history": (OPEN,),
        "ticket_comment": (),
    }
    for table, lines in (rows | tables).items():
        text = "\n".join((",".join(COLUMNS[table]), *lines))
        (folder / f"{table}.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    return folder


def zendesk(
    folder: Path, *, changes: tuple[str, ...] = (), comments: tuple[str, ...] = (), **tables: tuple[str, ...]
) -> Found:
    """What is read of an open ticket with these changes and comments."""
    history = {"ticket_field_history": (OPEN, *changes), "ticket_comment": comments}
    return Found("zendesk", [export(folder, **(history | tables))])


def filled(source: Path, folder: Path, junk: str, also: Mapping[str, set[str]]) -> Path:
    """A copy of the tables with ``junk`` in each column that isn't read, and in those ``also`` named."""
    for table, read in COLUMNS.items():
        text = (source / f"{table}_data.csv").read_text()
        reader = csv.DictReader(io.StringIO(text))
        names = list(reader.fieldnames or ())
        spoilt = {name: junk for name in names if name not in read or name in also.get(table, ())}
        with open(folder / f"{table}.csv", "w", newline="") as target:
            writer = csv.DictWriter(target, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows({**row, **spoilt} for row in reader)
    return folder
