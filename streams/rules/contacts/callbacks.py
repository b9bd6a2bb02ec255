"""Call-backs as promises: requested, attempted, reached, expired; and whether the promised window was kept.

requested --attempt within the window--> kept --reached--> done
requested --the window ends without an attempt--> missed (``breached``) --reached--> done, too late
requested --as many attempts as there may be, or time--> expired
"""

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from schemas.words import ContactSignalKind, Millis
from streams.rules.contacts import timing
from streams.rules.contacts.entry import Entry
from streams.rules.contacts.ticket import Clock, Promised
from streams.rules.settings import RuleSet

if TYPE_CHECKING:
    from streams.rules.contacts.course import Course

NAME = "callback"


def take(course: "Course", one: Entry, rules: RuleSet) -> None:
    """What an event means for the call-back that is owed."""
    owed = course.ticket.callback
    if one.type == "callback_requested":
        _requested(course, one, rules)
    elif owed is not None and one.type == "callback_attempted":
        _attempted(course, owed, one)
    elif owed is not None and one.type == "callback_reached":
        _reached(course, owed, one)
    elif owed is not None and (one.stops or one.type == "callback_cancelled"):
        _finished(course, "closed", one.at, one.event_id)


def reach(course: "Course", at: Millis) -> bool:
    """Whether it is a call-back that comes due at this moment; if so it is missed, or expires."""
    owed = course.ticket.callback
    if owed is None:
        return False
    if owed.due_at == at and not (owed.missed or owed.kept):
        course.ticket = replace(course.ticket, callback=replace(owed, missed=True, kept=_kept(owed, at + 1)))
        _say(course, "breached", at, None)
        return True
    if owed.expires_at == at:
        _finished(course, "callback_expired", at, None)
        return True
    return False


def _requested(course: "Course", one: Entry, rules: RuleSet) -> None:
    """A new request; one that is owed already gets the window that was promised last."""
    settings = rules.contacts.callback
    owed = course.ticket.callback or Promised(one.at, one.event_id, rules.version)
    latest = one.at + settings.target if settings.target is not None else None
    due = one.window_until or owed.window_until or latest
    owed = replace(
        owed,
        window_from=one.window_from or owed.window_from,
        window_until=one.window_until or owed.window_until,
        due_at=due,
        expires_at=max(due or one.at, one.at) + settings.expires_after,
        kept=None,
        missed=False,
    )
    course.start(NAME, one, rules)
    course.ticket = replace(course.ticket, callback=owed)
    _say(course, "callback_requested", one.at, one.event_id)
    course.ticket = course.ticket.having(replace(_clock(course), due_at=due))


def _attempted(course: "Course", owed: Promised, one: Entry) -> None:
    called = replace(owed, attempts=owed.attempts + 1, kept=_kept(owed, one.at))
    course.ticket = replace(course.ticket, callback=called)
    _say(course, "callback_attempted", one.at, one.event_id, since=owed.attempted_at)
    course.ticket = replace(course.ticket, callback=replace(called, attempted_at=one.at))
    if called.attempts >= course.book.of(owed.rules_version).contacts.callback.attempts:
        _finished(course, "callback_expired", one.at, one.event_id)


def _reached(course: "Course", owed: Promised, one: Entry) -> None:
    course.ticket = replace(course.ticket, callback=replace(owed, kept=_kept(owed, one.at)))
    _finished(course, "callback_reached", one.at, one.event_id)


def _kept(owed: Promised, at: Millis) -> bool | None:
    """Whether a call at this moment keeps the promise; what was decided stays decided."""
    if owed.kept is not None or owed.due_at is None:
        return owed.kept
    if at > owed.due_at:
        return False
    return True if owed.window_from is None or at >= owed.window_from else None


def _finished(course: "Course", kind: ContactSignalKind, at: Millis, cause: str | None) -> None:
    clock = _clock(course)
    course.ticket = course.ticket.having(
        replace(timing.halted(clock, at, course.calendar(clock)), ended_at=at)
    )
    _say(course, kind, at, cause)
    course.ticket = replace(course.ticket, callback=None)


def _say(
    course: "Course", kind: ContactSignalKind, at: Millis, cause: str | None, since: Millis | None = None
) -> None:
    owed = course.ticket.callback
    assert owed is not None
    more: dict[str, Any] = {
        "window_from": owed.window_from,
        "window_until": owed.window_until,
        "window_kept": None if owed.window_until is None else owed.kept,
        "attempts": owed.attempts,
        "net_ms": at - (since or owed.attempted_at or owed.requested_at),
    }
    course.say(kind, at, _clock(course), cause, **more)


def _clock(course: "Course") -> Clock:
    clock = course.ticket.clock(NAME)
    assert clock is not None
    return clock
