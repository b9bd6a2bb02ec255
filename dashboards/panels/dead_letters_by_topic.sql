-- title: Dead letters by topic
-- question: Where do records stand that could not be read or obeyed, and what are they like?
-- dashboard: operations
-- chart: table
-- unit: letters
SELECT
    topic,
    stage,
    reason,
    uniqExact(event_id) AS letters,
    max(occurred_at) AS last,
    argMax(detail, (occurred_at, offset)) AS last_detail
FROM raw_dead_letters
WHERE occurred_at >= {from:DateTime64(3, 'UTC')} AND occurred_at < {until:DateTime64(3, 'UTC')}
GROUP BY topic, stage, reason
ORDER BY letters DESC, topic, stage, reason
LIMIT 50
