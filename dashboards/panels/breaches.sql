-- title: Breaches
-- question: How many promises to waiting customers were broken in each hour, and how many of these to those who wait for a first reply?
-- dashboard: waiting
-- chart: line
-- unit: breaches
-- live: yes
SELECT
    toStartOfHour(assumeNotNull(breached_at)) AS time,
    count() AS broken,
    countIf(clock = 'first_reply') AS first_reply
FROM v_clocks
WHERE breached_at >= {from:DateTime64(3, 'UTC')} AND breached_at < {until:DateTime64(3, 'UTC')}
GROUP BY time
ORDER BY time WITH FILL STEP INTERVAL 1 HOUR
