-- title: Value at stake by hour
-- question: What were the carts abandoned in each hour worth? A row per currency: amounts of two are never added.
-- dashboard: abandonment
-- chart: table
-- unit: money
SELECT
    toStartOfHour(abandoned_at) AS time,
    ifNull(currency, 'unknown') AS currency,
    count() AS carts,
    ifNull(sum(value), 0) AS at_stake,
    ifNull(sumIf(value, recovered_any), 0) AS recovered
FROM v_abandonment
WHERE withdrawn_at IS NULL
    AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
GROUP BY time, currency
ORDER BY time, currency
