-- title: Abandonment rate
-- question: Of the carts opened in each hour, which share has been abandoned since, recovered or not? The last hours still fill up.
-- dashboard: abandonment
-- chart: line
-- unit: percent
-- thresholds: above 70 warning, above 85 critical
-- live: yes
WITH
    opened AS
    (
        SELECT shop_id, cart_id, min(occurred_at) AS opened_at
        FROM raw_facts
        WHERE type = 'cart_changed' AND notEmpty(lines)
            AND occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 30 DAY AND occurred_at < {until:DateTime64(3, 'UTC')}
        GROUP BY shop_id, cart_id
        HAVING opened_at >= {from:DateTime64(3, 'UTC')}
    )
SELECT
    toStartOfHour(opened_at) AS time,
    round(100 * countIf((shop_id, cart_id) IN (SELECT shop_id, cart_id FROM v_abandonment WHERE withdrawn_at IS NULL)) / count(), 1) AS abandoned
FROM opened
GROUP BY time
ORDER BY time
