"""Do the rows agree with what was claimed? Nothing lost, nothing twice, found out by counting.

Offsets aren't rows: transaction markers take offsets too. So each landed range says how many rows it has, and
ranges of a partition follow each other without a gap. Rows that were erased on request count as if they
were there.
"""

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

from schemas.topics import TOPICS
from sinks.clickhouse.store import Row
from sinks.clickhouse.tables import ERASED_ROWS, LANDINGS, TOMBSTONES, table_of

Ask: TypeAlias = Callable[[str], list[Row]]
"""Rows of a statement."""

Kind = Literal["missing", "doubled", "unclaimed", "gap"]


class Finding(NamedTuple):
    """Something that must not be. ``start`` and ``last`` are offsets, both included."""

    kind: Kind
    topic: str
    partition: int
    start: int
    last: int
    expected: int
    found: int

    def __str__(self) -> str:
        place = f"{self.topic}-{self.partition} offsets {self.start} to {self.last}"
        match self.kind:
            case "gap":
                return f"gap: {place} were never claimed"
            case "unclaimed":
                return f"unclaimed: {place}: {self.found} rows are covered by no landed range"
        return f"{self.kind}: {place} should have {self.expected} rows and have {self.found}"


class Audit(NamedTuple):
    """What was compared and what was found. ``rows``: those of ``raw_tombstones`` too."""

    ranges: int
    rows: int
    findings: list[Finding]


TABLES = sorted({table_of(topic) for topic in TOPICS} | {TOMBSTONES})


def audit(ask: Ask) -> Audit:
    """Compare the table ``landings`` with the rows.

    While landing is at work, the rows of ranges that aren't recorded yet are not looked at: those behind the
    last recorded range of a partition.
    """
    counted = ask(f"SELECT count() AS ranges, sum(rows + tombstones) AS rows FROM {LANDINGS} FINAL")[0]
    findings = [Finding("gap", **row, expected=0, found=0) for row in ask(_GAPS)]
    for table in TABLES:
        findings += [_finding(row) for row in ask(_comparison(table))]
    return Audit(int(counted["ranges"]), int(counted["rows"]), findings)


def _finding(row: Row) -> Finding:
    """Offsets that no range covers weigh more than a range that has too few or too many rows."""
    place = row["topic"], row["partition"], row["start"], row["last"], row["expected"]
    if row["outside"]:
        return Finding("unclaimed", *place, row["outside"])
    if row["offsets"] < row["expected"]:
        return Finding("missing", *place, row["offsets"])
    return Finding("doubled", *place, row["found"])


_GAPS = f"""
SELECT topic, partition, reached AS start, begins - 1 AS last
FROM
(
    SELECT
        topic, partition, landings.start AS begins,
        lagInFrame(landings.last + 1, 1, landings.start) OVER
        (
            PARTITION BY topic, topic_id, partition
            ORDER BY landings.start
            ROWS BETWEEN 1 PRECEDING AND CURRENT ROW
        ) AS reached
    FROM {LANDINGS} AS landings FINAL
)
WHERE reached != begins
ORDER BY topic, partition, begins
"""


_OUTSIDE = "c.topic = '' OR w.offset > c.last"


def _comparison(table: str) -> str:
    expected = "tombstones" if table == TOMBSTONES else "rows"
    erased = "false" if table == TOMBSTONES else _is_of(table)
    return f"""
WITH
    claims AS
    (
        SELECT topic, topic_id, partition, start, last, {expected} AS expected
        FROM {LANDINGS} FINAL
        WHERE {_is_of(table)}
    ),
    reached AS
    (
        SELECT topic, topic_id, partition, max(last) AS last
        FROM claims
        GROUP BY topic, topic_id, partition
    ),
    within AS
    (
        SELECT r.topic AS topic, r.topic_id AS topic_id, r.partition AS partition, r.offset AS offset
        FROM
        (
            SELECT _topic AS topic, _topic_id AS topic_id, _partition AS partition, _offset AS offset
            FROM {table}
            UNION ALL
            SELECT topic, topic_id, partition, offset
            FROM {ERASED_ROWS} FINAL
            WHERE {erased}
        ) AS r
        LEFT JOIN reached AS e
            ON e.topic = r.topic AND e.topic_id = r.topic_id AND e.partition = r.partition
        WHERE r.offset <= e.last OR e.topic = ''
    ),
    counted AS
    (
        SELECT
            w.topic AS topic, w.topic_id AS topic_id, w.partition AS partition, c.start AS start,
            count() AS found, uniqExact(w.offset) AS offsets,
            countIf({_OUTSIDE}) AS outside,
            minIf(w.offset, {_OUTSIDE}) AS lowest, maxIf(w.offset, {_OUTSIDE}) AS highest
        FROM within AS w
        ASOF LEFT JOIN claims AS c
            ON c.topic = w.topic AND c.topic_id = w.topic_id AND c.partition = w.partition
            AND w.offset >= c.start
        GROUP BY topic, topic_id, partition, start
    )
SELECT
    topic, partition,
    if(f.outside > 0, f.lowest, start) AS start, if(f.outside > 0, f.highest, c.last) AS last,
    c.expected AS expected, f.found AS found, f.offsets AS offsets, f.outside AS outside
FROM claims AS c
FULL JOIN counted AS f USING (topic, topic_id, partition, start)
WHERE f.found != c.expected OR f.offsets != c.expected OR f.outside > 0
ORDER BY topic, partition, start
"""


def _is_of(table: str) -> str:
    """Topics under any prefix."""
    labels = [topic.label for topic in TOPICS if table in (TOMBSTONES, table_of(topic))]
    return " OR ".join(f"endsWith(topic, '.{label}')" for label in labels)
