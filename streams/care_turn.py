"""One transition of one profile: who it concerns, what every rule makes of it, what is said of it."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, TypeAlias

from schemas import topics
from schemas.events import OrderEvent, ProfileUpdate
from schemas.facts import Fact
from schemas.topics import Output
from schemas.words import Millis
from streams.handover import (
    Handover,
    came_back,
    erasure_of,
    erasures,
    forwarded,
    handed_over,
    makes_alias,
    moved,
    unwrapped,
)
from streams.profile import MEMORY, Profile, RuleStates, forgotten_at
from streams.rules.base import Now, Rule, Step

Rules: TypeAlias = tuple[Rule[Any], ...]


class CareTurn:
    """Changes the profile; what is to be published goes to ``out``."""

    def __init__(self, profile: Profile, rules: Rules, now: Now, out: list[Output]) -> None:
        self.profile = profile
        self._rules = rules
        self._now = now
        self._out = out

    def happened(self, event: Any, *, late: bool) -> Profile | None:
        """Something happened to this profile, or is to be passed on to the customer that it is."""
        profile = self.profile
        profile.seen_at = max(profile.seen_at, event.occurred_at)
        if came_back(profile, event):
            profile.alias_of = None
        if makes_alias(event):
            self._become_alias(event)
        elif profile.alias_of is not None:
            self._out.append(forwarded(profile, event))
        elif (erased_at := self._erased_since(event)) is not None:
            self._let_go(event, erased_at)
        elif isinstance(event, Fact) and event.type == "moved":
            self._take_over(event)
        else:
            self._own(unwrapped(event), late)
        return self._finished()

    def woken(self) -> Profile | None:
        """A deadline has passed."""
        profile, at = self.profile, self._now.at
        if profile.alias_of is not None:
            return None
        self._hear([], ask=True)
        profile.visitors = {name: seen for name, seen in profile.visitors.items() if seen + MEMORY > at}
        self._tell()
        return self._finished()

    def _own(self, event: Any, late: bool) -> None:
        """An event of this profile. Activity changes nothing that is told of a profile."""
        self._know(event)
        self._hear([event], late=late)
        if isinstance(event, ProfileUpdate) and event.type == "profile_erased":
            self._erase(event)
        elif not (isinstance(event, Fact) and event.type == "activity"):
            self._tell()

    def _know(self, event: Any) -> None:
        """Devices, and the last order."""
        profile = self.profile
        if isinstance(event, Fact):
            seen = profile.visitors.get(event.visitor_id, 0)
            profile.visitors[event.visitor_id] = max(seen, event.occurred_at)
        if event.type == "order_completed" and isinstance(event, Fact | OrderEvent):
            profile.last_order_at = max(profile.last_order_at or 0, event.occurred_at)

    def _become_alias(self, linked: Fact) -> None:
        """Hand everything over; from now on pass everything on."""
        profile = self.profile
        if profile.rules != RuleStates():
            self._out.append(moved(profile, linked))
        self._retract()
        profile.alias_of = linked.customer_id
        profile.rules, profile.visitors, profile.last_order_at = RuleStates(), {}, None

    def _take_over(self, fact: Fact) -> None:
        """What the visitor's profile knew is the customer's. First all is known, then concluded from."""
        theirs = handed_over(fact)
        profile = self.profile
        for visitor, seen in theirs.visitors.items():
            profile.visitors[visitor] = max(seen, profile.visitors.get(visitor, 0))
        profile.last_order_at = max(profile.last_order_at or 0, theirs.last_order_at or 0) or None
        concluded: dict[str, Sequence[Any]] = {}
        for rule in self._rules:
            state = getattr(theirs.rules, rule.name)
            if state is not None:
                merged = rule.merge(profile.rule(rule.name), state, self._now)
                concluded[rule.name] = self._did(rule, merged)
        self._hear([], concluded, late=True)
        self._tell()

    def _hear(
        self,
        said: list[Any],
        concluded: Mapping[str, Sequence[Any]] = MappingProxyType({}),
        *,
        ask: bool = False,
        late: bool = False,
    ) -> None:
        """Each rule in its turn hears what was ``said``: what happened, and what those before it concluded.

        ``concluded``: what some concluded already. ``ask``: those whose time has come are asked too. What is
        concluded from something ``late`` is late too: who acts on it acts now.
        """
        for rule in self._rules:
            mine = list(concluded[rule.name]) if rule.name in concluded else []
            listen = rule.on_late if late else rule.on_event
            for value in said:
                if type(value) in rule.listens:
                    mine += self._did(rule, listen(getattr(self.profile.rules, rule.name), value, self._now))
            if ask:
                mine += self._asked(rule)
            said += mine

    def _asked(self, rule: Rule[Any]) -> Sequence[Any]:
        """What a rule says whose time has come. What happened at that very moment came before."""
        state = self.profile.rule(rule.name)
        due = state is not None and rule.deadline(state) <= self._now.at
        return self._did(rule, rule.on_deadline(state, self._now)) if due else ()

    def _did(self, rule: Rule[Any], step: Step[Any]) -> Sequence[Any]:
        """Keep what the rule remembers, publish what it says; hand back what the rules after it hear."""
        self.profile.keep(rule.name, step.state)
        if not step.publish:
            return step.tell
        self._out += step.publish
        return [out.value for out in step.publish if out.value is not None] + list(step.tell)

    def _tell(self) -> None:
        """Publish the profile if it looks different."""
        profile = self.profile
        summary = profile.summary()
        if summary != profile.said:
            profile.said = summary
            self._out.append(Output(topics.PROFILES, profile.key, profile.state(summary, self._now.at)))

    def _retract(self) -> None:
        """The profile is no longer to be seen."""
        if self.profile.said is not None:
            self.profile.said = None
            self._out.append(Output(topics.PROFILES, self.profile.key, None))

    def _erase(self, erasure: ProfileUpdate) -> None:
        """Nothing is kept but what rules need to obey the erasure."""
        self._out.extend(erasures(self.profile, erasure, {*self.profile.visitors, self.profile.profile_id}))
        self._retract()
        self.profile.visitors, self.profile.last_order_at = {}, None

    def _erased_since(self, event: Any) -> Millis | None:
        """When the customer was erased, if that was after the event happened."""
        reach = self.profile.rule("outreach")
        erased_at: Millis | None = reach.erased_at if reach is not None else None
        known = erased_at is not None and event.occurred_at <= erased_at
        return erased_at if known and getattr(event, "type", "") != "profile_erased" else None

    def _let_go(self, event: Any, erased_at: Millis) -> None:
        """What comes from before the erasure is erased too: nothing of it is kept, here or by visits."""
        if not isinstance(event, Fact):
            return
        erasure = erasure_of(event, erased_at)
        theirs = handed_over(event) if event.type == "moved" else Handover(rules=RuleStates())
        for rule in self._rules:
            state = getattr(theirs.rules, rule.name)
            if state is not None:
                step = rule.on_late(state, erasure, self._now)
                self._out += step.publish
        self._out.extend(erasures(self.profile, erasure, {event.visitor_id, *theirs.visitors}))

    def _finished(self) -> Profile | None:
        """The profile, to be woken at the earliest deadline; None if nothing is remembered."""
        profile = self.profile
        due = forgotten_at(profile)
        for rule in self._rules:
            state = getattr(profile.rules, rule.name)
            if state is not None:
                at = rule.deadline(state)
                due = at if due is None or at < due else due
        if due is None:
            self._retract()
            return None
        profile.due = due
        return profile
