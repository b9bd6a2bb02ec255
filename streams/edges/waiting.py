"""Who waits for an answer: the newest state of each contact, of those whom somebody owes a reply or a call.

Pure: records in, rows out. Contacts in which nobody waits are not kept, so its size is that of the queue.
"""

from collections.abc import Callable, Iterable, Mapping
from heapq import nsmallest
from operator import attrgetter
from sys import intern
from typing import Any, NamedTuple, TypeAlias, get_args

import msgspec

from schemas.jsonl import to_iso
from schemas.outputs import ContactState
from schemas.words import ContactChannel, ContactClock, Millis

ROOM = 500_000
"""So many waiting contacts are kept; of more, only how many records of them went by."""

LIMIT = 50
"""Rows of an answer, unless another number is asked for."""

MOST = 10_000
"""Rows of an answer at most: it is made while other pages wait."""

NEVER: Millis = 1 << 62
"""After every moment."""

URGENCY = {"urgent": 0, "high": 1, "normal": 2, "low": 3}

Key: TypeAlias = Callable[["Waiter"], Any]


class Waiter(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One contact in which a customer waits.

    ``clock``: of its running clocks the one that is due first, at ``deadline``; None and NEVER without a
    target. ``urgency``: of its priority, 0 the most. ``breached``: the open clocks that missed their target.
    """

    contact_id: str
    shop_id: str
    profile_id: str
    channel: str
    team: str | None
    agent_id: str | None
    priority: str
    status: str
    policy: str | None
    waiting_since: Millis
    clock: str | None
    deadline: Millis
    urgency: int
    breached: tuple[str, ...]


SORTS: dict[str, Key] = {
    "due": attrgetter("deadline", "waiting_since", "contact_id"),
    "waiting": attrgetter("waiting_since", "contact_id"),
    "priority": attrgetter("urgency", "deadline", "waiting_since", "contact_id"),
}
"""due: overdue for longest first; waiting: who waits for longest; priority: the most urgent, then as due."""


class Asked(NamedTuple):
    """Which of the waiting contacts, in which order, how many. None: all."""

    team: str | None = None
    channel: str | None = None
    sort: str = "due"
    limit: int = LIMIT


class Waiting:
    """The view. One thread may take while others look."""

    def __init__(self, room: int = ROOM) -> None:
        """``room``: contacts kept at most."""
        self._room = room
        self._waiters: dict[bytes, Waiter] = {}
        self.left_out = 0

    def __len__(self) -> int:
        """How many contacts wait, as far as there was room."""
        return len(self._waiters)

    def take(self, key: bytes, state: ContactState | None) -> None:
        """The newest record under a key of cx.contacts; None: a tombstone."""
        waiter = waiter_of(state) if state else None
        if waiter is None:
            self._waiters.pop(key, None)
        elif key in self._waiters or len(self._waiters) < self._room:
            self._waiters[key] = waiter
        else:
            self.left_out += 1

    def counts(self, now: Millis, soon: Millis) -> dict[str, int]:
        """How many wait; of them: overdue, due up to ``soon``, due at all later on, with a missed target."""
        everyone = list(self._waiters.values())
        return {
            "waiting": len(everyone),
            "overdue": sum(waiter.deadline <= now for waiter in everyone),
            "due_soon": sum(now < waiter.deadline <= soon for waiter in everyone),
            "in_time": sum(now < waiter.deadline < NEVER for waiter in everyone),
            "breached": sum(bool(waiter.breached) for waiter in everyone),
        }

    def next_due(self, limit: int, now: Millis) -> list[dict[str, Any]]:
        """As JSON: for whom there is still time, what is due first on top."""
        ahead = (waiter for waiter in list(self._waiters.values()) if now < waiter.deadline < NEVER)
        return [row_of(waiter, now) for waiter in nsmallest(limit, ahead, SORTS["due"])]

    def answer(self, asked: Asked, now: Millis) -> dict[str, Any]:
        """As JSON: the rows asked for, of how many that match, of how many that wait."""
        everyone = list(self._waiters.values())  # at once, whatever another thread takes meanwhile
        matching = _matching(everyone, asked)
        first = nsmallest(asked.limit, matching, SORTS[asked.sort])
        return {
            "now": to_iso(now),
            "waiting": len(everyone),
            "matching": len(matching),
            "left_out": self.left_out,
            "contacts": [row_of(waiter, now) for waiter in first],
        }


def asked_for(values: Mapping[str, str]) -> Asked:
    """What a query string asks for; an empty value is none. Raises ValueError that says what there is."""
    given = {name: value for name, value in values.items() if value}
    _among("parameter", given, Asked._fields)
    _among("channel", [given[name] for name in given if name == "channel"], get_args(ContactChannel))
    _among("order", [given[name] for name in given if name == "sort"], SORTS)
    limit = given.get("limit", str(LIMIT))
    if not limit.isascii() or not limit.isdigit() or not 1 <= int(limit) <= MOST:
        raise ValueError(f"limit must be a whole number from 1 to {MOST}, not {limit!r}")
    return Asked(given.get("team"), given.get("channel"), given.get("sort", "due"), int(limit))


def waiter_of(state: ContactState) -> Waiter | None:
    """Who waits in a contact, for a reply or for a call-back; None: nobody."""
    since = [state.waiting_since or state.updated_at] if state.waiting else []
    if state.callback_requested_at is not None:
        since.append(state.callback_requested_at)
    if not since:
        return None
    running = [clock for clock in _clocks(state) if clock.state == "running" and clock.due_at is not None]
    first = min(running, key=lambda clock: clock.due_at or 0, default=None)
    return Waiter(
        contact_id=state.contact_id,
        shop_id=intern(state.shop_id),
        profile_id=state.profile_id,
        channel=intern(state.channel),
        team=_shared(state.team),
        agent_id=_shared(state.agent_id),
        priority=intern(state.priority),
        status=intern(state.status),
        policy=_shared(state.policy),
        waiting_since=min(since),
        clock=_shared(first.clock) if first else None,
        deadline=(first and first.due_at) or NEVER,
        urgency=URGENCY.get(state.priority, len(URGENCY)),
        breached=tuple(
            intern(clock.clock) for clock in _clocks(state) if clock.breached and clock.state != "ended"
        ),
    )


def row_of(waiter: Waiter, now: Millis) -> dict[str, Any]:
    """As JSON, with how long the customer waits and how long it is until due; negative: overdue."""
    row = msgspec.structs.asdict(waiter)
    del row["urgency"]
    due = None if row.pop("deadline") == NEVER else waiter.deadline
    return {
        **row,
        "waiting_since": to_iso(waiter.waiting_since),
        "waiting_ms": now - waiter.waiting_since,
        "due_at": None if due is None else to_iso(due),
        "due_in_ms": None if due is None else due - now,
    }


def _matching(waiters: list[Waiter], asked: Asked) -> list[Waiter]:
    if asked.team is not None:
        waiters = [waiter for waiter in waiters if waiter.team == asked.team]
    if asked.channel is not None:
        waiters = [waiter for waiter in waiters if waiter.channel == asked.channel]
    return waiters


def _clocks(state: ContactState) -> tuple[ContactClock, ...]:
    """Its clocks. Records of the contract's first version tell of the first reply only."""
    if state.clocks or state.first_reply_due_at is None:
        return state.clocks
    return (
        ContactClock(
            clock="first_reply",
            state="running" if state.answered_at is None else "ended",
            started_at=state.waiting_since or state.updated_at,
            due_at=state.first_reply_due_at,
            breached=state.breached,
        ),
    )


def _shared(text: str | None) -> str | None:
    """One string for all that say the same."""
    return text and intern(text)


def _among(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    for name in given:
        if name not in known:
            raise ValueError(f"there is no {what} {name!r}, but {', '.join(known)}")
