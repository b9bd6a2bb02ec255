-- title: Recovered
-- question: Of the carts abandoned in each hour, how many came back: at all, after an outreach, by the link in one? Each is counted in the ones before it.
-- dashboard: abandonment
-- chart: line
-- unit: carts
-- live: yes
SELECT
    toStartOfHour(abandoned_at) AS time,
    count() AS abandoned,
    countIf(recovered_any) AS recovered,
    countIf(recovered_after_outreach) AS after_outreach,
    countIf(recovered_by_link) AS by_link
FROM v_abandonment
WHERE withdrawn_at IS NULL
    AND abandoned_at >= {from:DateTime64(3, 'UTC')} AND abandoned_at < {until:DateTime64(3, 'UTC')}
GROUP BY time
ORDER BY time WITH FILL STEP INTERVAL 1 HOUR
