-- Alerts: what people were told, and what became of it; and what the rules of alerts measure.

CREATE TABLE IF NOT EXISTS raw_alerts
(
    event_id String COMMENT 'Deterministic: UUIDv5 of the alert\'s name, shop, subject, begin of its window, and state.',
    shop_id LowCardinality(String) COMMENT 'The shop; empty for what concerns all of them.',
    alert_id String COMMENT 'Shared by raised and resolved: UUIDv5 of name, shop, subject and begin of the window.',
    name LowCardinality(String) COMMENT 'The rule: name in [[alerts]].',
    kind LowCardinality(String) COMMENT 'What the rule watches.',
    state LowCardinality(String) COMMENT 'raised, or resolved: back in range for the time that the rule states.',
    subject String COMMENT 'What it is about: the topic, the contact, the cart; shop for what concerns it as a whole.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When it became true, in event time: the signal, or the end of the window.',
    processed_at DateTime64(3, 'UTC') COMMENT 'The clock of the worker when it was published.',
    window_from DateTime64(3, 'UTC') COMMENT 'Begin of the window that was out of range first; for a signal its own time.',
    window_until DateTime64(3, 'UTC') COMMENT 'End of the window that value and causes are of.',
    raised_at Nullable(DateTime64(3, 'UTC')) COMMENT 'For resolved: when it was raised.',
    value Nullable(Float64) COMMENT 'What was measured.',
    unit LowCardinality(String) COMMENT 'Of value, usual and the limits: share, events, seconds or a currency (ISO 4217).',
    count Int64 COMMENT 'How many carts, contacts or events value rests on.',
    usual Nullable(Float64) COMMENT 'What it usually is at this hour of the week: the median; null for a plain threshold.',
    low Nullable(Float64) COMMENT 'Below it is out of range.',
    high Nullable(Float64) COMMENT 'Above it is out of range.',
    cause Nullable(String) COMMENT 'What stands behind it, in words; null: nothing stood out.',
    causes Array(Tuple(what String, value Float64, usual Nullable(Float64))) COMMENT 'The same as numbers, the most striking first.',
    title String COMMENT 'One line for people.',
    link Nullable(String) COMMENT 'Where to look.',
    signal_id Nullable(String) COMMENT 'event_id of the signal that raised it.',
    profile_id Nullable(String) COMMENT 'The customer, or the visitor, whom that signal is about.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (shop_id, name, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Something that people should know became true, or is over. Keyed by alert_id.';

CREATE TABLE IF NOT EXISTS raw_alerts_deliveries
(
    event_id String COMMENT 'Deterministic: UUIDv5 of notice_id, target and outcome.',
    shop_id LowCardinality(String) COMMENT 'The shop of the alert.',
    notice_id String COMMENT 'event_id of the alert record: raised and resolved are delivered apart.',
    alert_id String COMMENT 'The alert.',
    target LowCardinality(String) COMMENT 'Name of the target in [alerting.targets].',
    outcome LowCardinality(String) COMMENT 'delivered: alone; digested: counted in one message with others; refused: given up, and dead-lettered; outdated: too old to be told.',
    occurred_at DateTime64(3, 'UTC') COMMENT 'When, by the clock of the worker.',
    message_id String COMMENT 'Shared by all that one message told.',
    tries Int64 COMMENT 'How often it was tried.',
    detail Nullable(String) COMMENT 'Why it was refused; never an address or a secret.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(occurred_at)
ORDER BY (alert_id, occurred_at)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'What became of an alert at one of its targets. Keyed by alert_id.';

CREATE OR REPLACE VIEW v_alerts
(
    alert_id String COMMENT 'The alert.',
    shop_id String COMMENT 'The shop; empty for what concerns all of them.',
    name String COMMENT 'The rule.',
    kind String COMMENT 'What the rule watches.',
    subject String COMMENT 'What it is about.',
    raised_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it became true, in event time.',
    resolved_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was over; null: it is not, or it is about one signal.',
    value Nullable(Float64) COMMENT 'What was measured when it was raised.',
    unit String COMMENT 'Of value and usual.',
    usual Nullable(Float64) COMMENT 'What it usually is at this hour of the week.',
    cause Nullable(String) COMMENT 'What stood behind it.',
    title String COMMENT 'One line for people.',
    told Array(String) COMMENT 'Targets that it was delivered to, alone or in a digest.'
)
AS
WITH deliveries AS
(
    SELECT alert_id, arraySort(groupUniqArray(toString(target))) AS told
    FROM raw_alerts_deliveries
    WHERE outcome IN ('delivered', 'digested')
    GROUP BY alert_id
)
SELECT
    a.alert_id AS alert_id,
    any(a.shop_id) AS shop_id,
    any(a.name) AS name,
    any(a.kind) AS kind,
    any(a.subject) AS subject,
    minOrNullIf(a.occurred_at, a.state = 'raised') AS raised_at,
    minOrNullIf(a.occurred_at, a.state = 'resolved') AS resolved_at,
    argMinIf(a.value, a.occurred_at, a.state = 'raised') AS value,
    any(a.unit) AS unit,
    argMinIf(a.usual, a.occurred_at, a.state = 'raised') AS usual,
    argMinIf(a.cause, a.occurred_at, a.state = 'raised') AS cause,
    argMinIf(a.title, a.occurred_at, a.state = 'raised') AS title,
    any(d.told) AS told
FROM raw_alerts AS a
LEFT JOIN deliveries AS d ON d.alert_id = a.alert_id
GROUP BY a.alert_id
COMMENT 'One row per alert: when it was raised and resolved, why, and who was told.';

CREATE OR REPLACE VIEW v_cart_outcomes
(
    shop_id String COMMENT 'The shop.',
    visitor_id String COMMENT 'The device; of an order that the storefront did not tell, the customer.',
    decided_at DateTime64(3, 'UTC') COMMENT 'When it was decided: the order, or the first signal that the cart was left.',
    outcome String COMMENT 'left or bought.',
    stage String COMMENT 'Of a cart that was left, how far it had come; else empty.',
    device String COMMENT 'Kind of device.'
)
AS
WITH
    orders AS
    (
        SELECT shop_id, visitor_id, occurred_at AS at, device, ifNull(order_id, event_id) AS order_id
        FROM raw_cart
        WHERE type = 'order_completed' AND NOT is_bot
        UNION ALL
        SELECT shop_id, profile_id AS visitor_id, occurred_at AS at, 'unknown' AS device, order_id
        FROM raw_orders
        WHERE type = 'order_completed'
    ),
    bought AS
    (
        SELECT shop_id, argMin(visitor_id, at) AS visitor_id, min(orders.at) AS bought_at, argMin(device, at) AS device
        FROM orders
        GROUP BY shop_id, order_id
    ),
    withdrawn AS (SELECT abandoned_id FROM raw_signals_abandonment WHERE kind = 'withdrawn'),
    signals AS
    (
        SELECT
            shop_id,
            argMin(visitor_id, occurred_at) AS visitor_id,
            min(raw_signals_abandonment.occurred_at) AS left_at,
            argMin(stage, occurred_at) AS stage,
            argMin(device, occurred_at) AS device
        FROM raw_signals_abandonment
        WHERE kind = 'abandoned' AND event_id NOT IN (SELECT assumeNotNull(abandoned_id) FROM withdrawn)
        GROUP BY shop_id, opened_by
    )
SELECT
    s.shop_id AS shop_id,
    s.visitor_id AS visitor_id,
    s.left_at AS decided_at,
    'left' AS outcome,
    s.stage AS stage,
    s.device AS device
FROM signals AS s
ASOF LEFT JOIN bought AS b ON b.shop_id = s.shop_id AND b.visitor_id = s.visitor_id AND b.bought_at <= s.left_at
WHERE b.bought_at < s.left_at - INTERVAL 1 DAY
UNION ALL
SELECT
    shop_id,
    visitor_id,
    bought_at AS decided_at,
    'bought' AS outcome,
    '' AS stage,
    device
FROM bought
COMMENT 'One row per cart that came to an end. What is left within a day after an order of the same device is not counted as lost.';
