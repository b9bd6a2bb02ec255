"""How many rows landed, asked as anybody would ask."""

import json
import subprocess
import sys

from streams.errors import Unavailable
from streams.settings import Settings

QUERY = "SELECT _topic AS topic, count() AS rows FROM merge(currentDatabase(), '^raw_') GROUP BY topic"


def landed_rows(settings: Settings) -> dict[str, int]:
    """Rows in the raw tables per topic (its name without the prefix). Raises Unavailable."""
    command = [sys.executable, "-m", "streams.cli", "sql", QUERY, "--format", "json"]
    asked = subprocess.run(command, env=settings.environment(), capture_output=True, text=True, check=False)
    if asked.returncode:
        raise Unavailable(f"`heedful sql` failed: {asked.stderr.strip()}")
    rows = json.loads(asked.stdout)
    return {row["topic"].removeprefix(f"{settings.prefix}."): int(row["rows"]) for row in rows}
