"""What an event does to the clocks of a contact, and what time does: the order of things within one event.

    time that passed  ->  what the event says of the contact  ->  hand-off, call-back
      ->  answers end clocks  ->  questions start them  ->  solved, closed, merged end them
      ->  clocks that run from the creation, or from a reply  ->  policy  ->  pauses  ->  steps already behind

So within one event an answer counts before the pause, and before the targets that the event brings.
"""

from collections.abc import Iterable
from typing import Any

from msgspec.structs import replace

from schemas.words import ContactSignalKind, Millis
from streams.rules.book import RuleBook
from streams.rules.contact_settings import BREACH, Policy
from streams.rules.contacts import callbacks, starting, timing
from streams.rules.contacts.entry import STOPPED, Entry, answers, asks
from streams.rules.contacts.policies import in_force, name_of, pauses, policy_of
from streams.rules.contacts.said import Said
from streams.rules.contacts.ticket import Clock, Ticket
from streams.rules.settings import RuleSet

REPLIES = ("first_reply", "next_reply")
"""Clocks that an answer ends, and of which people are told how."""
UPDATES = ("periodic_update", "pausable_update")
"""Clocks from one public reply to the next."""
WAITS = ("requester_wait", "agent_work", "total_resolution")
"""Clocks from the creation until it is solved; they go on when it is opened again."""
UNSPOKEN = ("acknowledgement", "callback", "contact")
"""Clocks without metric events."""


