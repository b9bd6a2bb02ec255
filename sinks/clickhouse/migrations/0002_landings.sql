-- What was landed, range by range, and the records that have no row of their own.

CREATE TABLE IF NOT EXISTS landings
(
    topic LowCardinality(String) COMMENT 'The topic.',
    topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    partition Int32 COMMENT 'The partition.',
    start Int64 COMMENT 'First offset of the range. Offsets are not rows: transaction markers take some.',
    last Int64 COMMENT 'Last offset of the range.',
    blocks Array(Tuple(schema_id Int64, rows Int64)) COMMENT 'Rows inserted, by the id of the schema they were written with.',
    rows Int64 COMMENT 'Rows inserted.',
    records Int64 COMMENT 'Records in the range: rows, control records, bad ones and tombstones.',
    control Int64 COMMENT 'Heartbeats, holds and clocks: counted, not inserted.',
    bad Int64 COMMENT 'Records that could not be read or obeyed: dead letters.',
    tombstones Int64 COMMENT 'Records without value, which forget a key: rows of raw_tombstones.',
    claimed_at DateTime64(3, 'UTC') COMMENT 'When the range was claimed, before it was inserted.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When its inserts were acknowledged.'
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(claimed_at)
ORDER BY (topic, topic_id, partition, start)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'One row per range of offsets whose rows are all inserted. heedful audit compares it with the rows.';

CREATE TABLE IF NOT EXISTS raw_tombstones
(
    key String COMMENT 'The key that is to be forgotten, e.g. shop/contact.',
    written_at DateTime64(3, 'UTC') COMMENT 'Timestamp of the record.',
    _topic LowCardinality(String) COMMENT 'The topic it was read from.',
    _topic_id LowCardinality(String) COMMENT 'The id of that topic: another one, if the topic was deleted and created anew.',
    _partition Int32 COMMENT 'The partition.',
    _offset Int64 COMMENT 'The offset in that partition.',
    _landed_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'When this row was written.'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(written_at)
ORDER BY (_topic, key)
SETTINGS non_replicated_deduplication_window = 10000
COMMENT 'Records without value on compacted topics: what stands before them under the same key is forgotten.';
