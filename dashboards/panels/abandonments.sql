-- title: Abandonments
-- question: How many carts were abandoned in each hour, and how far had they come?
-- dashboard: abandonment
-- chart: line
-- unit: carts
SELECT
    toStartOfHour(abandoned_at) AS time,
    countIf(stage = 'cart') AS cart,
    countIf(stage = 'checkout') AS checkout,
    countIf(stage = 'payment') AS payment
FROM v_abandonment
WHERE withdrawn_at IS NULL
    AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
GROUP BY time
ORDER BY time WITH FILL STEP INTERVAL 1 HOUR
