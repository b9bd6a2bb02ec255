-- title: Value at stake by cause
-- question: What were the carts worth that were abandoned for each likely cause, and what of it came back? A row per currency: amounts of two are never added.
-- dashboard: abandonment
-- chart: table
-- unit: money
SELECT
    cause,
    ifNull(currency, 'unknown') AS currency,
    count() AS carts,
    ifNull(sum(value), 0) AS at_stake,
    ifNull(sumIf(value, recovered_any), 0) AS recovered,
    countIf(value IS NULL) AS of_unknown_value
FROM v_abandonment
WHERE withdrawn_at IS NULL
    AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
GROUP BY cause, currency
ORDER BY currency, at_stake DESC, cause
