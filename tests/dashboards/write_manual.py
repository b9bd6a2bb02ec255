"""``python -m tests.dashboards.write_manual``: writes dashboards/README.md anew."""

import tempfile
from pathlib import Path

from dashboards.manual import CATALOGUE, COOKBOOK, manual
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from tests.dashboards.asking import rows
from tests.dashboards.sample import END, START, land

FILE = Path(__file__).parents[2] / "dashboards" / "README.md"


def written(store: EmbeddedStore) -> str:
    """The text of the file, from a store with the sample day."""
    answers = {name: rows(store, name, START, END) for name in COOKBOOK}
    return manual(store.query(CATALOGUE), answers)


def main() -> None:
    """Write it."""
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder) / "clickhouse")
        migrate(store)
        land(store)
        FILE.write_text(written(store), encoding="utf-8")
        store.close()


if __name__ == "__main__":
    main()
