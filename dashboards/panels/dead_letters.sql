-- title: Dead letters by reason
-- question: Why could records not be read or obeyed?
-- dashboard: operations
-- chart: bar
-- unit: letters
-- thresholds: above 0 warning, above 100 critical
SELECT reason, uniqExact(event_id) AS letters
FROM raw_dead_letters
WHERE occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
GROUP BY reason
ORDER BY letters DESC, reason
