"""What is in an embedded engine whose process has ended: one line of JSON.

python -m benchmarks.landed PATH
"""

import sys
from pathlib import Path

import msgspec

from sinks.clickhouse.embedded import EmbeddedStore

COUNTS = """
    SELECT sum(1) AS rows, uniqExact(event_id) AS events, sum(price) AS prices, max(received_at) AS last FROM
    (SELECT event_id, NULL::Nullable(Decimal(18, 4)) AS price, received_at FROM raw_clickstream
     UNION ALL SELECT event_id, price, received_at FROM raw_cart)
"""

if __name__ == "__main__":
    store = EmbeddedStore(Path(sys.argv[1]))
    print(msgspec.json.encode(store.query(COUNTS)[0]).decode())
