"""What heedful concludes and publishes. Field meanings: schemas/avro."""

from decimal import Decimal

from schemas.words import (
    AbandonmentCause,
    AbandonmentKind,
    AlertCause,
    AlertKind,
    AlertState,
    Channel,
    ContactChannel,
    ContactClock,
    ContactSignalKind,
    ContactStatus,
    DeliveryOutcome,
    Device,
    GuardResult,
    Line,
    Millis,
    Mode,
    Outcome,
    OutreachAction,
    Priority,
    Record,
    Stage,
)


class AbandonmentSignal(Record, frozen=True, kw_only=True):
    """A customer left something behind, or what was said of that changed.

    abandoned: left; recovered: came back and bought; withdrawn: the signal proved false. Keyed by
    profile.
    """

    event_id: str
    shop_id: str = "main"
    profile_id: str
    visitor_id: str
    kind: AbandonmentKind = "unknown"
    stage: Stage = "unknown"
    occurred_at: Millis
    processed_at: Millis
    rules_version: str
    cart_id: str
    opened_by: str
    changed_by: str
    changed_at: Millis
    last_activity_at: Millis
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    device: Device = "unknown"
    abandoned_id: str | None = None
    order_id: str | None = None
    outreach_id: str | None = None
    cause: AbandonmentCause = "unknown"


class ContactSignal(Record, frozen=True, kw_only=True):
    """A clock of a contact was started, paused or ended, or what follows from it for people.

    Keyed by profile.
    """

    event_id: str
    shop_id: str = "main"
    profile_id: str
    contact_id: str
    kind: ContactSignalKind = "unknown"
    clock: str
    occurred_at: Millis
    processed_at: Millis
    rules_version: str
    channel: ContactChannel = "unknown"
    team: str | None = None
    priority: Priority = "unknown"
    started_at: Millis
    due_at: Millis | None = None
    elapsed_ms: int
    breached_id: str | None = None
    instance: int = 1
    cause: str | None = None
    step: str | None = None
    policy: str | None = None
    calendar: str | None = None
    target_ms: int | None = None
    counted_ms: int | None = None
    from_created_ms: int | None = None
    from_applied_ms: int | None = None
    status: ContactStatus = "unknown"
    agent_id: str | None = None
    to_team: str | None = None
    to_agent_id: str | None = None
    window_from: Millis | None = None
    window_until: Millis | None = None
    window_kept: bool | None = None
    attempts: int | None = None
    net_ms: int | None = None
    detail: str | None = None
    withdraws: str | None = None


class Outreach(Record, frozen=True, kw_only=True):
    """Approach this customer on this channel (request), or don't any more (cancel).

    Same topic, key and outreach_id for both. Keyed by profile.
    """

    event_id: str
    shop_id: str = "main"
    outreach_id: str
    profile_id: str
    action: OutreachAction = "unknown"
    channel: Channel = "unknown"
    occurred_at: Millis
    processed_at: Millis
    valid_until: Millis
    signal_id: str
    rule: str
    step: int = 1
    stage: Stage = "unknown"
    cart_id: str | None = None
    visitor_id: str | None = None
    lines: tuple[Line, ...] = ()
    value: Decimal | None = None
    currency: str | None = None
    rules_version: str
    reason: str | None = None
    cause: AbandonmentCause = "unknown"


class Decision(Record, frozen=True, kw_only=True):
    """What was decided about one candidate outreach, by which guard, with all that the guards said.

    Keyed by profile.
    """

    event_id: str
    shop_id: str = "main"
    outreach_id: str
    signal_id: str
    profile_id: str
    channel: Channel = "unknown"
    rule: str
    step: int = 1
    outcome: Outcome = "unknown"
    guard: str
    guards: tuple[GuardResult, ...] = ()
    occurred_at: Millis
    processed_at: Millis
    held_until: Millis | None = None
    valid_until: Millis
    mode: Mode = "unknown"
    rules_version: str
    cart_id: str | None = None


class ContactState(Record, frozen=True, kw_only=True):
    """The present state of a contact. Compacted, keyed by contact; a tombstone forgets it."""

    contact_id: str
    shop_id: str = "main"
    profile_id: str
    channel: ContactChannel = "unknown"
    status: ContactStatus = "unknown"
    waiting: bool
    waiting_since: Millis | None = None
    asked_at: Millis | None = None
    first_reply_due_at: Millis | None = None
    acknowledged_at: Millis | None = None
    answered_at: Millis | None = None
    breached: bool
    priority: Priority = "unknown"
    team: str | None = None
    agent_id: str | None = None
    product_id: str | None = None
    updated_at: Millis
    rules_version: str
    created_at: Millis | None = None
    solved_at: Millis | None = None
    policy: str | None = None
    calendar: str | None = None
    tags: tuple[str, ...] = ()
    owned_since: Millis | None = None
    next_due_at: Millis | None = None
    no_reply_needed: bool = False
    clocks: tuple[ContactClock, ...] = ()
    callback_requested_at: Millis | None = None
    callback_from: Millis | None = None
    callback_until: Millis | None = None
    callback_attempts: int = 0


class ProfileState(Record, frozen=True, kw_only=True):
    """What heedful knows about a customer right now.

    Compacted, keyed by profile; a tombstone forgets it.
    """

    profile_id: str
    shop_id: str = "main"
    visitors: tuple[str, ...] = ()
    open_carts: int
    value: Decimal | None = None
    currency: str | None = None
    waiting_contacts: int
    reachable: tuple[str, ...] = ()
    suppressed: bool
    last_order_at: Millis | None = None
    updated_at: Millis


class DeadLetter(Record, frozen=True, kw_only=True):
    """A record that could not be read or obeyed, kept as it came.

    Keyed by topic, partition and offset.
    """

    event_id: str
    topic: str
    partition: int
    offset: int
    stage: str
    reason: str
    detail: str
    key: bytes | None = None
    value: bytes | None = None
    value_bytes: int
    occurred_at: Millis
    application: str


class Alert(Record, frozen=True, kw_only=True):
    """Something that people should know became true, or is over. Keyed by alert_id."""

    event_id: str
    shop_id: str = "main"
    alert_id: str
    name: str
    kind: AlertKind = "unknown"
    state: AlertState = "unknown"
    subject: str
    occurred_at: Millis
    processed_at: Millis
    window_from: Millis
    window_until: Millis
    raised_at: Millis | None = None
    value: float | None = None
    unit: str
    count: int = 0
    usual: float | None = None
    low: float | None = None
    high: float | None = None
    cause: str | None = None
    causes: tuple[AlertCause, ...] = ()
    title: str
    link: str | None = None
    signal_id: str | None = None
    profile_id: str | None = None


class AlertDelivery(Record, frozen=True, kw_only=True):
    """What became of an alert at one of its targets. Keyed by alert_id."""

    event_id: str
    shop_id: str = "main"
    notice_id: str
    alert_id: str
    target: str
    outcome: DeliveryOutcome = "unknown"
    occurred_at: Millis
    message_id: str
    tries: int = 1
    detail: str | None = None
