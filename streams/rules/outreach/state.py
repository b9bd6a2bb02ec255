"""What outreach remembers of one customer.

An approach, from the signal that caused it until nobody can ask about it any more:

    candidate --a guard holds--> held --its time, or an event--> decided anew
    candidate, held --all guards pass--> requested (shadowed, if the mode or an import keeps it here)
    candidate, held --a guard refuses, the reason is gone, valid_until--> forgotten
    requested, shadowed --the reason is gone--> ended --a later `sent`--> regretted
    requested, shadowed, ended --valid_until + 7 d--> forgotten
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, Self

import msgspec

from schemas.words import AbandonmentCause, Channel, Line, Millis, Stage
from streams.rules.outreach.consent import NOTHING, Said, Voices, merged
from streams.rules.outreach.quiet_hours import DAY

ATTRIBUTION: Millis = 7 * DAY
"""An approach is remembered so long beyond its validity: late orders cancel it, late feedback regrets."""
CONSENT_KEPT: Millis = 730 * DAY
"""What was said about being contacted is forgotten (and so means no) this long after the last word."""
ORDER_KEPT: Millis = 30 * DAY
ERASURE_KEPT: Millis = 30 * DAY
QUESTION_KEPT: Millis = 90 * DAY
"""A question whose end nobody told holds promotion back for so long."""
ANSWER_KEPT: Millis = 30 * DAY


class _Part(msgspec.Struct, frozen=True, array_like=True, kw_only=True, order=True, gc=False):
    pass


class Question(_Part, frozen=True, kw_only=True, order=True):
    """A contact of the customer, and whether the customer waits for an answer."""

    contact_id: str
    updated_at: Millis
    waiting: bool

    @property
    def forget_at(self) -> Millis:
        """When it means nothing any more."""
        return self.updated_at + (QUESTION_KEPT if self.waiting else ANSWER_KEPT)


class Approach(_Part, frozen=True, kw_only=True):
    """One candidate, held or made.

    ``patience``: how long the customer had been away when the signal was given. ``until``: for held, when
    it is decided anew. ``shop_id`` and ``profile_id`` are those of the request, which a cancel keeps.
    """

    signal_id: str
    shop_id: str
    profile_id: str
    visitor_id: str
    rule: str
    stage: Stage
    cart_id: str
    episode: str
    changed_at: Millis
    active_at: Millis
    patience: Millis
    valid_until: Millis
    step: int = 1
    channel: Channel = "unknown"
    outreach_id: str = ""
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    phase: Literal["held", "requested", "shadowed", "ended"] = "held"
    held_by: str = ""
    until: Millis = 0
    decided_at: Millis = 0
    sent_at: Millis | None = None
    ended_at: Millis | None = None
    reason: str | None = None
    cause: AbandonmentCause = "unknown"

    @property
    def age(self) -> tuple[Millis, Millis, str]:
        """Orders approaches by how new their carts are."""
        return self.active_at, self.changed_at, self.signal_id

    @property
    def made(self) -> bool:
        """It reached, or may still reach, the customer."""
        return self.phase in ("requested", "shadowed") or self.sent_at is not None

    @property
    def wake_at(self) -> Millis:
        """When it is decided anew or, once it was decided for good, forgotten."""
        return self.until if self.phase == "held" else self.valid_until + ATTRIBUTION

    @property
    def progress(self) -> tuple[int, Millis, Millis]:
        """Of two memories of one approach the later has the greater progress."""
        return (
            ("held", "shadowed", "requested", "ended").index(self.phase),
            self.sent_at or 0,
            self.decided_at,
        )


class Reach(_Part, frozen=True, kw_only=True):
    """Whether, how and about what a customer can be approached.

    ``active_at`` is followed only while an approach is held.
    """

    voices: Voices = ()
    zone: Said = NOTHING
    questions: tuple[Question, ...] = ()
    approaches: tuple[Approach, ...] = ()
    active_at: Millis = 0
    ordered_at: Millis | None = None
    erased_at: Millis | None = None

    @property
    def held(self) -> tuple[Approach, ...]:
        """The approaches that wait."""
        return tuple([approach for approach in self.approaches if approach.phase == "held"])

    @property
    def waiting(self) -> tuple[str, ...]:
        """The contacts that wait for an answer."""
        return tuple([question.contact_id for question in self.questions if question.waiting])

    @property
    def empty(self) -> bool:
        """Nothing is remembered."""
        known = self.approaches or self.questions or self.voices or self.zone.at
        return not known and self.ordered_at is None and self.erased_at is None

    def deadline(self) -> Millis | None:
        """When something is to be decided or forgotten next; None if nothing is remembered."""
        moments = [approach.wake_at for approach in self.approaches]
        moments += [question.forget_at for question in self.questions]
        if self.voices or self.zone.at:
            moments.append(self._consent_until())
        if self.ordered_at is not None:
            moments.append(self.ordered_at + ORDER_KEPT)
        if self.erased_at is not None:
            moments.append(self.erased_at + ERASURE_KEPT)
        return min(moments, default=None)

    def _consent_until(self) -> Millis:
        return max([self.zone.at, 0, *[voice.at for voice in self.voices]]) + CONSENT_KEPT

    def without(self, approach: Approach) -> Self:
        """Forget one approach."""
        kept = (other for other in self.approaches if other.signal_id != approach.signal_id)
        return msgspec.structs.replace(self, approaches=tuple(kept))

    def keeping(self, approach: Approach) -> Self:
        """Remember one approach as it stands now."""
        others = self.without(approach).approaches
        return msgspec.structs.replace(self, approaches=tuple(sorted((*others, approach), key=_by_signal)))

    def forgetting(self, at: Millis) -> Self:
        """Without what has had its time. What is held is never forgotten, but decided."""
        due = self.deadline()
        left = self if due is None or due > at else self._without_old(at)
        return left if left.held or not left.active_at else msgspec.structs.replace(left, active_at=0)

    def _without_old(self, at: Millis) -> Self:
        consent_over = self._consent_until() <= at
        return msgspec.structs.replace(
            self,
            voices=() if consent_over else self.voices,
            zone=NOTHING if consent_over else self.zone,
            questions=tuple([question for question in self.questions if question.forget_at > at]),
            approaches=tuple([one for one in self.approaches if one.phase == "held" or one.wake_at > at]),
            ordered_at=_unless_older(self.ordered_at, at - ORDER_KEPT),
            erased_at=_unless_older(self.erased_at, at - ERASURE_KEPT),
        )


def union(mine: Reach, theirs: Reach) -> Reach:
    """What two profiles know that are one customer. Commutative."""
    return Reach(
        voices=merged(mine.voices, theirs.voices),
        zone=max(mine.zone, theirs.zone),
        questions=newest_questions((*mine.questions, *theirs.questions)),
        approaches=_furthest((*mine.approaches, *theirs.approaches)),
        active_at=max(mine.active_at, theirs.active_at),
        ordered_at=_later(mine.ordered_at, theirs.ordered_at),
        erased_at=_later(mine.erased_at, theirs.erased_at),
    )


def newest_questions(questions: Iterable[Question]) -> tuple[Question, ...]:
    """Of each contact the newest that is known."""
    return tuple({question.contact_id: question for question in sorted(questions)}.values())


def _furthest(approaches: Iterable[Approach]) -> tuple[Approach, ...]:
    found = {approach.signal_id: approach for approach in sorted(approaches, key=lambda one: one.progress)}
    return tuple(sorted(found.values(), key=_by_signal))


def _by_signal(approach: Approach) -> str:
    return approach.signal_id


def _later(first: Millis | None, second: Millis | None) -> Millis | None:
    return max((moment for moment in (first, second) if moment is not None), default=None)


def _unless_older(moment: Millis | None, limit: Millis) -> Millis | None:
    return None if moment is None or moment <= limit else moment
