-- Who asked to be forgotten, and which rows are gone for it. The ids are all that is kept of them: what lands late of
-- the time before must be known by them.

CREATE TABLE IF NOT EXISTS erasures
(
    request String COMMENT 'Where the request stands: topic id, partition and offset.',
    shop_id LowCardinality(String) COMMENT 'The shop.',
    id String COMMENT 'The customer, or a device that was known to be theirs.',
    erased_at DateTime64(3, 'UTC') COMMENT 'Rows of them with a time up to this one are deleted.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = ReplacingMergeTree
ORDER BY (request, shop_id, id)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Whom nothing of the time before may be kept of.';

CREATE TABLE IF NOT EXISTS erased_rows
(
    topic LowCardinality(String) COMMENT 'The topic that the row was read from.',
    topic_id LowCardinality(String) COMMENT 'The id of that topic.',
    partition Int32 COMMENT 'The partition.',
    offset Int64 COMMENT 'The offset in that partition.',
    request String COMMENT 'The request that it was deleted for, as in erasures.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written, right before the other was deleted.'
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, topic_id, partition, offset)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Where rows were deleted because their person asked for it: heedful audit counts them as landed.';
