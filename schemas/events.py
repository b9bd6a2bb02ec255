"""Input events, as values: what shops and help desks tell heedful. Field meanings: schemas/avro."""

from decimal import Decimal

from schemas.words import (
    AuthorRole,
    CartType,
    Channel,
    ClickType,
    Consent,
    ContactChannel,
    ContactStatus,
    Device,
    FeedbackType,
    Line,
    MessageKind,
    Millis,
    OrderType,
    Priority,
    ProfileUpdateType,
    Record,
    SupportType,
)


class Click(Record, frozen=True, kw_only=True):
    """Something a visitor did or saw in the shop. Keyed by visitor."""

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    sent_at: Millis | None = None
    received_at: Millis
    sequence: int | None = None
    source: str = "native"
    visitor_id: str
    customer_id: str | None = None
    session_id: str | None = None
    type: ClickType = "unknown"
    url: str | None = None
    product_id: str | None = None
    query: str | None = None
    results: int | None = None
    error_code: str | None = None
    device: Device = "unknown"
    is_bot: bool = False
    acquisition: str | None = None
    available: bool | None = None


class CartEvent(Record, frozen=True, kw_only=True):
    """A change of a visitor's cart, a step of the checkout, or an order placed in the storefront.

    Keyed by visitor.
    """

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    sent_at: Millis | None = None
    received_at: Millis
    sequence: int | None = None
    source: str = "native"
    visitor_id: str
    customer_id: str | None = None
    session_id: str | None = None
    type: CartType = "unknown"
    cart_id: str | None = None
    checkout_id: str | None = None
    order_id: str | None = None
    product_id: str | None = None
    product_name: str | None = None
    quantity: int | None = None
    price: Decimal | None = None
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    coupon: str | None = None
    reason: str | None = None
    outreach_id: str | None = None
    device: Device = "unknown"
    is_bot: bool = False
    shipping: Decimal | None = None


class OrderEvent(Record, frozen=True, kw_only=True):
    """An order known by its customer only (back office, marketplace, shop webhook).

    Keyed by profile.
    """

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    sent_at: Millis | None = None
    received_at: Millis
    sequence: int | None = None
    source: str = "native"
    profile_id: str
    type: OrderType = "unknown"
    order_id: str
    cart_id: str | None = None
    checkout_id: str | None = None
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    outreach_id: str | None = None


class SupportEvent(Record, frozen=True, kw_only=True):
    """A message, call or change of state of a contact between a customer and the shop.

    Keyed by profile. No text of the message.
    """

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    sent_at: Millis | None = None
    received_at: Millis
    sequence: int | None = None
    source: str = "native"
    profile_id: str
    contact_id: str
    type: SupportType = "unknown"
    message_id: str | None = None
    channel: ContactChannel = "unknown"
    kind: MessageKind = "unknown"
    public: bool = True
    author_id: str | None = None
    status: ContactStatus = "unknown"
    priority: Priority = "unknown"
    team: str | None = None
    agent_id: str | None = None
    product_id: str | None = None
    merged_into: str | None = None
    author_role: AuthorRole = "unknown"
    for_agent: bool = False
    forwarded: bool = False
    tags: tuple[str, ...] = ()
    tier: str | None = None
    closing_phrase: str | None = None
    window_from: Millis | None = None
    window_until: Millis | None = None


class ProfileUpdate(Record, frozen=True, kw_only=True):
    """What a customer said about being contacted, and attributes.

    The only topic that may carry addresses. Keyed by profile.
    """

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    sent_at: Millis | None = None
    received_at: Millis
    sequence: int | None = None
    source: str = "native"
    profile_id: str
    type: ProfileUpdateType = "unknown"
    channel: Channel = "unknown"
    consent: Consent = "unknown"
    address: str | None = None
    time_zone: str | None = None
    locale: str | None = None
    tier: str | None = None
    reason: str | None = None


class Feedback(Record, frozen=True, kw_only=True):
    """What became of an outreach. Keyed by profile."""

    event_id: str
    shop_id: str = "main"
    occurred_at: Millis
    sent_at: Millis | None = None
    received_at: Millis
    sequence: int | None = None
    source: str = "native"
    profile_id: str
    outreach_id: str
    channel: Channel = "unknown"
    type: FeedbackType = "unknown"
    reason: str | None = None
