"""Facts: what the visits kernel tells the care kernel. Internal to heedful."""

from decimal import Decimal

from schemas.words import Device, Evidence, FactType, Line, Millis, Record, Stage


class Fact(Record, frozen=True, kw_only=True):
    """What the visits kernel (or, for moved and forwarded, the care kernel) knows about a customer.

    Internal. Keyed by profile.
    """

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    received_at: Millis
    sequence: int | None = None
    profile_id: str
    visitor_id: str
    type: FactType = "unknown"
    customer_id: str | None = None
    cart_id: str | None = None
    checkout_id: str | None = None
    order_id: str | None = None
    opened_by: str | None = None
    changed_by: str | None = None
    changed_at: Millis | None = None
    stage: Stage = "unknown"
    stage_at: Millis | None = None
    last_activity_at: Millis | None = None
    longest_quiet_ms: int | None = None
    rules_version: str | None = None
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    outreach_id: str | None = None
    device: Device = "unknown"
    payload: bytes | None = None
    evidence: tuple[Evidence, ...] = ()
