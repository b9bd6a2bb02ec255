-- title: First reply by channel
-- question: How long did customers wait for the first reply on each channel? Whoever still waits is not in it.
-- dashboard: waiting
-- chart: bar
-- unit: minutes
-- thresholds: above 60 warning, above 240 critical
SELECT
    channel,
    round(quantileExact(0.5)(answered_after_ms) / 60000, 1) AS p50,
    round(quantileExact(0.9)(answered_after_ms) / 60000, 1) AS p90,
    round(quantileExact(0.95)(answered_after_ms) / 60000, 1) AS p95
FROM v_first_reply
WHERE answered_after_ms IS NOT NULL
    AND asked_at >= {from:DateTime64(3, 'UTC')} AND asked_at < {until:DateTime64(3, 'UTC')}
GROUP BY channel
ORDER BY channel
