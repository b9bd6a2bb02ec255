-- title: Abandonment by stage
-- question: Of the carts that reached a stage, which share was abandoned there? Carts opened in the time looked at.
-- dashboard: abandonment
-- chart: bar
-- unit: percent
-- thresholds: above 70 warning, above 85 critical
WITH
    opened AS
    (
        SELECT
            shop_id,
            cart_id,
            min(occurred_at) AS opened_at,
            max(transform(stage, ['cart', 'checkout', 'payment'], [1, 2, 3], 0)) AS furthest
        FROM raw_facts
        WHERE type = 'cart_changed' AND notEmpty(lines)
            AND occurred_at >= {from:DateTime64(3, 'UTC')} - INTERVAL 30 DAY
        GROUP BY shop_id, cart_id
        HAVING opened_at >= {from:DateTime64(3, 'UTC')} AND opened_at < {until:DateTime64(3, 'UTC')}
    ),
    reached AS
    (
        SELECT shop_id, cart_id, arrayJoin(arraySlice(['cart', 'checkout', 'payment'], 1, furthest)) AS stage
        FROM opened
    )
SELECT
    stage,
    round(100 * countIf((shop_id, cart_id, stage) IN (SELECT shop_id, cart_id, stage FROM v_abandonment WHERE withdrawn_at IS NULL)) / count(), 1) AS abandoned
FROM reached
GROUP BY stage
ORDER BY indexOf(['cart', 'checkout', 'payment'], stage)
