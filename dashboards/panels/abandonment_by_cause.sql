-- title: Abandonment by cause
-- question: Why were carts abandoned: for which share was each likely cause the strongest that was seen?
-- dashboard: abandonment
-- chart: bar
-- unit: percent
SELECT
    cause,
    round(100 * count() / sum(count()) OVER (), 1) AS abandoned
FROM v_abandonment
WHERE withdrawn_at IS NULL
    AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
GROUP BY cause
ORDER BY abandoned DESC, cause
