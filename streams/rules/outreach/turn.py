"""One transition of one customer's outreach: what is decided, what is called back, what is published."""

from typing import Literal

from msgspec.structs import replace

from schemas.topics import Output
from schemas.words import GuardResult, Millis, Outcome
from streams.rules.base import Now, Step
from streams.rules.outreach.guards import Case, Ruling, channel_for, judge
from streams.rules.outreach.records import Stamp, decision, outreach, outreach_id
from streams.rules.outreach.settings import Rules, RuleVersion
from streams.rules.outreach.state import Approach, Reach

REASONS = {
    "opted_out": "consent",
    "other_channel": "consent",
    "erased": "erased",
    "merged": "arbitration",
    "newer_cart": "arbitration",
}
"""The guard that would refuse now, for each reason why an approach ends; for all others, condition."""


class Turn:
    """Collects what one transition does. ``reach`` is the state so far, ``at`` the moment of decisions.

    For something late, ``now.at`` is to be the clock: what counts from an earlier time says so itself.
    """

    def __init__(self, reach: Reach, rules: Rules, now: Now, lateness: Millis) -> None:
        self.reach = reach
        self.at = now.at
        self.rules: RuleVersion = rules.active(now.at)
        """Those that decide now."""
        self._now = now
        self._lateness = lateness
        self._publish: list[Output] = []

    @property
    def _stamp(self) -> Stamp:
        return Stamp(self.at, max(self._now.now, self.at), self.rules.outreach.mode, self.rules.version)

    def step(self) -> Step[Reach]:
        """The outcome, without what has had its time."""
        left = None if self.reach.empty else self.reach.forgetting(self.at)
        return Step(None if left is None or left.empty else left, tuple(self._publish))

    def consider(self, candidate: Approach) -> None:
        """A new candidate. Those held about older carts give way; one that is known is no candidate."""
        if any(known.signal_id == candidate.signal_id for known in self.reach.approaches):
            return
        self.give_way_to(candidate)
        self.decide(candidate)

    def give_way_to(self, newest: Approach) -> None:
        """Only the newest cart may wait."""
        for other in self.reach.held:
            if other.age < newest.age:
                self.end(other, self.at, "newer_cart")

    def decide(self, approach: Approach) -> None:
        """Ask the guards about a candidate, or again about one that was held."""
        approach = self._addressed(approach)
        case = self._case(approach)
        ruling = judge(case)
        match ruling.verdict.result:
            case "held":
                self._hold(approach, ruling)
            case "refused":
                self._drop(approach, ruling)
            case _:
                self._emit(approach, ruling, published=case.leaves)

    def end(self, approach: Approach, since: Millis, reason: str) -> None:
        """The reason to approach was gone from ``since`` on (event time): don't, or call it back."""
        if approach.phase == "held":
            self.reach = self.reach.without(approach)
            self._say(approach, "withdrawn", reason)
        elif approach.phase == "ended":
            self._keep(replace(approach, ended_at=min(since, approach.ended_at or since)))
        elif approach.sent_at is not None:
            self._end_sent(approach, approach.sent_at, since, reason)
        elif since < approach.valid_until:
            self._keep(replace(approach, phase="ended", ended_at=since, reason=reason))
            self._cancel(approach, reason)

    def sent(self, approach: Approach, sent_at: Millis) -> None:
        """Delivery says that it left at ``sent_at``. If its reason was gone by then, that is regretted."""
        if approach.sent_at is not None:
            return
        sent = replace(approach, sent_at=sent_at)
        self._keep(sent)
        if approach.phase == "ended" and (approach.ended_at or 0) <= sent_at:
            self._say(sent, "regretted", approach.reason or "")

    def _case(self, approach: Approach) -> Case:
        settings = self.rules.outreach
        live_from = self._now.now - self._lateness - settings.grace
        heard = self.at if self._now.heard is None else self._now.heard
        return Case(approach, self.reach, settings, self.at, live_from, self._now.held, heard)

    def _addressed(self, approach: Approach) -> Approach:
        """With the channel that is possible now, under the name that the customer has now."""
        profile_id = self._now.profile_id or approach.profile_id
        channel = channel_for(self.rules.outreach, self.reach.voices, approach.channel)
        new_id = outreach_id(approach.signal_id, channel, approach.step)
        if approach.outreach_id not in ("", new_id):
            self._say(approach, "withdrawn", "other_channel")
        return replace(approach, profile_id=profile_id, channel=channel, outreach_id=new_id)

    def _hold(self, approach: Approach, ruling: Ruling) -> None:
        until = min(ruling.verdict.until or approach.valid_until, approach.valid_until)
        held = replace(approach, phase="held", held_by=ruling.guard, until=until, decided_at=self.at)
        self._keep(held)
        self._row(held, "held", ruling)

    def _drop(self, approach: Approach, ruling: Ruling) -> None:
        self.reach = self.reach.without(approach)
        outcomes: dict[str, Outcome] = {"valid_until": "expired", "condition": "withdrawn"}
        self._row(approach, outcomes.get(ruling.guard, "refused"), ruling)

    def _emit(self, approach: Approach, ruling: Ruling, *, published: bool) -> None:
        outcome: Literal["requested", "shadowed"] = "requested" if published else "shadowed"
        if published:
            self._publish.append(outreach(approach, "request", self._stamp))
        self._row(approach, outcome, ruling)
        self._keep(replace(approach, phase=outcome, decided_at=self.at, lines=(), value=None, currency=None))

    def _cancel(self, approach: Approach, reason: str) -> None:
        if approach.phase == "requested":
            self._publish.append(outreach(approach, "cancel", self._stamp, reason))
        self._say(approach, "cancelled", reason)

    def _end_sent(self, approach: Approach, sent_at: Millis, since: Millis, reason: str) -> None:
        """Nothing can be called back; it was right, unless its reason had gone before it left."""
        if since <= sent_at:
            self._keep(replace(approach, phase="ended", ended_at=since, reason=reason))
            self._say(approach, "regretted", reason)

    def _keep(self, approach: Approach) -> None:
        self.reach = self.reach.keeping(approach)

    def _row(self, approach: Approach, outcome: Outcome, ruling: Ruling) -> None:
        self._publish.append(decision(approach, outcome, ruling.guard, ruling.results, self._stamp))

    def _say(self, approach: Approach, outcome: Outcome, reason: str) -> None:
        guard = REASONS.get(reason, "condition")
        said = (GuardResult(guard=guard, result="refused", detail=reason),)
        self._publish.append(decision(approach, outcome, guard, said, self._stamp))
