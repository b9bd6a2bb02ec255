-- Why carts are left, and what shows it. Records of the first version of a contract have no such fields; their rows get the
-- contract's default.

ALTER TABLE raw_clickstream
    ADD COLUMN IF NOT EXISTS available Nullable(Bool) COMMENT 'Of a product seen: whether it could be bought; null: not said. false is evidence of why a cart is left.' AFTER acquisition;

ALTER TABLE raw_cart
    ADD COLUMN IF NOT EXISTS shipping Nullable(Decimal(18, 4)) COMMENT 'Shipping cost that the visitor was shown, in currency; null: none was shown. Above zero it is evidence of why a cart is left.' AFTER is_bot;

ALTER TABLE raw_facts
    ADD COLUMN IF NOT EXISTS evidence Array(Tuple(cause LowCardinality(String), at DateTime64(3, 'UTC'))) COMMENT 'What stood in the visitor\'s way since the cart was opened, the strongest first: of each cause the last time.' AFTER device;

ALTER TABLE raw_signals_abandonment
    ADD COLUMN IF NOT EXISTS cause LowCardinality(String) DEFAULT 'unknown' COMMENT 'Why, probably: the strongest evidence that was known when the cart was signalled, in the order of the symbols; none_seen: there was none. Of recovered and withdrawn that of the abandoned signal; unknown if that was said under another profile, or before there were causes.' AFTER outreach_id;

ALTER TABLE raw_outreach
    ADD COLUMN IF NOT EXISTS cause LowCardinality(String) DEFAULT 'unknown' COMMENT 'Why the cart was left, probably, as the signal said: help with a payment isn\'t a coupon.' AFTER reason;

CREATE OR REPLACE VIEW v_abandonment
(
    signal_id String COMMENT 'event_id of the signal.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    visitor_id String COMMENT 'The device the cart lives on.',
    stage String COMMENT 'Furthest stage reached: cart, checkout or payment.',
    cause String COMMENT 'Why, probably: payment_failed, out_of_stock, unanswered_question, failed_search, error_page, shipping_cost_shown, coupon_denied; none_seen: nothing spoke for any; unknown: signalled before there were causes.',
    device String COMMENT 'Kind of device.',
    cart_id String COMMENT 'The cart.',
    abandoned_at DateTime64(3, 'UTC') COMMENT 'When it was abandoned: the moment patience ended, in event time.',
    last_activity_at DateTime64(3, 'UTC') COMMENT 'Last sign of life before.',
    signalled_at DateTime64(3, 'UTC') COMMENT 'When the signal was published.',
    value Nullable(Decimal(18, 4)) COMMENT 'Value at stake, in currency; null if unknown. Never sum it across currencies.',
    currency Nullable(String) COMMENT 'ISO 4217 code.',
    lines Array(Tuple(product_id String, name Nullable(String), quantity Int64, price Nullable(Decimal(18, 4)))) COMMENT 'What is in the cart.',
    rules_version String COMMENT 'Version of the rules that decided.',
    approached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the first outreach for it was requested; null if none was.',
    recovered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the customer ordered; null if not.',
    order_id Nullable(String) COMMENT 'That order.',
    withdrawn_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the signal proved false; null if it did not.',
    recovered_any Bool COMMENT 'The customer ordered, approached or not.',
    recovered_after_outreach Bool COMMENT 'The customer ordered after an outreach for it was requested.',
    recovered_by_link Bool COMMENT 'The customer came by the link in an outreach.'
)
AS
WITH
    signals AS (SELECT * FROM raw_signals_abandonment LIMIT 1 BY event_id),
    recoveries AS
    (
        SELECT abandoned_id, minOrNull(occurred_at) AS at, argMin(order_id, occurred_at) AS order_id, max(outreach_id IS NOT NULL) AS by_link
        FROM signals
        WHERE kind = 'recovered'
        GROUP BY abandoned_id
    ),
    withdrawals AS
    (
        SELECT abandoned_id, minOrNull(occurred_at) AS at
        FROM signals
        WHERE kind = 'withdrawn'
        GROUP BY abandoned_id
    ),
    approaches AS
    (
        SELECT signal_id, minOrNull(occurred_at) AS at
        FROM raw_outreach
        WHERE action = 'request'
        GROUP BY signal_id
    )
SELECT
    s.event_id AS signal_id,
    s.shop_id AS shop_id,
    s.profile_id AS profile_id,
    s.visitor_id AS visitor_id,
    s.stage AS stage,
    s.cause AS cause,
    s.device AS device,
    s.cart_id AS cart_id,
    s.occurred_at AS abandoned_at,
    s.last_activity_at AS last_activity_at,
    s.processed_at AS signalled_at,
    s.value AS value,
    s.currency AS currency,
    s.lines AS lines,
    s.rules_version AS rules_version,
    a.at AS approached_at,
    r.at AS recovered_at,
    r.order_id AS order_id,
    w.at AS withdrawn_at,
    r.at IS NOT NULL AS recovered_any,
    ifNull(r.at >= a.at, false) AS recovered_after_outreach,
    ifNull(r.by_link, 0) = 1 AS recovered_by_link
FROM signals AS s
LEFT JOIN recoveries AS r ON r.abandoned_id = s.event_id
LEFT JOIN withdrawals AS w ON w.abandoned_id = s.event_id
LEFT JOIN approaches AS a ON a.signal_id = s.event_id
WHERE s.kind = 'abandoned'
COMMENT 'One row per abandonment: what was left where, whether the customer was approached, and whether the order came.';
