"""What an event does to the clocks of a contact, and what time does: the order of things within one event.

    time that passed  ->  what the event says of the contact  ->  hand-off, call-back
      ->  answers end clocks  ->  questions start them  ->  solved, closed, merged end them
      ->  clocks that run from the creation, or from a reply  ->  policy  ->  pauses  ->  steps already behind

So within one event an answer counts before the pause, and before the targets that the event brings.
"""

from msgspec.structs import replace

from schemas.words import Millis
from streams.rules.contact_settings import Policy
from streams.rules.contacts import callbacks, starting, timing
from streams.rules.contacts.clocks import REPLIES, Clocks
from streams.rules.contacts.entry import STOPPED, Entry, answers, asks
from streams.rules.contacts.policies import in_force
from streams.rules.contacts.ticket import Clock, Ticket
from streams.rules.settings import RuleSet

UPDATES = ("periodic_update", "pausable_update")
"""Clocks from one public reply to the next."""
WAITS = ("requester_wait", "agent_work", "total_resolution")
"""Clocks from the creation until it is solved; they go on when it is opened again."""


class Course(Clocks):
    """The course of one contact: give it entries in their order, and time."""

    def reach(self, until: Millis) -> None:
        """Everything that was due before ``until`` comes true."""
        while (at := min(self.ticket.moments, default=until)) < until:
            if not callbacks.reach(self, at):
                self.step(next(clock for clock in self.ticket.clocks if clock.next_at == at), at)
        if until > self.ticket.reached:
            self.ticket = replace(self.ticket, reached=until)

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
        self.promise(one, before, policy, rules)
        self.pause(one)
        self.overdue(one.at)

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
            self.finish(held, one, answered=False, ticket=before)
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
                self.resume(clock, one)
        if self.ticket.team or self.ticket.agent_id:
            self.start("group_ownership", one, rules)
