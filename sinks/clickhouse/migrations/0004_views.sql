-- What analysts read. Every view counts an event once, however often it was published.

CREATE OR REPLACE VIEW v_abandonment
(
    signal_id String COMMENT 'event_id of the signal.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    visitor_id String COMMENT 'The device the cart lives on.',
    stage String COMMENT 'Furthest stage reached: cart, checkout or payment.',
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

CREATE OR REPLACE VIEW v_abandonment_by_minute
(
    minute DateTime('UTC') COMMENT 'The minute in which it became true, in event time.',
    shop_id String COMMENT 'The shop.',
    kind String COMMENT 'abandoned, recovered or withdrawn.',
    stage String COMMENT 'Furthest stage reached.',
    device String COMMENT 'Kind of device.',
    signals UInt64 COMMENT 'How many distinct signals.'
)
AS
SELECT minute, shop_id, kind, stage, device, uniqExactMerge(signals) AS signals
FROM abandonment_by_minute
GROUP BY minute, shop_id, kind, stage, device
COMMENT 'Abandonment signals by minute, stage and device.';

CREATE OR REPLACE VIEW v_first_reply
(
    shop_id String COMMENT 'The shop.',
    contact_id String COMMENT 'The contact.',
    profile_id String COMMENT 'The customer if known, else the visitor.',
    asked_at DateTime64(3, 'UTC') COMMENT 'The customer message that started the clock.',
    channel String COMMENT 'How the contact reached the shop.',
    team Nullable(String) COMMENT 'Owner.',
    priority String COMMENT 'Priority when the clock was started.',
    due_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When an answer was due; null without a target.',
    acknowledged_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was acknowledged, if it was; no answer.',
    answered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When a human answered, in time or late; null if nobody did.',
    breached_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the target was missed; null if it was kept, or if the signal was withdrawn.',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was closed without an answer.',
    answered_after_ms Nullable(Int64) COMMENT 'From the question to the answer, in milliseconds.',
    outcome String COMMENT 'answered (in time), answered_late, breached (still waiting), closed (without an answer) or acknowledged (and nothing more yet).'
)
AS
WITH
    signals AS
    (
        SELECT *
        FROM raw_signals_contact
        WHERE clock IN ('first_reply', 'acknowledgement')
        LIMIT 1 BY event_id
    ),
    clocks AS
    (
        SELECT
            shop_id,
            contact_id,
            started_at,
            argMax(profile_id, processed_at) AS profile_id,
            argMax(channel, processed_at) AS channel,
            argMax(team, processed_at) AS team,
            argMax(priority, processed_at) AS priority,
            max(due_at) AS due_at,
            minOrNullIf(occurred_at, kind = 'acknowledged') AS acknowledged_at,
            minOrNullIf(occurred_at, kind IN ('answered', 'answered_late') AND clock = 'first_reply') AS answered_at,
            minOrNullIf(elapsed_ms, kind IN ('answered', 'answered_late') AND clock = 'first_reply') AS answered_after_ms,
            countIf(kind = 'answered_late') > 0 AS late,
            countIf(kind = 'withdrawn') > 0 AS withdrawn,
            minOrNullIf(occurred_at, kind = 'breached') AS breach,
            minOrNullIf(occurred_at, kind = 'closed') AS closed_at
        FROM signals
        GROUP BY shop_id, contact_id, started_at
    )
SELECT
    shop_id,
    contact_id,
    profile_id,
    started_at AS asked_at,
    channel,
    team,
    priority,
    due_at,
    acknowledged_at,
    answered_at,
    if(withdrawn, NULL, breach) AS breached_at,
    closed_at,
    answered_after_ms,
    multiIf(
        late AND NOT withdrawn, 'answered_late',
        answered_at IS NOT NULL, 'answered',
        breached_at IS NOT NULL, 'breached',
        closed_at IS NOT NULL, 'closed',
        acknowledged_at IS NOT NULL, 'acknowledged',
        'withdrawn') AS outcome
FROM clocks
COMMENT 'One row per question whose first-reply clock has come to something: answered, breached, closed.';

CREATE OR REPLACE VIEW v_outreach
(
    outreach_id String COMMENT 'UUIDv5 of signal, channel and step.',
    shop_id String COMMENT 'The shop.',
    profile_id String COMMENT 'Whom.',
    channel String COMMENT 'By which channel.',
    rule String COMMENT 'The outreach rule.',
    step Int64 COMMENT 'Step of the ladder, from 1.',
    stage String COMMENT 'Stage of the abandonment.',
    signal_id String COMMENT 'The signal that it answers.',
    cart_id Nullable(String) COMMENT 'The cart.',
    value Nullable(Decimal(18, 4)) COMMENT 'Value at stake, in currency.',
    currency Nullable(String) COMMENT 'ISO 4217 code.',
    requested_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was decided, in event time.',
    valid_until DateTime64(3, 'UTC') COMMENT 'Not to be sent after this.',
    cancelled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was cancelled; null if it was not.',
    cancel_reason Nullable(String) COMMENT 'Why it was cancelled.',
    sent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was sent, by the feedback of delivery.',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was delivered.',
    opened_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was first opened.',
    clicked_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it was first clicked.',
    replied_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the customer replied.',
    failed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When it bounced or failed.',
    failure Nullable(String) COMMENT 'Why it bounced or failed.',
    opted_out_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the customer unsubscribed or complained.',
    rules_version String COMMENT 'Version of the rules that decided.'
)
AS
WITH
    published AS
    (
        SELECT
            outreach_id,
            any(shop_id) AS shop_id,
            argMin(profile_id, processed_at) AS profile_id,
            argMin(channel, processed_at) AS channel,
            argMin(rule, processed_at) AS rule,
            argMin(step, processed_at) AS step,
            argMin(stage, processed_at) AS stage,
            argMin(signal_id, processed_at) AS signal_id,
            argMin(cart_id, processed_at) AS cart_id,
            argMin(value, processed_at) AS value,
            argMin(currency, processed_at) AS currency,
            argMin(valid_until, processed_at) AS valid_until,
            argMin(rules_version, processed_at) AS rules_version,
            minOrNullIf(raw_outreach.occurred_at, action = 'request') AS requested_at,
            minOrNullIf(raw_outreach.occurred_at, action = 'cancel') AS cancelled_at,
            anyIf(reason, action = 'cancel') AS cancel_reason
        FROM raw_outreach
        GROUP BY outreach_id
    ),
    answers AS
    (
        SELECT
            outreach_id,
            minOrNullIf(occurred_at, type = 'sent') AS sent_at,
            minOrNullIf(occurred_at, type = 'delivered') AS delivered_at,
            minOrNullIf(occurred_at, type = 'opened') AS opened_at,
            minOrNullIf(occurred_at, type = 'clicked') AS clicked_at,
            minOrNullIf(occurred_at, type = 'replied') AS replied_at,
            minOrNullIf(occurred_at, type IN ('bounced', 'failed')) AS failed_at,
            anyIf(reason, type IN ('bounced', 'failed')) AS failure,
            minOrNullIf(occurred_at, type IN ('unsubscribed', 'complained')) AS opted_out_at
        FROM raw_feedback
        GROUP BY outreach_id
    )
SELECT
    p.outreach_id AS outreach_id,
    p.shop_id AS shop_id,
    p.profile_id AS profile_id,
    p.channel AS channel,
    p.rule AS rule,
    p.step AS step,
    p.stage AS stage,
    p.signal_id AS signal_id,
    p.cart_id AS cart_id,
    p.value AS value,
    p.currency AS currency,
    p.requested_at AS requested_at,
    p.valid_until AS valid_until,
    p.cancelled_at AS cancelled_at,
    p.cancel_reason AS cancel_reason,
    f.sent_at AS sent_at,
    f.delivered_at AS delivered_at,
    f.opened_at AS opened_at,
    f.clicked_at AS clicked_at,
    f.replied_at AS replied_at,
    f.failed_at AS failed_at,
    f.failure AS failure,
    f.opted_out_at AS opted_out_at,
    p.rules_version AS rules_version
FROM published AS p
LEFT JOIN answers AS f ON f.outreach_id = p.outreach_id
COMMENT 'One row per outreach: request, cancellation, and what became of it.';

CREATE OR REPLACE VIEW v_decisions
(
    event_id String COMMENT 'The decision.',
    shop_id String COMMENT 'The shop.',
    outreach_id String COMMENT 'The candidate.',
    signal_id String COMMENT 'The signal that it answers.',
    profile_id String COMMENT 'Whom.',
    channel String COMMENT 'By which channel; unknown if none could be chosen.',
    rule String COMMENT 'The outreach rule.',
    step Int64 COMMENT 'Step of the ladder, from 1.',
    outcome String COMMENT 'What was decided.',
    guard String COMMENT 'The guard that decided; emit if all passed.',
    detail Nullable(String) COMMENT 'What that guard said.',
    guards Array(Tuple(guard String, result LowCardinality(String), detail Nullable(String))) COMMENT 'All guards in the order they were asked.',
    decided_at DateTime64(3, 'UTC') COMMENT 'When, in event time.',
    held_until Nullable(DateTime64(3, 'UTC')) COMMENT 'For held: when it is asked again at the latest.',
    valid_until DateTime64(3, 'UTC') COMMENT 'When the candidate expires.',
    mode String COMMENT 'The mode in force: off, shadow, allow_list or live.',
    cart_id Nullable(String) COMMENT 'The cart.',
    rules_version String COMMENT 'Version of the rules that decided.'
)
AS
SELECT
    event_id,
    shop_id,
    outreach_id,
    signal_id,
    profile_id,
    channel,
    rule,
    step,
    outcome,
    guard,
    arrayFirst(said -> said.guard = guard, guards).detail AS detail,
    guards,
    occurred_at AS decided_at,
    held_until,
    valid_until,
    mode,
    cart_id,
    rules_version
FROM raw_decisions
LIMIT 1 BY event_id
COMMENT 'One row per decision about a candidate outreach: what was decided, by which guard, and what all guards said.';

CREATE OR REPLACE VIEW v_freshness
(
    topic String COMMENT 'The topic.',
    rows UInt64 COMMENT 'Rows landed.',
    last_occurred_at DateTime64(3, 'UTC') COMMENT 'The newest event, in event time.',
    last_received_at Nullable(DateTime64(3, 'UTC')) COMMENT 'When the newest event was received; null for what heedful itself publishes.',
    last_landed_at DateTime64(3, 'UTC') COMMENT 'When the last row was written.',
    lag_ms Nullable(Int64) COMMENT 'From receiving the newest event to writing the last row, in milliseconds; meaningless in simulated time.',
    silent_ms Int64 COMMENT 'Since the last row was written, in milliseconds.'
)
AS
SELECT
    name AS topic,
    count() AS rows,
    max(occurred) AS last_occurred_at,
    max(received) AS last_received_at,
    max(landed) AS last_landed_at,
    toInt64(dateDiff('millisecond', max(received), max(landed))) AS lag_ms,
    toInt64(dateDiff('millisecond', max(landed), now64(3))) AS silent_ms
FROM
(
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_clickstream
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_cart
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_orders
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_support
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_profile_updates
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_feedback
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(received_at, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_facts
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_signals_abandonment
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_signals_contact
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_outreach
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_decisions
    UNION ALL
    SELECT _topic AS name, updated_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_contacts
    UNION ALL
    SELECT _topic AS name, updated_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_profiles
    UNION ALL
    SELECT _topic AS name, occurred_at AS occurred, CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS received, _landed_at AS landed FROM raw_dead_letters
)
GROUP BY name
COMMENT 'One row per topic: how much has landed, and how new it is.';
