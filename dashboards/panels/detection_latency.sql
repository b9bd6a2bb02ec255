-- title: Detection latency
-- question: How long after a silence became an abandonment or a breach was it said? The lateness that late events are waited for is in it.
-- dashboard: operations
-- chart: line
-- unit: seconds
-- thresholds: above 600 warning, above 1800 critical
SELECT
    toStartOfInterval(occurred_at, INTERVAL 15 MINUTE) AS time,
    round(quantileExact(0.5)(latency) / 1000, 1) AS p50,
    round(quantileExact(0.95)(latency) / 1000, 1) AS p95,
    round(quantileExact(0.99)(latency) / 1000, 1) AS p99
FROM
(
    SELECT occurred_at, dateDiff('millisecond', occurred_at, processed_at) AS latency
    FROM
    (
        SELECT event_id, occurred_at, processed_at FROM raw_signals_abandonment WHERE kind = 'abandoned'
        UNION ALL
        SELECT event_id, occurred_at, processed_at FROM raw_signals_contact WHERE kind = 'breached'
    )
    WHERE occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
    ORDER BY processed_at
    LIMIT 1 BY event_id
)
GROUP BY time
ORDER BY time
