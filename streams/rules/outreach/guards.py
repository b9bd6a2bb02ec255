"""The guards, in the order in which a candidate passes them. The first that doesn't let it pass decides.

A guard is a function of a case and returns a verdict; it changes nothing. A new guard takes its place in
GUARDS and is in every row of ``cx.decisions`` from then on.
"""

from collections.abc import Callable
from typing import NamedTuple

from schemas.words import Channel, GuardResult, GuardVerdict, Millis
from streams.rules.outreach.consent import Voices, permission
from streams.rules.outreach.quiet_hours import quiet_until
from streams.rules.outreach.settings import OutreachSettings
from streams.rules.outreach.state import Approach, Reach

ASK_AGAIN: Millis = 5 * 60_000
"""When what waits for other tasks to catch up is decided anew."""


class Case(NamedTuple):
    """A candidate and all that guards may look at.

    ``at``: the moment of the decision, in event time. ``live_from``: the log is live, not backlog, from
    this moment on. ``held``: history is being imported. ``heard``: what other profiles told this one before
    that has arrived.
    """

    approach: Approach
    reach: Reach
    settings: OutreachSettings
    at: Millis
    live_from: Millis
    held: bool
    heard: Millis

    @property
    def leaves(self) -> bool:
        """Whether the request would be published, rather than only logged."""
        return not self.held and self.settings.publishes_to(self.approach.profile_id)


class Verdict(NamedTuple):
    """What a guard says, why, and, if it holds, when to ask again at the latest."""

    result: GuardVerdict
    detail: str | None = None
    until: Millis | None = None


class Ruling(NamedTuple):
    """What all guards said, and which of them decided."""

    guard: str
    verdict: Verdict
    results: tuple[GuardResult, ...]


PASSED = Verdict("passed")


def channel_for(settings: OutreachSettings, voices: Voices, before: Channel) -> Channel:
    """The first enabled channel with consent; the one chosen before, as long as it is still possible."""
    open_to = [name for name in settings.enabled_channels if permission(voices, name) == "granted"]
    return before if before in open_to else next(iter(open_to), "unknown")


def judge(case: Case) -> Ruling:
    """Ask the guards."""
    results: list[GuardResult] = []
    for name, guard in GUARDS:
        verdict = guard(case)
        results.append(GuardResult(guard=name, result=verdict.result, detail=verdict.detail))
        if verdict.result != "passed":
            break
    return Ruling(name, verdict, (*results, *_SKIPPED[len(results) :]))


def _valid_until(case: Case) -> Verdict:
    return Verdict("refused", "too late") if case.at >= case.approach.valid_until else PASSED


def _condition(case: Case) -> Verdict:
    """Still abandoned. Everything else that ends an abandonment takes the approach away at once."""
    ordered = case.reach.ordered_at
    return (
        Verdict("refused", "order") if ordered is not None and ordered >= case.approach.changed_at else PASSED
    )


def _erased(case: Case) -> Verdict:
    erased = case.reach.erased_at
    return Verdict("refused") if erased is not None and case.approach.changed_at <= erased else PASSED


def _switched_off(case: Case) -> Verdict:
    if case.settings.mode == "off":
        return Verdict("refused", "outreach.mode = off")
    if not case.settings.rule_enabled(case.approach.rule):
        return Verdict("refused", f"outreach.rules.{case.approach.rule} is not enabled")
    return PASSED if case.settings.enabled_channels else Verdict("refused", "no channel is enabled")


def _consent(case: Case) -> Verdict:
    if case.approach.channel != "unknown":
        return Verdict("passed", f"{case.approach.channel}: granted")
    names = case.settings.enabled_channels
    return Verdict("refused", ", ".join(f"{name}: {permission(case.reach.voices, name)}" for name in names))


def _support_hold(case: Case) -> Verdict:
    waiting = case.reach.waiting
    return Verdict("held", f"waits for an answer: {', '.join(waiting)}") if waiting else PASSED


def _activity(case: Case) -> Verdict:
    """Nobody is mailed about a cart while looking at it."""
    away_from = case.reach.active_at + case.approach.patience
    return Verdict("held", "the customer is here", away_from) if away_from > case.at else PASSED


def _quiet_hours(case: Case) -> Verdict:
    hours = case.settings.quiet_hours
    if not hours.enabled:
        return PASSED
    zone = case.reach.zone.value
    until = quiet_until(case.at, hours.window, (zone,) if zone else case.settings.time_zones)
    if until is None:
        return PASSED
    where = zone or f"zone unknown, one of {', '.join(case.settings.time_zones)}"
    return Verdict("held" if hours.on_quiet == "hold" else "refused", where, until)


def _arbitration(case: Case) -> Verdict:
    """One approach for each customer and episode, about the newest cart."""
    for other in case.reach.approaches:
        if other.signal_id != case.approach.signal_id and (why := _conflict(case, other)):
            return Verdict("refused", f"{why}: {other.outreach_id}")
    return PASSED


def _conflict(case: Case, other: Approach) -> str | None:
    if other.phase == "held":
        return "a newer cart waits" if other.age > case.approach.age else None
    if not other.made:
        return None
    if (other.cart_id, other.episode) == (case.approach.cart_id, case.approach.episode):
        return "approached in this episode"
    return "approached a short time ago" if case.at < other.valid_until else None


def _backlog(case: Case) -> Verdict:
    """What happened since the decision may stand in the log unread: an order, a question, a denial."""
    if not case.leaves:
        return PASSED
    if case.at < case.live_from:
        return Verdict("held", "the log is behind the time of people", case.live_from)
    if case.heard < case.live_from:
        return Verdict("held", "what other profiles tell this one may be unheard", case.at + ASK_AGAIN)
    return PASSED


def _emit(case: Case) -> Verdict:
    mode = case.settings.mode.replace("_", "-")
    if case.held:
        return Verdict("passed", f"{mode}; history, not published")
    return Verdict("passed", mode if case.leaves else f"{mode}; not published")


GUARDS: tuple[tuple[str, Callable[[Case], Verdict]], ...] = (
    ("valid_until", _valid_until),
    ("condition", _condition),
    ("erased", _erased),
    ("switched_off", _switched_off),
    ("consent", _consent),
    ("support_hold", _support_hold),
    ("activity", _activity),
    ("quiet_hours", _quiet_hours),
    ("arbitration", _arbitration),
    ("backlog", _backlog),
    ("emit", _emit),
)
"""Every guard, by the name that it has in ``cx.decisions``. The last decides if all let it pass."""
_SKIPPED = tuple(GuardResult(guard=name, result="skipped") for name, _ in GUARDS)
