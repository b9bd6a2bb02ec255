-- title: Recovery rate by stage
-- question: Which share of the carts abandoned at each stage came back: at all, after an outreach, by the link in one?
-- dashboard: abandonment
-- chart: bar
-- unit: percent
SELECT
    stage,
    round(100 * countIf(recovered_any) / count(), 1) AS recovered,
    round(100 * countIf(recovered_after_outreach) / count(), 1) AS after_outreach,
    round(100 * countIf(recovered_by_link) / count(), 1) AS by_link
FROM v_abandonment
WHERE withdrawn_at IS NULL
    AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
GROUP BY stage
ORDER BY indexOf(['cart', 'checkout', 'payment'], stage)
