"""Every topic of heedful: what it carries, what its key is, how it is kept.

A name is written here with the default prefix ``cx``; ``Topic.named(prefix)`` gives the name under
another one, so that history, a staging deployment and production can share a broker.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from schemas import control, events, facts, outputs
from schemas.words import Record

Key = Literal["visitor", "profile", "contact", "origin", "alert"]
Kind = Literal["input", "internal", "output"]


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic. ``label`` is its name without the prefix.

    ``model`` is the contract of its events; control records stand between them.
    ``urgent``: whoever subscribes acts at once, so it is not kept waiting.
    """

    label: str
    model: type[Record]
    key: Key
    kind: Kind
    subject: str
    compacted: bool = False
    urgent: bool = False

    @property
    def name(self) -> str:
        """The name under the default prefix."""
        return self.named("cx")

    def named(self, prefix: str) -> str:
        """The name under ``prefix``."""
        return f"{prefix}.{self.label}"

    def named_for(self, prefix: str, deployment: str) -> str:
        """The name for a deployment: inputs stand under ``prefix``; what it writes bears its own name."""
        return self.named(prefix if self.kind == "input" else deployment)


class Output(NamedTuple):
    """A record to publish. A value of None is a tombstone."""

    topic: Topic
    key: str
    value: Record | None


def _topic(
    label: str,
    model: type[Record],
    key: Key,
    kind: Kind,
    *,
    compacted: bool = False,
    urgent: bool = False,
    subject: str | None = None,
) -> Topic:
    return Topic(label, model, key, kind, subject or f"cx.{label}-value", compacted, urgent)


CLICKSTREAM = _topic("clickstream", events.Click, "visitor", "input")
CART = _topic("cart", events.CartEvent, "visitor", "input")
ORDERS = _topic("orders", events.OrderEvent, "profile", "input")
SUPPORT = _topic("support", events.SupportEvent, "profile", "input")
PROFILE_UPDATES = _topic("profile-updates", events.ProfileUpdate, "profile", "input")
FEEDBACK = _topic("feedback", events.Feedback, "profile", "input")
FACTS = _topic("facts", facts.Fact, "profile", "internal")
ABANDONMENT_SIGNALS = _topic(
    "signals.abandonment", outputs.AbandonmentSignal, "profile", "output", urgent=True
)
CONTACT_SIGNALS = _topic("signals.contact", outputs.ContactSignal, "profile", "output", urgent=True)
DECISIONS = _topic("decisions", outputs.Decision, "profile", "output")
CONTACTS = _topic("contacts", outputs.ContactState, "contact", "output", compacted=True)
PROFILES = _topic("profiles", outputs.ProfileState, "profile", "output", compacted=True)
DEAD_LETTERS = _topic("dead-letters", outputs.DeadLetter, "origin", "output")
ALERTS = _topic("alerts", outputs.Alert, "alert", "output")
ALERT_DELIVERIES = _topic("alerts.deliveries", outputs.AlertDelivery, "alert", "output")


def _outreach(channel: str) -> Topic:
    return _topic(
        f"outreach.{channel}",
        outputs.Outreach,
        "profile",
        "output",
        urgent=True,
        subject="cx.outreach-value",
    )


OUTREACH = {channel: _outreach(channel) for channel in ("email", "sms", "push", "phone", "onsite")}
"""The topic of each channel; one subject for all."""

INPUTS = (CLICKSTREAM, CART, ORDERS, SUPPORT, PROFILE_UPDATES, FEEDBACK)
OUTPUTS = (
    ABANDONMENT_SIGNALS,
    CONTACT_SIGNALS,
    *OUTREACH.values(),
    DECISIONS,
    CONTACTS,
    PROFILES,
    DEAD_LETTERS,
    ALERTS,
    ALERT_DELIVERIES,
)
TOPICS = (*INPUTS, FACTS, *OUTPUTS)

CONTROL: dict[str, type[Record]] = {
    "heedful.heartbeat": control.Heartbeat,
    "heedful.hold": control.Hold,
    "heedful.clock": control.Clock,
}
"""Subjects of the records that may stand between the events of an input or of cx.facts."""

SUBJECTS: dict[str, type[Record]] = {topic.subject: topic.model for topic in TOPICS} | CONTROL
"""Every subject and its model."""


def key(shop_id: str, entity_id: str) -> str:
    """The key of a record: shop and visitor, profile, contact or alert. Encoded as UTF-8 on the wire."""
    return f"{shop_id}/{entity_id}"


def keys(shop_ids: Iterable[str], entity_ids: Iterable[str]) -> list[str]:
    """The same for columns."""
    return [f"{shop_id}/{entity_id}" for shop_id, entity_id in zip(shop_ids, entity_ids, strict=True)]
