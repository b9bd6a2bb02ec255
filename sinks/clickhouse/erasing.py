"""Erasure: whoever asks for it has no rows of the time before, whatever lands when.

A request names a customer; the tables say which devices were theirs. All these ids are written down first.
Then, table by table, the places of their rows are written down, and exactly these rows deleted. Each step may
be done again after a crash, and is, until the range with the request is recorded as landed.

What lands later is asked about after it was put in: either the ids were written down by then, and it is
deleted by whoever landed it, or whoever writes them down afterwards finds the rows. So a range of somebody
known concerns its own table only, unless it says of another device that it is theirs.

One deletion at a time: each rewrites parts of a table, and two of one table would wait for each other.
"""

import threading
from collections.abc import Callable, Iterable
from typing import TypeAlias

import msgspec

from schemas.topics import TOPICS
from schemas.words import Millis
from sinks.clickhouse.people import Erasure, People, Person
from sinks.clickhouse.store import Store, quoted
from sinks.clickhouse.tables import ERASED_ROWS, ERASURES, Personal, personal, table_of
from sinks.errors import Unavailable

Known: TypeAlias = dict[Person, dict[str, Millis]]
"""By person: requests, and up to when each erases."""

COLUMNS = ("request", "shop_id", "id", "erased_at")
OWNED: dict[str, Personal] = {table_of(topic): whose for topic in TOPICS if (whose := personal(topic))}
LINKING = sorted({table_of(topic) for topic in TOPICS if "visitor_id" in topic.model.__struct_fields__})
"""Tables whose rows name a device and an owner."""


class Eraser:
    """Obeys requests in one database. Any thread may call it."""

    def __init__(self, store: Store, reached: Callable[[str], None]) -> None:
        self._store = store
        self._reached = reached
        self._lock = threading.Lock()
        self._deleting = threading.Lock()
        self._known: Known = {}
        self._size = 0

    def obey(self, people: People, table: str | None = None) -> None:
        """Have nothing of the erased in the tables, when a range with these people was put in.

        ``table``: where it was put, the first time; None: it may have been put in and partly obeyed before.
        """
        if people.erasures:
            self._write(people.erasures)
        asked = {erasure.request for erasure in people.erasures}
        late = self._concerning(people) - asked
        with self._deleting:
            if late and table is not None and not self._teaches(table, late):
                self._delete_all(sorted(late), [table])
            else:
                asked |= late
            if asked:
                self._erase(sorted(asked))

    def _write(self, erasures: Iterable[Erasure]) -> None:
        rows = [{**each._asdict(), "erased_at": each.erased_at / 1000} for each in erasures]
        self._store.insert(ERASURES, COLUMNS, b"\n".join(map(msgspec.json.encode, rows)), "JSONEachRow", "")

    def _concerning(self, people: People) -> set[str]:
        """Requests of whom the range has an owner, from the time before."""
        known = self._all_known()
        return {
            request
            for owner in people.owners & known.keys()
            for request, erased_at in known[owner].items()
            if people.earliest <= erased_at
        }

    def _all_known(self) -> Known:
        """Rows are only ever added, so that their number says whether there are new ones."""
        [row] = self._store.query(f"SELECT count() AS size FROM {ERASURES} FINAL")
        with self._lock:
            if row["size"] != self._size:
                self._known, self._size = self._read(), row["size"]
            return self._known

    def _read(self) -> Known:
        known: Known = {}
        asked = f"SELECT request, shop_id, id, toUnixTimestamp64Milli(erased_at) AS at FROM {ERASURES} FINAL"
        for row in self._store.query(asked):
            known.setdefault((row["shop_id"], row["id"]), {})[row["request"]] = row["at"]
        return known

    def _teaches(self, table: str, requests: Iterable[str]) -> bool:
        """Whether rows of the table name another device of theirs."""
        named = _listed(requests)
        return table in LINKING and bool(
            self._store.query(f"SELECT 1 AS found {_unknown(table, named)} LIMIT 1")
        )

    def _erase(self, requests: list[str]) -> None:
        for table in LINKING:
            self._store.command(_devices(table, _listed(requests)))
        self._reached("erase.known")
        self._delete_all(requests, OWNED)
        self._reached("erase.done")

    def _delete_all(self, requests: Iterable[str], tables: Iterable[str]) -> None:
        named = _listed(requests)
        for table in tables:
            if self._store.query(f"SELECT 1 AS found {_theirs(table, named)} LIMIT 1"):
                self._delete(table, named)

    def _delete(self, table: str, named: str) -> None:
        """A deletion that took longer than the answer was waited for is not begun a second time."""
        under_way = self._store.query(
            "SELECT latest_fail_reason AS why FROM system.mutations WHERE database = currentDatabase() "
            f"AND table = {quoted(table)} AND NOT is_done"
        )
        if under_way:
            raise Unavailable(f"{table}: rows are still being deleted. {under_way[0]['why']}".strip())
        self._store.command(
            f"INSERT INTO {ERASED_ROWS} (topic, topic_id, partition, offset, request) "
            f"SELECT r._topic, r._topic_id, r._partition, r._offset, e.request {_theirs(table, named)}"
        )
        self._reached("erase.listed")
        self._store.command(
            f"ALTER TABLE {table} DELETE WHERE (_topic_id, _partition, _offset) IN "
            f"(SELECT topic_id, partition, offset FROM {ERASED_ROWS} WHERE request IN ({named})) "
            "SETTINGS mutations_sync = 1, allow_nondeterministic_mutations = 1"
        )
        self._reached("erase.deleted")


def _devices(table: str, named: str) -> str:
    """Write down the devices that were theirs, too."""
    return (
        f"INSERT INTO {ERASURES} ({', '.join(COLUMNS)}) "
        "SELECT DISTINCT e.request, e.shop_id, assumeNotNull(r.visitor_id), e.erased_at "
        f"{_unknown(table, named)}"
    )


def _unknown(table: str, named: str) -> str:
    """FROM and WHERE: rows r of theirs that name a device which isn't written down yet."""
    written = f"SELECT request, id FROM {ERASURES} WHERE request IN ({named})"
    return (
        f"{_theirs(table, named)} AND r.visitor_id IS NOT NULL "
        f"AND (e.request, r.visitor_id) NOT IN ({written})"
    )


def _listed(requests: Iterable[str]) -> str:
    return ", ".join(map(quoted, requests))


def _theirs(table: str, named: str) -> str:
    """FROM and WHERE: rows r of a table that belong to people e, from the time before."""
    whose = OWNED[table]
    return (
        f"FROM {table} AS r INNER JOIN "
        f"(SELECT max(k.request) AS request, shop_id, id, max(k.erased_at) AS erased_at FROM {ERASURES} AS k "
        f"WHERE k.request IN ({named}) GROUP BY shop_id, id) AS e "
        f"ON r.shop_id = e.shop_id AND {whose.owner} = e.id WHERE r.{whose.time} <= e.erased_at"
    )
