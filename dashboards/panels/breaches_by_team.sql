-- title: Promises by channel and team
-- question: Which promises were kept and broken, by channel, team and clock?
-- dashboard: waiting
-- chart: table
-- unit: breaches
SELECT
    channel,
    ifNull(team, 'nobody') AS team,
    clock,
    countIf(outcome = 'hit') AS kept,
    countIf(outcome = 'missed') AS broken,
    round(100 * kept / (kept + broken), 1) AS kept_percent
FROM v_clocks
WHERE outcome IN ('hit', 'missed')
    AND coalesce(breached_at, ended_at) >= {from:DateTime64(3, 'UTC')} AND coalesce(breached_at, ended_at) < {until:DateTime64(3, 'UTC')}
GROUP BY channel, team, clock
ORDER BY broken DESC, kept DESC, channel, team, clock
