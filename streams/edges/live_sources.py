"""What the live page shows, section by section: from the views in memory, from ClickHouse, from the roles."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from dashboards.panel import Panel, panels
from dashboards.questions import timeline
from schemas.jsonl import to_iso
from schemas.words import Millis
from sinks.clickhouse.client import Client, Server
from sinks.clickhouse.store import ClickHouseTarget
from sinks.errors import QueryFailed
from sinks.errors import Unavailable as NoAnswer
from streams.asking import status
from streams.clock import Clock
from streams.edges.feed import Feed
from streams.edges.live import Section
from streams.edges.queue import Queue
from streams.edges.waiting import Asked
from streams.errors import Unavailable
from streams.roles import ROLES, Role
from streams.settings import Settings

ROWS = 12
"""Of each list of the page; the counts are of all."""

SOON: Millis = 15 * 60_000
"""Contacts that are due within this time are due soon."""

SPAN: Millis = 24 * 3_600_000
"""How far back *over time* looks."""

POINTS = 1_000
"""Rows of a panel at most."""

EVENTS = 500
"""Of a customer's timeline, the latest."""

QUIET = 10.0
"""Seconds without a word from a kernel after which this moment is not known any more."""

LATE = 15.0
"""Seconds, besides the lateness, that a kernel may be behind before the page speaks of it."""

DEAD = "dead "
"""What the counts of dead letters in a status begin with; the reason follows."""

SAID = ("behind", "clock", "keys", "timers", "rows", "last error", "halted", "open", "why_not")


class Sources:
    """Makes the sections. Methods run in threads; they raise HeedfulError, or QueryFailed."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        feed: Feed,
        queue: Queue,
        target: Callable[[], ClickHouseTarget | None],
    ) -> None:
        """``target``: where ClickHouse is now; None: nowhere."""
        self._settings = settings
        self._clock = clock
        self._feed = feed
        self._queue = queue
        self._target = target

    def sections(self) -> dict[str, Section]:
        """The sections of the page, and how often each is made."""
        return {
            "now": Section(self.now, 1.0),
            "happened": Section(self.happened, 1.0),
            "over": Section(self.over_time, 10.0),
            "health": Section(self.health, 2.0),
        }

    def now(self) -> Mapping[str, Any]:
        """Carts at risk and who waits, and whether that can be believed."""
        now = self._clock.now()
        silent = {
            kernel: round(seconds) for kernel, seconds in self._feed.silent().items() if seconds > QUIET
        }
        late = self._settings.lateness + self._settings.clock.lasts(LATE)
        return {
            "at": to_iso(now),
            "silent_s": silent,
            "behind_ms": {kernel: behind for kernel, behind in self._feed.behind().items() if behind > late},
            "caught_up": self._feed.caught_up and self._queue.caught_up,
            "carts": self._feed.at_risk.answer(ROWS, now, self._feed.reached),
            "contacts": {
                **self._queue.counts(SOON),
                "by_due": self._queue.answer(Asked(limit=ROWS))["contacts"],
                "next_due": self._queue.next_due(ROWS),
            },
        }

    def happened(self) -> Mapping[str, Any]:
        """The latest signals and decisions."""
        return self._feed.happened.answer()

    def health(self) -> Mapping[str, Any]:
        """What each role on this machine says of itself."""
        return {"roles": [_health(role, status(self._settings, role)) for role in ROLES]}

    def over_time(self) -> Mapping[str, Any]:
        """Every panel, of the last day in event time."""
        until = self._clock.now()
        span = {"from": _moment(until - SPAN), "until": _moment(until)}
        return self._asking(
            lambda client: {
                "until": to_iso(until),
                "panels": [_panel(client, each, span) for each in panels() if each.live],
            }
        )

    def customer(self, shop_id: str, profile_id: str) -> Mapping[str, Any]:
        """All that is known of one customer, from all departments, the latest first."""
        asked = {"shop": shop_id, "profile": profile_id, "limit": str(EVENTS)}
        return self._asking(lambda client: {"events": _rows(client, timeline(), asked), "most": EVENTS})

    def _asking(self, ask: Callable[[Client], Mapping[str, Any]]) -> Mapping[str, Any]:
        target = self._target()
        if target is None:
            raise Unavailable("ClickHouse is not there: landing doesn't run, or is starting")
        client = Server(target)
        try:
            return ask(client)
        except NoAnswer as error:
            raise Unavailable(str(error)) from error
        finally:
            client.close()


def _panel(client: Client, panel: Panel, span: Mapping[str, str]) -> dict[str, Any]:
    """A panel with its rows; one that fails doesn't take the others with it."""
    shown = {"name": panel.name, "title": panel.title, "question": panel.question}
    shown |= {"unit": panel.unit, "chart": panel.chart}
    try:
        answer = _answer(client, panel.sql, span)
    except QueryFailed as failed:
        return {**shown, "problem": f"ClickHouse refuses it: code {failed.code}"}
    return {**shown, "columns": [one["name"] for one in answer["meta"]], "rows": answer["data"][-POINTS:]}


def _rows(client: Client, sql: str, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    answer = _answer(client, sql, parameters)
    names = [one["name"] for one in answer["meta"]]
    return [dict(zip(names, row, strict=True)) for row in answer["data"]]


def _answer(client: Client, sql: str, parameters: Mapping[str, str]) -> Any:
    return json.loads(client.ask(sql, "JSONCompact", parameters))


def _health(role: Role, said: Mapping[str, Any]) -> dict[str, Any]:
    dead = {name.removeprefix(DEAD): count for name, count in said.items() if name.startswith(DEAD) and count}
    known = {name: said[name] for name in SAID if name in said}
    unread = sum(said.get("lag", {}).values())
    return {"role": role, "answers": bool(said), "dead_letters": dead, "unread": unread, **known}


def _moment(at: Millis) -> str:
    """As ClickHouse reads a DateTime64(3)."""
    return to_iso(at).replace("T", " ").removesuffix("Z")
