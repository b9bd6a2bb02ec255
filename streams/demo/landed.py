"""How many rows landed, asked as anybody would ask. Those that were erased since have landed, too."""

from schemas.topics import TOPICS
from sinks.clickhouse.client import rows
from streams.rows import asking
from streams.settings import Settings

QUERY = """
SELECT topic, count() AS n
FROM
(
    SELECT _topic AS topic FROM merge(currentDatabase(), '^raw_')
    UNION ALL
    SELECT topic FROM erased_rows FINAL
)
GROUP BY topic
"""


def landed_rows(settings: Settings) -> dict[str, int]:
    """Rows in the raw tables per topic (its name without the prefix).

    While an erasure is under way, its rows count twice: they are noted before they are deleted.
    Raises FixConfiguration, QueryFailed, Unavailable.
    """
    with asking(settings) as client:
        found = rows(client, QUERY)
    labels = {settings.named(topic): topic.label for topic in TOPICS}
    return {labels[row["topic"]]: int(row["n"]) for row in found}
