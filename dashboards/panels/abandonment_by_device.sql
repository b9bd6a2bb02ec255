-- title: Abandonment by device
-- question: Of the carts opened on each kind of device, which share has been abandoned since?
-- dashboard: abandonment
-- chart: bar
-- unit: percent
-- thresholds: above 70 warning, above 85 critical
WITH
    opened AS
    (
        SELECT shop_id, cart_id, min(occurred_at) AS opened_at, argMin(device, occurred_at) AS device
        FROM raw_facts
        WHERE type = 'cart_changed' AND notEmpty(lines)
            AND occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 30 DAY AND occurred_at < {until:DateTime64(3, 'UTC')}
        GROUP BY shop_id, cart_id
        HAVING opened_at >= {from:DateTime64(3, 'UTC')}
    )
SELECT
    device,
    round(100 * countIf((shop_id, cart_id) IN (SELECT shop_id, cart_id FROM v_abandonment WHERE withdrawn_at IS NULL)) / count(), 1) AS abandoned
FROM opened
GROUP BY device
ORDER BY device
