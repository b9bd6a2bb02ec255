"""The clocks of one contact: started, paused, ended, promised and passed, and what is said of it."""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from schemas.words import ContactSignalKind, Millis
from streams.rules.book import RuleBook
from streams.rules.contact_settings import BREACH, Policy
from streams.rules.contacts import timing
from streams.rules.contacts.entry import Entry
from streams.rules.contacts.policies import in_force, matched_by, name_of, pauses, policy_of
from streams.rules.contacts.said import Said
from streams.rules.contacts.ticket import Clock, Ticket
from streams.rules.settings import RuleSet

REPLIES = ("first_reply", "next_reply")
"""Clocks that an answer ends, and of which people are told how."""
UNSPOKEN = ("acknowledgement", "callback", "contact")
"""Clocks without metric events."""


class Clocks:
    """A ticket, whose clocks are moved here. ``said`` is what followed, in order."""

    def __init__(self, ticket: Ticket, book: RuleBook) -> None:
        self.ticket = ticket
        self.said: list[Said] = []
        self.book = book

    def say(
        self,
        kind: ContactSignalKind,
        at: Millis,
        clock: Clock,
        cause: str | None,
        *,
        step: str | None = None,
        ticket: Ticket | None = None,
        **more: Any,
    ) -> None:
        """Something became true."""
        ticket = ticket or self.ticket
        counts = timing.measures(clock, ticket, at, self.book.of(clock.rules_version))
        self.said.append(Said(kind, at, ticket, clock, counts, cause, step, more))

    def start(self, name: str, one: Entry, rules: RuleSet) -> None:
        """A clock begins to run, unless it runs already."""
        known = self.ticket.clock(name)
        if known is not None and known.open:
            return
        clock = Clock(
            name=name,
            instance=1 if known is None else known.instance + 1,
            started_at=one.at,
            started_by=one.event_id,
            rules_version=rules.version,
            priority=self.ticket.priority,
            applied_at=one.at,
            running_since=one.at,
        )
        clock = self._promised(clock, one.at)
        self.ticket = self.ticket.having(clock)
        if name not in UNSPOKEN:
            self.say("activate", one.at, clock, one.event_id)
            self._applied(clock, one)

    def end(self, names: Iterable[str], one: Entry, *, answered: bool = False) -> None:
        """Clocks that have not ended end: by an answer, or without."""
        for name in names:
            clock = self.ticket.runs(name)
            if clock is not None:
                self.finish(clock, one, answered=answered)

    def about(self, rules: RuleSet) -> Clock:
        """What is said of the contact as a whole is said of a clock that nobody keeps."""
        ticket = self.ticket
        return Clock(
            name="contact",
            instance=1,
            started_at=ticket.created_at or 0,
            started_by=ticket.created_by,
            rules_version=rules.version,
            priority=ticket.priority,
            policy=ticket.policy,
            calendar=ticket.calendar,
            applied_at=ticket.applied_at,
        )

    def pause(self, one: Entry) -> None:
        """Clocks stand still in some statuses, and go on in the others."""
        status = self.ticket.counted_as
        for clock in self.ticket.clocks:
            if not clock.open:
                continue
            stands = status in pauses(self._policy(clock), clock.name)
            if stands and clock.running:
                clock = timing.paused(clock, one.at, self.calendar(clock))
                self.ticket = self.ticket.having(clock)
                if clock.name not in UNSPOKEN:
                    self.say("pause", one.at, clock, one.event_id)
            elif not stands and not clock.running:
                self.resume(clock, one)

    def resume(self, clock: Clock, one: Entry) -> None:
        """A clock goes on."""
        clock = self._aimed(timing.running(clock, one.at))
        self.ticket = self.ticket.having(clock)
        if clock.name not in UNSPOKEN:
            self.say("activate", one.at, clock, one.event_id)

    def finish(self, clock: Clock, one: Entry, *, answered: bool, ticket: Ticket | None = None) -> None:
        """A clock ends. ``ticket``: the contact as it was until then, if it is another by now."""
        clock = replace(timing.halted(clock, one.at, self.calendar(clock)), ended_at=one.at)
        self.ticket = self.ticket.having(clock)
        if clock.name not in UNSPOKEN:
            self.say("fulfill", one.at, clock, one.event_id, ticket=ticket)
        if clock.name in REPLIES and (clock.name == "first_reply" or clock.target is not None):
            kind: ContactSignalKind = "answered_late" if clock.breached else "answered"
            self.say(kind if answered else "closed", one.at, clock, one.event_id)

    def promise(self, one: Entry, before: Ticket, policy: Policy, rules: RuleSet) -> None:
        """Policies and targets may be others now, of clocks that ran before. What was missed stays missed."""
        name = name_of(policy, rules)
        if (name, policy.calendar) != (self.ticket.policy, self.ticket.calendar):
            self.ticket = replace(self.ticket, policy=name, calendar=policy.calendar, applied_at=one.at)
        if matched_by(self.ticket) == matched_by(before):
            return
        for clock in self.ticket.clocks:
            known = clock.open and before.clock(clock.name) is not None
            promised = self._promised(clock, one.at) if known else clock
            if promised is not clock:
                self.ticket = self.ticket.having(promised)
                self._applied(promised, one)

    def _promised(self, clock: Clock, at: Millis) -> Clock:
        """The clock under the policy that is in force now, of the rules that it began under."""
        rules = self.book.of(clock.rules_version)
        policy = in_force(rules, self.ticket)
        found = policy.target(clock.name, self.ticket.priority)
        target = None if found is None else found.target
        promise = (name_of(policy, rules), target, policy.calendar_of(found), self.ticket.priority)
        if clock.name == "callback" or promise == (
            clock.policy,
            clock.target,
            clock.calendar,
            clock.priority,
        ):
            return clock
        calendar, cumulative = promise[2], rules.contacts.calendar_change == "cumulative"
        clock = timing.moved(clock, calendar, at, self.calendar(clock), cumulative=cumulative)
        return self._aimed(
            replace(clock, policy=promise[0], target=target, priority=self.ticket.priority, applied_at=at)
        )

    def _applied(self, clock: Clock, one: Entry) -> None:
        if clock.target is not None and clock.name not in UNSPOKEN:
            self.say("apply_sla", one.at, clock, one.event_id)

    def overdue(self, at: Millis) -> None:
        """Steps that lie behind a target that was only set now come true now."""
        while late := [one for one in self.ticket.clocks if one.next_at is not None and one.next_at < at]:
            self.step(late[0], at)

    def step(self, clock: Clock, at: Millis) -> None:
        """The next step of the ladder came."""
        ladder, calendar = self._policy(clock).ladder, self.calendar(clock)
        label = timing.next_step(clock, ladder, calendar).label
        breached_at = at if label == BREACH else clock.breached_at
        clock = replace(clock, passed=(*clock.passed, label), breached_at=breached_at)
        clock = timing.aimed(clock, ladder, calendar)
        self.ticket = self.ticket.having(clock)
        if label != BREACH:
            self.say("escalated", at, clock, None, step=label)
            return
        self.say("breach", at, clock, None)
        self.say("breached", at, clock, None)

    def _aimed(self, clock: Clock) -> Clock:
        return timing.aimed(clock, self._policy(clock).ladder, self.calendar(clock))

    def _policy(self, clock: Clock) -> Policy:
        return policy_of(clock, self.book.of(clock.rules_version))

    def calendar(self, clock: Clock) -> timing.Calendar:
        """That in which a clock counts."""
        return self.book.of(clock.rules_version).calendar(clock.calendar)
