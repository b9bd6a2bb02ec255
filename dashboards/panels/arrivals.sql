-- title: Events in
-- question: How many events of each kind did shop and help desk send in each hour? Each is counted once.
-- dashboard: operations
-- chart: line
-- unit: events
SELECT
    toStartOfHour(occurred_at) AS time,
    uniqExactIf(event_id, source = 'clicks') AS clicks,
    uniqExactIf(event_id, source = 'carts') AS carts,
    uniqExactIf(event_id, source = 'orders') AS orders,
    uniqExactIf(event_id, source = 'contacts') AS contacts
FROM
(
    SELECT 'clicks' AS source, occurred_at, event_id FROM raw_clickstream
    UNION ALL SELECT 'carts', occurred_at, event_id FROM raw_cart
    UNION ALL SELECT 'orders', occurred_at, event_id FROM raw_orders
    UNION ALL SELECT 'contacts', occurred_at, event_id FROM raw_support
)
WHERE occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
GROUP BY time
ORDER BY time WITH FILL STEP INTERVAL 1 HOUR
