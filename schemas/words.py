"""The words of the contracts: enumerations, and the values that records share."""

from decimal import Decimal
from typing import Literal, TypeAlias

import msgspec

Millis: TypeAlias = int
"""A moment in milliseconds since 1970-01-01T00:00:00Z, or a length of time in milliseconds."""

ClickType: TypeAlias = Literal[
    "unknown",
    "page_viewed",
    "product_viewed",
    "product_list_viewed",
    "products_searched",
    "product_clicked",
    "promotion_clicked",
    "error_shown",
    "identified",
]
Device: TypeAlias = Literal["unknown", "desktop", "mobile", "tablet", "other"]
CartType: TypeAlias = Literal[
    "unknown",
    "product_added",
    "product_removed",
    "cart_updated",
    "cart_emptied",
    "checkout_started",
    "checkout_step_completed",
    "payment_info_entered",
    "payment_failed",
    "order_completed",
    "coupon_applied",
    "coupon_denied",
    "visitor_erased",
]
OrderType: TypeAlias = Literal[
    "unknown", "order_completed", "order_updated", "order_cancelled", "order_refunded"
]
SupportType: TypeAlias = Literal[
    "unknown",
    "message_received",
    "message_sent",
    "status_changed",
    "assigned",
    "priority_changed",
    "merged",
    "no_reply_needed",
    "callback_requested",
    "callback_attempted",
    "callback_reached",
    "contact_created",
    "tags_changed",
    "reply_needed",
    "callback_cancelled",
]
AuthorRole: TypeAlias = Literal["unknown", "end_user", "agent", "light_agent", "system"]
ContactChannel: TypeAlias = Literal[
    "unknown", "email", "chat", "phone", "sms", "social", "web_form", "callback", "product_question", "forum"
]
MessageKind: TypeAlias = Literal[
    "unknown",
    "customer_message",
    "human_reply",
    "auto_ack",
    "bot",
    "campaign",
    "internal_note",
    "csat",
    "reaction",
    "call_answered",
    "call_missed",
    "voicemail",
]
ContactStatus: TypeAlias = Literal["unknown", "new", "open", "pending", "on_hold", "solved", "closed"]
Priority: TypeAlias = Literal["unknown", "low", "normal", "high", "urgent"]
ProfileUpdateType: TypeAlias = Literal[
    "unknown", "attributes_changed", "consent_changed", "suppressed", "unsuppressed", "profile_erased"
]
Channel: TypeAlias = Literal["unknown", "email", "sms", "push", "phone", "onsite"]
Consent: TypeAlias = Literal["unknown", "granted", "denied"]
FeedbackType: TypeAlias = Literal[
    "unknown",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "failed",
    "replied",
    "unsubscribed",
    "complained",
]
HoldAction: TypeAlias = Literal["unknown", "hold", "live"]
FactType: TypeAlias = Literal[
    "unknown", "activity", "cart_changed", "order_completed", "linked", "moved", "forwarded"
]
Stage: TypeAlias = Literal["unknown", "browse", "cart", "checkout", "payment"]
AbandonmentKind: TypeAlias = Literal["unknown", "abandoned", "recovered", "withdrawn"]
AbandonmentCause: TypeAlias = Literal[
    "unknown",
    "payment_failed",
    "out_of_stock",
    "unanswered_question",
    "failed_search",
    "error_page",
    "shipping_cost_shown",
    "coupon_denied",
    "none_seen",
]
ContactSignalKind: TypeAlias = Literal[
    "unknown",
    "acknowledged",
    "answered",
    "breached",
    "answered_late",
    "closed",
    "withdrawn",
    "activate",
    "pause",
    "fulfill",
    "breach",
    "update_status",
    "apply_sla",
    "escalated",
    "pause_integrity",
    "handed_off",
    "no_reply_needed",
    "callback_requested",
    "callback_attempted",
    "callback_reached",
    "callback_expired",
]
ClockState: TypeAlias = Literal["unknown", "running", "paused", "ended"]
OutreachAction: TypeAlias = Literal["unknown", "request", "cancel"]
Outcome: TypeAlias = Literal[
    "unknown", "requested", "shadowed", "held", "refused", "withdrawn", "cancelled", "expired", "regretted"
]
GuardVerdict: TypeAlias = Literal["unknown", "passed", "held", "refused", "skipped"]
AlertKind: TypeAlias = Literal[
    "unknown",
    "abandonment",
    "contact",
    "abandonment_rate",
    "unanswered_share",
    "dead_letters",
    "lag",
    "silence",
    "stuck",
]
AlertState: TypeAlias = Literal["unknown", "raised", "resolved"]
DeliveryOutcome: TypeAlias = Literal["unknown", "delivered", "digested", "refused", "outdated"]
Mode: TypeAlias = Literal["unknown", "off", "shadow", "allow_list", "live"]


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False, tag=True, tag_field="record"):
    """Base of every contract: immutable, compared by value, its fields in the order of its Avro schema."""


class Line(Record, frozen=True, kw_only=True):
    """One product in a cart or an order."""

    product_id: str
    name: str | None = None
    quantity: int = 1
    price: Decimal | None = None


class Evidence(Record, frozen=True, kw_only=True):
    """Something that may be why a cart is left."""

    cause: AbandonmentCause = "unknown"
    at: Millis


class GuardResult(Record, frozen=True, kw_only=True):
    """What one guard said about a candidate."""

    guard: str
    result: GuardVerdict = "unknown"
    detail: str | None = None


class ContactClock(Record, frozen=True, kw_only=True):
    """One clock of a contact."""

    clock: str
    instance: int = 1
    state: ClockState = "unknown"
    started_at: Millis
    due_at: Millis | None = None
    counted_ms: int = 0
    remaining_ms: int | None = None
    breached: bool = False
    ended_at: Millis | None = None


class AlertCause(Record, frozen=True, kw_only=True):
    """One thing that stands behind an alert, against how it usually is."""

    what: str
    value: float
    usual: float | None = None
