-- title: First reply
-- question: How long did customers wait for the first reply to what they asked in each hour: half of them, 9 in 10, 19 in 20?
-- dashboard: waiting
-- chart: line
-- unit: minutes
-- thresholds: above 60 warning, above 240 critical
-- live: yes
SELECT
    toStartOfHour(asked_at) AS time,
    round(quantileExact(0.5)(answered_after_ms) / 60000, 1) AS p50,
    round(quantileExact(0.9)(answered_after_ms) / 60000, 1) AS p90,
    round(quantileExact(0.95)(answered_after_ms) / 60000, 1) AS p95
FROM v_first_reply
WHERE answered_after_ms IS NOT NULL
    AND asked_at >= {from:DateTime64(3, 'UTC')} AND asked_at < {until:DateTime64(3, 'UTC')}
GROUP BY time
ORDER BY time
