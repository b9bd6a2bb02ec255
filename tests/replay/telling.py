"""Stories of customers, told as events in any order, and what heedful makes of them."""

from typing import Any

from schemas import topics
from schemas.events import CartEvent, Click, Feedback, OrderEvent, ProfileUpdate, SupportEvent
from schemas.outputs import AbandonmentSignal, ContactSignal, Decision, Outreach
from schemas.topics import Output
from streams.care import Care
from streams.formats.base import Row
from streams.replay import Replay
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.visits import Visits
from tests.visits.visiting import at

TOPIC_OF = {topic.model: topic for topic in topics.INPUTS}
LIVE = {"mode": "live", "quiet_hours": {"enabled": False}}

Event = Click | CartEvent | OrderEvent | SupportEvent | ProfileUpdate | Feedback


def bought(minutes: float, customer: str = "anna", **known: Any) -> OrderEvent:
    """An order that the back office knows of."""
    base: dict[str, Any] = {
        "event_id": f"bought@{minutes}",
        "order_id": f"order@{minutes}",
        "profile_id": customer,
    }
    moments = {"occurred_at": at(minutes), "received_at": at(minutes)}
    return OrderEvent(**{**base, **moments, "type": "order_completed", **known})


def asked(minutes: float, who: str = "anna", **known: Any) -> SupportEvent:
    """A question to the shop."""
    return _support("message_received", "customer_message", minutes, who, known)


def replied(minutes: float, who: str = "anna", **known: Any) -> SupportEvent:
    """A human's public reply."""
    return _support("message_sent", "human_reply", minutes, who, known)


def _support(kind: str, message: str, minutes: float, who: str, known: dict[str, Any]) -> SupportEvent:
    base: dict[str, Any] = {
        "event_id": f"{kind}@{minutes}",
        "profile_id": who,
        "contact_id": "c",
        "channel": "email",
    }
    moments = {"occurred_at": at(minutes), "received_at": at(minutes)}
    return SupportEvent(**{**base, **moments, "type": kind, "kind": message, **known})


def agreed(minutes: float, who: str = "anna") -> ProfileUpdate:
    """Consent to mails."""
    base: dict[str, Any] = {"event_id": f"agreed@{minutes}", "profile_id": who, "channel": "email"}
    moments = {"occurred_at": at(minutes), "received_at": at(minutes)}
    return ProfileUpdate(**base, **moments, type="consent_changed", consent="granted")


class Story:
    """What came of events that were received in the order of ``received_at``, until some minute."""

    def __init__(self, *events: Event, until: float = 1_000, lateness: float = 0) -> None:
        book = RuleBook.single(RuleSet.from_mapping({"outreach": LIVE}))
        length = at(lateness) - at(0)
        host = Replay([Visits(), Care(book, length)], length)
        rows = [Row(TOPIC_OF[type(event)], event, "") for event in events]
        rows.sort(key=lambda row: row.event.received_at)
        self.outputs: list[Output] = list(host.run(rows, lambda: at(until)))

    def _values(self, kind: type) -> list[Any]:
        return [out.value for out in self.outputs if isinstance(out.value, kind)]

    @property
    def signals(self) -> list[tuple[str, str, str]]:
        """Kind, stage and profile of each abandonment signal."""
        return [(one.kind, one.stage, one.profile_id) for one in self._values(AbandonmentSignal)]

    @property
    def contacts(self) -> list[tuple[str, str, str]]:
        """Kind, clock and profile of each contact signal."""
        return [(one.kind, one.clock, one.profile_id) for one in self._values(ContactSignal)]

    @property
    def outreach(self) -> list[tuple[str, str]]:
        """Action and profile of each record on an outreach topic."""
        return [(one.action, one.profile_id) for one in self._values(Outreach)]

    @property
    def decisions(self) -> list[tuple[str, str]]:
        """Outcome and guard of each decision."""
        return [(one.outcome, one.guard) for one in self._values(Decision)]