class Course:
    """The course of one contact: give it entries in their order, and time. ``said`` is what followed."""

    def __init__(self, ticket: Ticket, book: RuleBook) -> None:
        self.ticket = ticket
        self.said: list[Said] = []
        self.book = book

    def reach(self, until: Millis) -> None:
        """Everything that was due before ``until`` comes true."""
        while (at := min(self.ticket.moments, default=until)) < until:
            if not callbacks.reach(self, at):
                self._pass(next(clock for clock in self.ticket.clocks if clock.next_at == at), at)
        self.ticket = replace(self.ticket, reached=max(self.ticket.reached, until))

    def take(self, one: Entry) -> None:
        """An event happened, after what was due before it."""
        self.reach(one.at)
        before = self.ticket
        rules = self.book.active(one.at)
        self._describe(one, rules)
        policy = in_force(rules, self.ticket)
        self._hand_off(one, before, rules)
        callbacks.take(self, one, rules)
        if answers(one, policy.bot_answers) or starting.note_answers(one, policy, self.ticket):
            self._answered(one)
        elif one.kind == "auto_ack":
            self._acknowledged(one)
        starting.by_option(self, one, policy, rules)
        if asks(one) or (one.type == "reply_needed" and before.no_reply_needed):
            self._asked(one, before, rules)
        if one.stops or one.type == "no_reply_needed":
            self._settled(one, rules)
        self._lives(one, before, policy, rules)
        self._promise(one, rules)
        self._pauses(one)
        self._overdue(one.at)

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
                self._end(clock, one, answered=answered)

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

    def _describe(self, one: Entry, rules: RuleSet) -> None:
        """What the event says about the contact; a status is told as it is, whatever it was before."""
        ticket, told = self.ticket, {}
        for name in ("channel", "status", "priority", "team", "agent_id", "product_id", "tier"):
            value = getattr(one, name)
            if value not in (None, "unknown"):
                told[name] = value
        if one.tags or one.type == "tags_changed":
            told["tags"] = one.tags
        if ticket.created_at is None:
            told |= {"created_at": one.at, "created_by": one.event_id, "applied_at": one.at}
        if "status" in told:
            told["resumed"] = False
        self.ticket = replace(
            ticket,
            **told,
            for_agent=ticket.for_agent or one.for_agent,
            merged=ticket.merged or one.type == "merged",
            updated_at=max(ticket.updated_at, one.at),
        )
        if told.get("status", ticket.status) != ticket.status:
            self.say("update_status", one.at, self.about(rules), one.event_id)

    def _hand_off(self, one: Entry, before: Ticket, rules: RuleSet) -> None:
        """Whoever owns it holds it until somebody else does."""
        ticket = self.ticket
        if (ticket.team, ticket.agent_id) == (before.team, before.agent_id):
            return
        held = ticket.runs("group_ownership")
        if held is not None:
            more = {"to_team": ticket.team, "to_agent_id": ticket.agent_id}
            self.say("handed_off", one.at, held, one.event_id, ticket=before, **more)
            self._end(held, one, answered=False, ticket=before)
        self.ticket = replace(self.ticket, owned_since=one.at)
        if not one.stops:
            self.start("group_ownership", one, rules)

    def _answered(self, one: Entry) -> None:
        ticket = self.ticket
        was_asked = ticket.asked_at is not None or ticket.runs("first_reply") is not None
        self.ticket = replace(
            ticket,
            replied_at=one.at,
            first_replied_at=(ticket.first_replied_at or one.at) if was_asked else None,
            waiting_since=None,
            no_reply_needed=False,
        )
        written = () if one.kind == "call_answered" or one.type == "callback_reached" else UPDATES
        self.end((*REPLIES, *written, "acknowledgement"), one, answered=True)

    def _acknowledged(self, one: Entry) -> None:
        """The first automatic acknowledgement counts, unless a human was faster."""
        ticket = self.ticket
        clock = ticket.runs("acknowledgement")
        if ticket.acknowledged_at is None or ticket.acknowledged_at < (ticket.asked_at or 0):
            self.ticket = replace(ticket, acknowledged_at=one.at)
        if clock is not None:
            self.acknowledge(clock, one)

    def acknowledge(self, clock: Clock, one: Entry) -> None:
        """The clock of the acknowledgement ends by one."""
        clock = replace(timing.halted(clock, one.at, self.calendar(clock)), ended_at=one.at)
        self.ticket = self.ticket.having(clock)
        self.say("acknowledged", one.at, clock, one.event_id)

    def _asked(self, one: Entry, before: Ticket, rules: RuleSet) -> None:
        """A customer waits; that lifts a pause, and opens what was solved."""
        if one.closing_phrase and rules.contacts.closing_phrases:
            self.ticket = replace(self.ticket, no_reply_needed=True)
            self.say("no_reply_needed", one.at, self.about(rules), one.event_id, detail=one.closing_phrase)
            return
        if self.ticket.put_off:
            status = self.ticket.status
            self.ticket = replace(self.ticket, resumed=True)
            detail = f"the customer wrote while the status was {status}"
            self.say("pause_integrity", one.at, self.about(rules), one.event_id, detail=detail)
        elif before.status in STOPPED and one.status == "unknown":
            self.ticket = replace(self.ticket, resumed=True)
        starting.question(self, one, rules)

    def _settled(self, one: Entry, rules: RuleSet) -> None:
        """Nobody waits any more."""
        self.ticket = replace(
            self.ticket,
            waiting_since=None,
            no_reply_needed=self.ticket.no_reply_needed or one.type == "no_reply_needed",
            solved_at=one.at if one.stops else self.ticket.solved_at,
        )
        self.end((*REPLIES, "acknowledgement"), one)
        if one.stops:
            self.end((*UPDATES, *WAITS, "group_ownership"), one)

    def _lives(self, one: Entry, before: Ticket, policy: Policy, rules: RuleSet) -> None:
        """Clocks that run from the creation, or from a reply, and go on when it is opened again."""
        if self.ticket.stopped:
            return
        starting.replied(self, one, policy, rules)
        if before.created_at is None:
            for name in WAITS:
                self.start(name, one, rules)
        elif before.stopped or before.solved_at is not None:
            self._reopened(one, rules)

    def _reopened(self, one: Entry, rules: RuleSet) -> None:
        self.ticket = replace(self.ticket, solved_at=None)
        for name in WAITS:
            clock = self.ticket.clock(name)
            if clock is None:
                self.start(name, one, rules)
            elif not clock.open:
                self._run(clock, one)
        if self.ticket.team or self.ticket.agent_id:
            self.start("group_ownership", one, rules)

    def _pauses(self, one: Entry) -> None:
        """Clocks stand still in some statuses, and go on in others."""
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
                self._run(clock, one)

    def _run(self, clock: Clock, one: Entry) -> None:
        clock = self._aimed(timing.running(clock, one.at))
        self.ticket = self.ticket.having(clock)
        if clock.name not in UNSPOKEN:
            self.say("activate", one.at, clock, one.event_id)

    def _end(self, clock: Clock, one: Entry, *, answered: bool, ticket: Ticket | None = None) -> None:
        clock = replace(timing.halted(clock, one.at, self.calendar(clock)), ended_at=one.at)
        self.ticket = self.ticket.having(clock)
        if clock.name not in UNSPOKEN:
            self.say("fulfill", one.at, clock, one.event_id, ticket=ticket)
        if clock.name in REPLIES and (clock.name == "first_reply" or clock.target is not None):
            kind: ContactSignalKind = "answered_late" if clock.breached else "answered"
            self.say(kind if answered else "closed", one.at, clock, one.event_id)

    def _promise(self, one: Entry, rules: RuleSet) -> None:
        """Policies and targets may be others now. What was missed before stays missed."""
        policy = in_force(rules, self.ticket)
        name = name_of(policy, rules)
        if (name, policy.calendar) != (self.ticket.policy, self.ticket.calendar):
            self.ticket = replace(self.ticket, policy=name, calendar=policy.calendar, applied_at=one.at)
        for clock in self.ticket.clocks:
            promised = self._promised(clock, one.at) if clock.open else clock
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

    def _overdue(self, at: Millis) -> None:
        """Steps that lie behind a target that was only set now come true now."""
        while late := [one for one in self.ticket.clocks if one.next_at is not None and one.next_at < at]:
            self._pass(late[0], at)

    def _pass(self, clock: Clock, at: Millis) -> None:
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
