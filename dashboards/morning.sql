-- What the morning report says of one day. An order counts on the day on which it was first heard of; money has a
-- row per currency.
WITH
    orders AS
    (
        SELECT shop_id, order_id, min(occurred_at) AS at, argMin(tuple(o.value), (o.value IS NULL, o.occurred_at)).1 AS value, argMin(tuple(o.currency), (o.value IS NULL, o.occurred_at)).1 AS currency
        FROM
        (
            SELECT shop_id, assumeNotNull(order_id) AS order_id, occurred_at, value, currency
            FROM raw_cart
            WHERE type = 'order_completed' AND order_id IS NOT NULL AND NOT is_bot
            UNION ALL
            SELECT shop_id, order_id, occurred_at, value, currency
            FROM raw_orders
            WHERE type = 'order_completed'
        ) AS o
        WHERE occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 30 DAY AND occurred_at < {until:DateTime64(3, 'UTC')}
        GROUP BY shop_id, order_id
        HAVING at >= {from:DateTime64(3, 'UTC')}
    ),
    opened AS
    (
        SELECT shop_id, cart_id, min(occurred_at) AS at
        FROM raw_facts
        WHERE type = 'cart_changed' AND notEmpty(lines)
            AND occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 30 DAY AND occurred_at < {until:DateTime64(3, 'UTC')}
        GROUP BY shop_id, cart_id
        HAVING at >= {from:DateTime64(3, 'UTC')}
    ),
    standing AS (SELECT * FROM v_abandonment WHERE withdrawn_at IS NULL),
    abandoned AS
    (
        SELECT * FROM standing
        WHERE abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
    ),
    recovered AS
    (
        SELECT * FROM standing
        WHERE recovered_at >= {from:DateTime64(3, 'UTC')} AND recovered_at < {until:DateTime64(3, 'UTC')}
    )
SELECT section, measure, unit, currency, value
FROM
(
    SELECT 10 AS place, 'Sales' AS section, 'orders' AS measure, 'count' AS unit, '' AS currency, toFloat64(count()) AS value FROM orders
    UNION ALL SELECT 11, 'Sales', 'value', 'money', ifNull(currency, 'unknown') AS currency, toFloat64(ifNull(sum(value), 0)) FROM orders GROUP BY currency
    UNION ALL SELECT 20, 'Abandonment', 'carts opened', 'count', '', count() FROM opened
    UNION ALL SELECT 21, 'Abandonment', 'share of these abandoned since', 'percent', '', if(count() = 0, NULL, 100 * countIf((shop_id, cart_id) IN (SELECT shop_id, cart_id FROM standing)) / count()) FROM opened
    UNION ALL SELECT 22, 'Abandonment', 'carts abandoned', 'count', '', count() FROM abandoned
    UNION ALL SELECT 23, 'Abandonment', 'value at stake', 'money', ifNull(currency, 'unknown') AS currency, toFloat64(ifNull(sum(value), 0)) FROM abandoned GROUP BY currency
    UNION ALL SELECT 30, 'Recovery', 'carts recovered', 'count', '', count() FROM recovered
    UNION ALL SELECT 31, 'Recovery', 'of these after an outreach', 'count', '', countIf(recovered_after_outreach) FROM recovered
    UNION ALL SELECT 32, 'Recovery', 'of these by the link in one', 'count', '', countIf(recovered_by_link) FROM recovered
    UNION ALL SELECT 33, 'Recovery', 'value recovered', 'money', ifNull(currency, 'unknown') AS currency, toFloat64(ifNull(sum(value), 0)) FROM recovered GROUP BY currency
    UNION ALL SELECT 40, 'Waiting customers', 'questions answered', 'count', '', count() FROM v_first_reply WHERE answered_at >= {from:DateTime64(3, 'UTC')} AND answered_at < {until:DateTime64(3, 'UTC')}
    UNION ALL SELECT 41, 'Waiting customers', 'promises broken', 'count', '', count() FROM v_clocks WHERE breached_at >= {from:DateTime64(3, 'UTC')} AND breached_at < {until:DateTime64(3, 'UTC')}
    UNION ALL SELECT 42, 'Waiting customers', 'median of the first reply', 'minutes', '', if(count() = 0, NULL, quantileExact(0.5)(assumeNotNull(answered_after_ms)) / 60000) FROM v_first_reply WHERE answered_at >= {from:DateTime64(3, 'UTC')} AND answered_at < {until:DateTime64(3, 'UTC')}
    UNION ALL SELECT 43, 'Waiting customers', 'waiting at midnight', 'count', '', count() FROM v_queue_at(at = {until:DateTime64(3, 'UTC')})
    UNION ALL SELECT 90, '', 'events', 'count', '', count() FROM raw_clickstream WHERE occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
    UNION ALL SELECT 91, '', 'events', 'count', '', count() FROM raw_support WHERE occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
)
ORDER BY place, currency
