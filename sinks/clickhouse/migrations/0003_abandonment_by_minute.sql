-- Counts that a second copy of a signal does not change: distinct ids, not rows.

CREATE TABLE IF NOT EXISTS abandonment_by_minute
(
    minute DateTime('UTC') COMMENT 'The minute in which it became true, in event time.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    kind LowCardinality(String) COMMENT 'abandoned, recovered or withdrawn.',
    stage LowCardinality(String) COMMENT 'Furthest stage reached.',
    device LowCardinality(String) COMMENT 'Kind of device.',
    signals AggregateFunction(uniqExact, String) COMMENT 'The distinct signals; count them with uniqExactMerge(signals).'
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMM(minute)
ORDER BY (shop_id, minute, kind, stage, device)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Abandonment signals by minute, stage and device, as states; read v_abandonment_by_minute.';

CREATE MATERIALIZED VIEW IF NOT EXISTS abandonment_by_minute_from_signals TO abandonment_by_minute AS
SELECT
    toStartOfMinute(occurred_at, 'UTC') AS minute,
    shop_id,
    kind,
    stage,
    device,
    uniqExactState(event_id) AS signals
FROM raw_signals_abandonment
GROUP BY minute, shop_id, kind, stage, device;
