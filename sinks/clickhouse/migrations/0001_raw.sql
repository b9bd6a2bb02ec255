-- Raw tables: one row per offset of a topic, as it was published. A column per field of the contract, then where the
-- row comes from. The window of 10,000 blocks is what makes the token of a block mean something: without it an
-- insert that is repeated counts twice.

CREATE TABLE IF NOT EXISTS raw_clickstream
(
    event_id String COMMENT 'Unique id of the event, given by its producer. Two events with the same id are one event. Empty and placeholder ids are dead-lettered.',
    shop_id LowCardinality(String) COMMENT 'The shop that the event belongs to; part of every key.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, in event time, corrected for the client\'s clock skew: received_at - (sent_at - created_at).',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the client sent it, by the client\'s own clock.',
    received_at DateTime64(3, 'UTC') COMMENT 'When heedful\'s edge (collector, connector) received it. The watermark is the running maximum of this, less the lateness.',
    sequence Nullable(Int64) COMMENT 'Order among events of one key with the same occurred_at; null sorts first, then event_id decides.',
    source LowCardinality(String) COMMENT 'The producer or dialect it came from, e.g. native, segment, rees46.',
    visitor_id String COMMENT 'The device: cookie or installation id.',
    customer_id Nullable(String) COMMENT 'The customer, if the shop knew who it was; teaches heedful that this visitor is that customer.',
    session_id Nullable(String) COMMENT 'The shop\'s own session, if it has one.',
    type LowCardinality(String) COMMENT 'What happened.',
    url Nullable(String) COMMENT 'Page address, without query parameters that identify a person.',
    product_id Nullable(String) COMMENT 'The product seen, if one.',
    query Nullable(String) COMMENT 'What was searched for.',
    results Nullable(Int64) COMMENT 'How many results the search found.',
    error_code Nullable(String) COMMENT 'What the error page said, e.g. 404 or checkout_bug.',
    device LowCardinality(String) COMMENT 'Kind of device.',
    is_bot Bool COMMENT 'Known robot: kept for analysis, left out of every rule.',
    acquisition LowCardinality(Nullable(String)) COMMENT 'Channel that brought the visitor, e.g. email, paid_search.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, visitor_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Something a visitor did or saw in the shop. Keyed by visitor.';

CREATE TABLE IF NOT EXISTS raw_cart
(
    event_id String COMMENT 'Unique id of the event, given by its producer. Two events with the same id are one event. Empty and placeholder ids are dead-lettered.',
    shop_id LowCardinality(String) COMMENT 'The shop that the event belongs to; part of every key.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, in event time, corrected for the client\'s clock skew: received_at - (sent_at - created_at).',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the client sent it, by the client\'s own clock.',
    received_at DateTime64(3, 'UTC') COMMENT 'When heedful\'s edge (collector, connector) received it. The watermark is the running maximum of this, less the lateness.',
    sequence Nullable(Int64) COMMENT 'Order among events of one key with the same occurred_at; null sorts first, then event_id decides.',
    source LowCardinality(String) COMMENT 'The producer or dialect it came from, e.g. native, segment, rees46.',
    visitor_id String COMMENT 'The device: cookie or installation id.',
    customer_id Nullable(String) COMMENT 'The customer, if the shop knew who it was.',
    session_id Nullable(String) COMMENT 'The shop\'s own session, if it has one.',
    type LowCardinality(String) COMMENT 'What happened. product_added and product_removed are deltas, cart_updated is a snapshot in lines (empty: emptied).',
    cart_id Nullable(String) COMMENT 'The shop\'s own id of the cart, if it has one.',
    checkout_id Nullable(String) COMMENT 'The shop\'s own id of the checkout.',
    order_id Nullable(String) COMMENT 'The order, for order_completed; Segment\'s Checkout Started carries it too.',
    product_id Nullable(String) COMMENT 'The product added or removed.',
    product_name Nullable(String) COMMENT 'What the shop calls it.',
    quantity Nullable(Int64) COMMENT 'How many were added or removed; null when removing means the whole line, when adding one.',
    price Nullable(Decimal(18, 4)) COMMENT 'Price of one, in currency.',
    lines Array(Tuple(product_id String, name Nullable(String), quantity Int64, price Nullable(Decimal(18, 4)))) COMMENT 'The whole cart, for cart_updated, checkout_started and order_completed; empty for deltas.',
    value Nullable(Decimal(18, 4)) COMMENT 'Total of the cart or order, in currency, if the shop states it.',
    currency LowCardinality(Nullable(String)) COMMENT 'ISO 4217 code of every amount in this record.',
    coupon Nullable(String) COMMENT 'Coupon entered.',
    reason LowCardinality(Nullable(String)) COMMENT 'Why a payment failed or a coupon was denied.',
    outreach_id Nullable(String) COMMENT 'The outreach whose link led here, if the link carried it.',
    device LowCardinality(String) COMMENT 'Kind of device.',
    is_bot Bool COMMENT 'Known robot: kept for analysis, left out of every rule.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, visitor_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'A change of a visitor\'s cart, a step of the checkout, or an order placed in the storefront. Keyed by visitor.';

CREATE TABLE IF NOT EXISTS raw_orders
(
    event_id String COMMENT 'Unique id of the event, given by its producer. Two events with the same id are one event. Empty and placeholder ids are dead-lettered.',
    shop_id LowCardinality(String) COMMENT 'The shop that the event belongs to; part of every key.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, in event time, corrected for the client\'s clock skew: received_at - (sent_at - created_at).',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the client sent it, by the client\'s own clock.',
    received_at DateTime64(3, 'UTC') COMMENT 'When heedful\'s edge (collector, connector) received it. The watermark is the running maximum of this, less the lateness.',
    sequence Nullable(Int64) COMMENT 'Order among events of one key with the same occurred_at; null sorts first, then event_id decides.',
    source LowCardinality(String) COMMENT 'The producer or dialect it came from, e.g. native, segment, rees46.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    type LowCardinality(String) COMMENT 'What happened to the order.',
    order_id String COMMENT 'The order; counted once, however often and wherever it is reported.',
    cart_id Nullable(String) COMMENT 'The cart it came from, if known.',
    checkout_id Nullable(String) COMMENT 'The checkout it came from, if known.',
    lines Array(Tuple(product_id String, name Nullable(String), quantity Int64, price Nullable(Decimal(18, 4)))) COMMENT 'What was ordered.',
    value Nullable(Decimal(18, 4)) COMMENT 'Total, in currency.',
    currency LowCardinality(Nullable(String)) COMMENT 'ISO 4217 code of every amount in this record.',
    outreach_id Nullable(String) COMMENT 'The outreach whose link led to it, if known.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'An order known by its customer only (back office, marketplace, shop webhook). Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_support
(
    event_id String COMMENT 'Unique id of the event, given by its producer. Two events with the same id are one event. Empty and placeholder ids are dead-lettered.',
    shop_id LowCardinality(String) COMMENT 'The shop that the event belongs to; part of every key.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, in event time, corrected for the client\'s clock skew: received_at - (sent_at - created_at).',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the client sent it, by the client\'s own clock.',
    received_at DateTime64(3, 'UTC') COMMENT 'When heedful\'s edge (collector, connector) received it. The watermark is the running maximum of this, less the lateness.',
    sequence Nullable(Int64) COMMENT 'Order among events of one key with the same occurred_at; null sorts first, then event_id decides.',
    source LowCardinality(String) COMMENT 'The producer or dialect it came from, e.g. native, segment, rees46.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The ticket, conversation or call.',
    type LowCardinality(String) COMMENT 'What happened.',
    message_id Nullable(String) COMMENT 'The help desk\'s own id of the message.',
    channel LowCardinality(String) COMMENT 'How the contact reached the shop.',
    kind LowCardinality(String) COMMENT 'What sort of message; only a public human_reply or call_answered answers.',
    public Bool COMMENT 'Visible to the customer.',
    author_id Nullable(String) COMMENT 'Who wrote it (pseudonym of the agent or customer).',
    status LowCardinality(String) COMMENT 'The contact\'s status after this event; unknown leaves it as it was.',
    priority LowCardinality(String) COMMENT 'The contact\'s priority after this event; unknown leaves it as it was.',
    team LowCardinality(Nullable(String)) COMMENT 'The team that owns it after this event; null leaves it as it was.',
    agent_id Nullable(String) COMMENT 'The agent that owns it after this event; null leaves it as it was.',
    product_id Nullable(String) COMMENT 'The product the question is about.',
    merged_into Nullable(String) COMMENT 'The contact that took this one over, for merged.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'A message, call or change of state of a contact between a customer and the shop. Keyed by profile. No text of the message.';

CREATE TABLE IF NOT EXISTS raw_profile_updates
(
    event_id String COMMENT 'Unique id of the event, given by its producer. Two events with the same id are one event. Empty and placeholder ids are dead-lettered.',
    shop_id LowCardinality(String) COMMENT 'The shop that the event belongs to; part of every key.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, in event time, corrected for the client\'s clock skew: received_at - (sent_at - created_at).',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the client sent it, by the client\'s own clock.',
    received_at DateTime64(3, 'UTC') COMMENT 'When heedful\'s edge (collector, connector) received it. The watermark is the running maximum of this, less the lateness.',
    sequence Nullable(Int64) COMMENT 'Order among events of one key with the same occurred_at; null sorts first, then event_id decides.',
    source LowCardinality(String) COMMENT 'The producer or dialect it came from, e.g. native, segment, rees46.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    type LowCardinality(String) COMMENT 'What changed. profile_erased removes everything known.',
    channel LowCardinality(String) COMMENT 'The channel that consent, suppression or address is about; unknown: all channels.',
    consent LowCardinality(String) COMMENT 'For consent_changed.',
    time_zone Nullable(String) COMMENT 'IANA time zone of the customer.',
    locale Nullable(String) COMMENT 'BCP 47 language tag.',
    tier Nullable(String) COMMENT 'e.g. anonymous, buyer, contract, partner.',
    reason LowCardinality(Nullable(String)) COMMENT 'Why suppressed, e.g. bounce, complaint, request.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What a customer said about being contacted, and attributes. Addresses stay on the topic. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_feedback
(
    event_id String COMMENT 'Unique id of the event, given by its producer. Two events with the same id are one event. Empty and placeholder ids are dead-lettered.',
    shop_id LowCardinality(String) COMMENT 'The shop that the event belongs to; part of every key.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened, in event time, corrected for the client\'s clock skew: received_at - (sent_at - created_at).',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the client sent it, by the client\'s own clock.',
    received_at DateTime64(3, 'UTC') COMMENT 'When heedful\'s edge (collector, connector) received it. The watermark is the running maximum of this, less the lateness.',
    sequence Nullable(Int64) COMMENT 'Order among events of one key with the same occurred_at; null sorts first, then event_id decides.',
    source LowCardinality(String) COMMENT 'The producer or dialect it came from, e.g. native, segment, rees46.',
    profile_id String COMMENT 'The customer if known, else the visitor; as on the request.',
    outreach_id String COMMENT 'As on the request.',
    channel LowCardinality(String) COMMENT 'As on the request.',
    type LowCardinality(String) COMMENT 'What became of it.',
    reason LowCardinality(Nullable(String)) COMMENT 'Why it bounced or failed.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What became of an outreach. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_facts
(
    event_id String COMMENT 'Deterministic: UUIDv5 of the cause\'s event_id, the type and the key.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it happened.',
    received_at DateTime64(3, 'UTC') COMMENT 'As on the event that caused it.',
    sequence Nullable(Int64) COMMENT 'As on the event that caused it.',
    profile_id String COMMENT 'Who it is about: the key.',
    visitor_id String COMMENT 'The device it came from; for moved and forwarded the profile it came from.',
    type LowCardinality(String) COMMENT 'What is known.',
    customer_id Nullable(String) COMMENT 'For linked: the customer that the visitor is.',
    cart_id Nullable(String) COMMENT 'The cart; the shop\'s id or, without one, derived from opened_by.',
    checkout_id Nullable(String) COMMENT 'The checkout, if known.',
    order_id Nullable(String) COMMENT 'For order_completed.',
    opened_by Nullable(String) COMMENT 'event_id that opened the cart.',
    changed_by Nullable(String) COMMENT 'event_id of the last real change of the cart\'s contents.',
    changed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that was.',
    stage LowCardinality(String) COMMENT 'Furthest stage reached since the cart was opened; unknown without a cart.',
    stage_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When that stage was reached.',
    last_activity_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Last activity of the visitor, this event included.',
    longest_quiet_ms Nullable(Int64) COMMENT 'Longest time without activity since the later of changed_at and stage_at, before this event, in milliseconds; on a cart that changes its key: tells which stages were signalled under the old key.',
    rules_version LowCardinality(Nullable(String)) COMMENT 'Version of the rules under which the cart\'s episode began.',
    lines Array(Tuple(product_id String, name Nullable(String), quantity Int64, price Nullable(Decimal(18, 4)))) COMMENT 'The cart\'s or order\'s contents; an emptied cart has none.',
    value Nullable(Decimal(18, 4)) COMMENT 'Its value, in currency; null if unknown.',
    currency LowCardinality(Nullable(String)) COMMENT 'ISO 4217 code.',
    outreach_id Nullable(String) COMMENT 'The outreach whose link led here, if the link carried it.',
    device LowCardinality(String) COMMENT 'Kind of device.',
    payload Nullable(String) COMMENT 'For moved: what the old profile hands over. For forwarded: the event that arrived under the old key.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(received_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What the visits kernel (or, for moved and forwarded, the care kernel) knows about a customer. Internal. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_signals_abandonment
(
    event_id String COMMENT 'Deterministic: UUIDv5 of rule, rules version, changed_by, kind and stage; for recovered and withdrawn of the abandoned signal and the cause.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    visitor_id String COMMENT 'The device the cart lives on.',
    kind LowCardinality(String) COMMENT 'What is now true.',
    stage LowCardinality(String) COMMENT 'Furthest stage reached.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it became true, in event time: the moment patience ended, or the order\'s time.',
    processed_at DateTime64(3, 'UTC') COMMENT 'The clock of the worker when it said so.',
    rules_version LowCardinality(String) COMMENT 'Version of the rules that decided.',
    cart_id String COMMENT 'The cart.',
    opened_by String COMMENT 'event_id that opened the cart.',
    changed_by String COMMENT 'event_id of its last real change.',
    changed_at DateTime64(3, 'UTC') COMMENT 'When that was.',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'Last sign of life before.',
    lines Array(Tuple(product_id String, name Nullable(String), quantity Int64, price Nullable(Decimal(18, 4)))) COMMENT 'What is in the cart.',
    value Nullable(Decimal(18, 4)) COMMENT 'Value at stake, in currency; null if unknown.',
    currency LowCardinality(Nullable(String)) COMMENT 'ISO 4217 code.',
    device LowCardinality(String) COMMENT 'Kind of device.',
    abandoned_id Nullable(String) COMMENT 'For recovered and withdrawn: event_id of the abandoned signal.',
    order_id Nullable(String) COMMENT 'For recovered: the order.',
    outreach_id Nullable(String) COMMENT 'For recovered: the outreach by whose link the customer came, if any.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'A customer left something behind, or what was said of that changed. abandoned: left; recovered: came back and bought; withdrawn: the signal proved false. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_signals_contact
(
    event_id String COMMENT 'Deterministic: UUIDv5 of rule, rules version, contact, clock instance and kind.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    contact_id String COMMENT 'The contact.',
    kind LowCardinality(String) COMMENT 'What is now true.',
    clock LowCardinality(String) COMMENT 'Which clock, e.g. first_reply, acknowledgement.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it became true, in event time: the reply, or the moment it was due.',
    processed_at DateTime64(3, 'UTC') COMMENT 'The clock of the worker when it said so.',
    rules_version LowCardinality(String) COMMENT 'Version of the rules that decided.',
    channel LowCardinality(String) COMMENT 'How the contact reached the shop.',
    team LowCardinality(Nullable(String)) COMMENT 'Owner.',
    priority LowCardinality(String) COMMENT 'Priority when the clock was started.',
    started_at DateTime64(3, 'UTC') COMMENT 'The customer\'s message that started the clock.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When an answer was due; null without a target.',
    elapsed_ms Int64 COMMENT 'Time from started_at to occurred_at, in milliseconds.',
    breached_id Nullable(String) COMMENT 'For answered_late and withdrawn: event_id of the breached signal.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'A waiting customer was acknowledged, answered, or not answered in time. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_outreach
(
    event_id String COMMENT 'UUIDv5 of outreach_id and action.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    outreach_id String COMMENT 'UUIDv5 of signal, channel and step; shared by request, cancel and feedback: use it as idempotency key.',
    profile_id String COMMENT 'Whom; delivery looks the address up.',
    action LowCardinality(String) COMMENT 'request or cancel.',
    channel LowCardinality(String) COMMENT 'By which channel.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it was decided, in event time.',
    processed_at DateTime64(3, 'UTC') COMMENT 'The clock of the worker when it was published.',
    valid_until DateTime64(3, 'UTC') COMMENT 'Not to be sent after this.',
    signal_id String COMMENT 'The signal that it answers.',
    rule LowCardinality(String) COMMENT 'The outreach rule, e.g. abandonment.cart.',
    step Int64 COMMENT 'Step of the ladder, from 1.',
    stage LowCardinality(String) COMMENT 'Stage of the abandonment.',
    cart_id Nullable(String) COMMENT 'The cart.',
    visitor_id Nullable(String) COMMENT 'The device the cart lives on.',
    lines Array(Tuple(product_id String, name Nullable(String), quantity Int64, price Nullable(Decimal(18, 4)))) COMMENT 'What is in the cart.',
    value Nullable(Decimal(18, 4)) COMMENT 'Value at stake, in currency.',
    currency LowCardinality(Nullable(String)) COMMENT 'ISO 4217 code.',
    rules_version LowCardinality(String) COMMENT 'Version of the rules that decided.',
    reason LowCardinality(Nullable(String)) COMMENT 'For cancel: why, e.g. order, answered, merged, erased, withdrawn, opted_out.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Approach this customer on this channel (request), or don\'t any more (cancel). Same topic, key and outreach_id for both. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_decisions
(
    event_id String COMMENT 'Deterministic: UUIDv5 of outreach_id, outcome, guard and the time decided.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    outreach_id String COMMENT 'The candidate.',
    signal_id String COMMENT 'The signal that it answers.',
    profile_id String COMMENT 'Whom.',
    channel LowCardinality(String) COMMENT 'By which channel; unknown if none could be chosen.',
    rule LowCardinality(String) COMMENT 'The outreach rule.',
    step Int64 COMMENT 'Step of the ladder, from 1.',
    outcome LowCardinality(String) COMMENT 'What was decided.',
    guard LowCardinality(String) COMMENT 'The guard that decided; emit if all passed.',
    guards Array(Tuple(guard LowCardinality(String), result LowCardinality(String), detail Nullable(String))) COMMENT 'All guards in the order they were asked.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When, in event time.',
    processed_at DateTime64(3, 'UTC') COMMENT 'The clock of the worker when it was published.',
    held_until Nullable(DateTime64(3, 'UTC')) COMMENT 'For held: when it is asked again at the latest.',
    valid_until DateTime64(3, 'UTC') COMMENT 'When the candidate expires.',
    mode LowCardinality(String) COMMENT 'The mode in force.',
    rules_version LowCardinality(String) COMMENT 'Version of the rules that decided.',
    cart_id Nullable(String) COMMENT 'The cart.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (shop_id, profile_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What was decided about one candidate outreach, by which guard, with all that the guards said. Keyed by profile.';

CREATE TABLE IF NOT EXISTS raw_contacts
(
    contact_id String COMMENT 'The contact: the key.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    profile_id String COMMENT 'Whose.',
    channel LowCardinality(String) COMMENT 'How it reached the shop.',
    status LowCardinality(String) COMMENT 'Status as the help desk states it.',
    waiting Bool COMMENT 'A customer waits for an answer.',
    waiting_since Nullable(DateTime64(3, 'UTC')) COMMENT 'Since when.',
    asked_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First message of the customer.',
    first_reply_due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first reply is due.',
    acknowledged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First automatic acknowledgement.',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'First public human reply.',
    breached Bool COMMENT 'The first reply was not given in time.',
    priority LowCardinality(String) COMMENT 'Priority.',
    team LowCardinality(Nullable(String)) COMMENT 'Owner.',
    agent_id Nullable(String) COMMENT 'Owner.',
    product_id Nullable(String) COMMENT 'The product it is about.',
    updated_at DateTime64(3, 'UTC') COMMENT 'Event time of this state.',
    rules_version LowCardinality(String) COMMENT 'Version of the rules in force.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(updated_at)
ORDER BY (shop_id, contact_id, updated_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'The present state of a contact. Compacted, keyed by contact; a tombstone forgets it.';

CREATE TABLE IF NOT EXISTS raw_profiles
(
    profile_id String COMMENT 'Who: the key.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    visitors Array(String) COMMENT 'Devices known to be this customer\'s.',
    open_carts Int64 COMMENT 'Carts that are not empty and not ordered.',
    value Nullable(Decimal(18, 4)) COMMENT 'Their value, if all are in one currency.',
    currency LowCardinality(Nullable(String)) COMMENT 'ISO 4217 code.',
    waiting_contacts Int64 COMMENT 'Contacts that wait for an answer.',
    reachable Array(String) COMMENT 'Channels with consent.',
    suppressed Bool COMMENT 'Must not be approached.',
    last_order_at Nullable(DateTime64(3, 'UTC')) COMMENT 'Last order.',
    updated_at DateTime64(3, 'UTC') COMMENT 'Event time of this state.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(updated_at)
ORDER BY (shop_id, profile_id, updated_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What heedful knows about a customer right now. Compacted, keyed by profile; a tombstone forgets it.';

CREATE TABLE IF NOT EXISTS raw_dead_letters
(
    event_id String COMMENT 'UUIDv5 of topic, partition, offset and stage.',
    topic LowCardinality(String) COMMENT 'Where it stood.',
    partition Int64 COMMENT 'Where it stood.',
    offset Int64 COMMENT 'Where it stood.',
    stage LowCardinality(String) COMMENT 'decode, validate, apply or land.',
    reason LowCardinality(String) COMMENT 'Short, stable, for counting: e.g. not_avro, unknown_schema, trailing_bytes, empty_id, from_the_future.',
    detail String COMMENT 'For people; no personal data.',
    value_bytes Int64 COMMENT 'Its length before cutting.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'The record\'s timestamp.',
    application LowCardinality(String) COMMENT 'Which part of heedful refused it.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (topic, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'A record that could not be read or obeyed, kept as it came. Its bytes stay on the topic: heedful dead-letters show. Keyed by topic, partition and offset.';
