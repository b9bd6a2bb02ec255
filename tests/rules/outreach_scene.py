"""Drives the outreach rule of one customer as a task does: events and deadlines in the order of time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from msgspec import structs

from schemas import topics
from schemas.events import Feedback, OrderEvent, ProfileUpdate
from schemas.facts import Fact
from schemas.outputs import AbandonmentSignal, ContactState, Decision
from schemas.outputs import Outreach as Request
from schemas.words import Channel, Consent, FeedbackType, Line, Millis
from streams.rules.base import Now, Step
from streams.rules.book import RuleBook
from streams.rules.outreach import Outreach
from streams.rules.outreach.state import Reach
from streams.rules.settings import RuleSet

HOUR: Millis = 3_600_000
MINUTE: Millis = 60_000
DAY: Millis = 24 * HOUR
LATENESS: Millis = 10_000
BOOK = (Line(product_id="book", quantity=1),)


def at(text: str) -> Millis:
    """A moment in UTC: "10:30" on Monday 2 March 2026, or "2026-03-29 01:30"."""
    moment = datetime.fromisoformat(text if "-" in text else f"2026-03-02 {text}")
    return int(moment.replace(tzinfo=UTC).timestamp()) * 1000


MIDNIGHT = at("00:00")


def rules_of(table: dict[str, Any]) -> RuleSet:
    """Rules of which only the outreach table was told."""
    return RuleSet.from_mapping({"outreach": table})


@dataclass
class Scene:
    """One customer. ``lag``: how far the log is behind the time of people."""

    table: dict[str, Any] = field(default_factory=dict)
    lag: Millis = 0
    held: bool = False
    name: str = "ann"
    state: Reach | None = None
    decisions: list[Decision] = field(default_factory=list)
    requests: list[tuple[str, str, Request]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rules()

    def rules(self, **table: Any) -> None:
        """From now on other rules hold."""
        self.version = rules_of({"mode": "live"} | self.table | table)
        self.rule = Outreach(RuleBook.single(self.version), LATENESS)

    def until(self, moment: Millis) -> "Scene":
        """Let time pass: every deadline before ``moment`` fires."""
        while self.state is not None and (due := self.rule.deadline(self.state)) < moment:
            self._take(self.rule.on_deadline(self.state, self._now(due)))
            assert self.state is None or self.rule.deadline(self.state) > due
        return self

    def happens(self, *events: Any) -> "Scene":
        for event in events:
            when = event.updated_at if isinstance(event, ContactState) else event.occurred_at
            self.until(when)
            self._take(self.rule.on_event(self.state, event, self._now(when)))
        return self

    def comes_late(self, event: Any, clock: Millis) -> "Scene":
        """``event`` arrives when the clock stands at ``clock``."""
        self.until(clock)
        now = Now(event.occurred_at, clock, clock + self.lag, self.held, profile_id=self.name)
        self._take(self.rule.on_late(self.state, event, now))
        return self

    def merges(self, other: "Scene", clock: Millis) -> "Scene":
        self.until(clock)
        other.until(clock)
        assert other.state is not None
        now = Now(clock, clock, clock + self.lag, self.held, profile_id=self.name)
        self._take(self.rule.merge(self.state, other.state, now))
        return self

    @property
    def rows(self) -> list[tuple[str, str]]:
        """Outcome and deciding guard of every decision."""
        return [(row.outcome, row.guard) for row in self.decisions]

    @property
    def published(self) -> list[tuple[str, str]]:
        """Channel and action of what went to outreach topics."""
        return [(record.channel, record.action) for _, _, record in self.requests]

    def _now(self, moment: Millis) -> Now:
        return Now(moment, moment + 1, moment + LATENESS + self.lag, self.held, profile_id=self.name)

    def _take(self, step: Step[Reach]) -> None:
        self.state = step.state
        for topic, key, value in step.publish:
            if isinstance(value, Decision):
                assert (topic, key) == (topics.DECISIONS, topics.key(value.shop_id, value.profile_id))
                self.decisions.append(value)
            else:
                assert isinstance(value, Request)
                assert topic == topics.OUTREACH[value.channel]
                self.requests.append((topic.name, key, value))


def consented(*channels: Channel, when: Millis = MIDNIGHT, profile: str = "ann") -> tuple[ProfileUpdate, ...]:
    return tuple(says(channel, "granted", when, profile=profile) for channel in channels)


def says(
    channel: Channel, consent: Consent, when: Millis, *, profile: str = "ann", by: str = ""
) -> ProfileUpdate:
    return update(
        "consent_changed",
        when,
        profile,
        by or f"{channel}-{consent}-{when}",
        channel=channel,
        consent=consent,
    )


def update(type: Any, when: Millis, profile: str = "ann", by: str = "", **more: Any) -> ProfileUpdate:
    return ProfileUpdate(
        event_id=by or f"{type}-{when}",
        occurred_at=when,
        received_at=when,
        profile_id=profile,
        type=type,
        **more,
    )


def abandoned(
    when: Millis,
    cart: str = "cart-1",
    *,
    stage: Any = "cart",
    changed_by: str = "",
    profile: str = "ann",
    away: Millis = HOUR,
) -> AbandonmentSignal:
    """Cart ``cart``, left alone for ``away`` until ``when``."""
    change = changed_by or f"{cart}-filled"
    return AbandonmentSignal(
        event_id=f"{change}-{stage}",
        profile_id=profile,
        visitor_id="device-1",
        kind="abandoned",
        stage=stage,
        occurred_at=when,
        processed_at=when,
        rules_version="v1",
        cart_id=cart,
        opened_by=f"{cart}-opened",
        changed_by=change,
        changed_at=when - away,
        last_activity_at=when - away,
        lines=BOOK,
    )


def concluded(signal: AbandonmentSignal, kind: Any, when: Millis) -> AbandonmentSignal:
    """``recovered`` or ``withdrawn``."""
    return structs.replace(
        signal,
        event_id=f"{signal.event_id}-{kind}",
        kind=kind,
        occurred_at=when,
        abandoned_id=signal.event_id,
    )


def fact(type: Any, when: Millis, profile: str = "ann", **more: Any) -> Fact:
    known = {"last_activity_at": when} | more
    return Fact(
        event_id=f"{type}-{when}",
        occurred_at=when,
        received_at=when,
        profile_id=profile,
        visitor_id="device-1",
        type=type,
        **known,
    )


def ordered(when: Millis, **more: Any) -> OrderEvent:
    return OrderEvent(
        event_id=f"order-{when}",
        occurred_at=when,
        received_at=when,
        profile_id="ann",
        type="order_completed",
        order_id=f"order-{when}",
        **more,
    )


def question(when: Millis, *, waiting: bool = True, contact: str = "ticket-1") -> ContactState:
    return ContactState(
        contact_id=contact,
        profile_id="ann",
        waiting=waiting,
        breached=False,
        updated_at=when,
        rules_version="v1",
    )


def feedback(type: FeedbackType, when: Millis, request: Request | None, **more: Any) -> Feedback:
    channel: Channel = request.channel if request else "unknown"
    known = {"channel": channel, "outreach_id": request.outreach_id if request else "unheard-of"} | more
    return Feedback(
        event_id=f"{type}-{when}", occurred_at=when, received_at=when, profile_id="ann", type=type, **known
    )
