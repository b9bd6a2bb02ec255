"""A process of its own that asks the embedded engine for far too much and tells what that took.

``python -m tests.sinks.runaway FOLDER``: JSON, by statement the code of the refusal, and bytes of memory.
"""

import json
import resource
import sys
from pathlib import Path

from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.reading import Asked, Limits, Reader
from sinks.errors import QueryFailed

LIMITS = Limits(seconds=10, memory=200 << 20, answer=16 << 20)
STATEMENTS = [
    "SELECT repeat('x', 1000000) FROM numbers(1000000)",
    "SELECT repeat('x', 1000) FROM numbers(1000000000)",
    "SELECT materialize(repeat('x', 1000)) FROM numbers(1000000000)",
    "SELECT toLowCardinality(repeat('x', 1000)) FROM numbers(1000000000)",
    "SELECT repeat('x', 1000), arrayJoin(range(100000000))",
]
FORMATS = ["CSV", "Native", "JSONCompact", "Arrow", "Parquet"]


def peak() -> int:
    """The most bytes that this process ever had in memory."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def refusal(reader: Reader, asked: Asked) -> int:
    """The code with which it is refused; 0: it is answered."""
    try:
        reader.answer(asked)
    except QueryFailed as refused:
        return refused.code
    return 0


def main(folder: Path) -> None:
    """Ask for everything in every format."""
    store = EmbeddedStore(folder)
    reader = Reader(store, LIMITS)
    reader.answer(Asked("SELECT 1", "CSV", "", {}))
    before = peak()
    told = {
        f"{sql} FORMAT {fmt}": refusal(reader, Asked(sql, fmt, "", {}))
        for sql in STATEMENTS
        for fmt in FORMATS
    }
    reader.close()
    store.close()
    print(json.dumps({"refused": told, "grown": peak() - before}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
