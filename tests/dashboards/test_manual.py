"""What analysts are told: complete, true, and as generated."""

import re

from dashboards.manual import CATALOGUE, COOKBOOK
from sinks.clickhouse.embedded import EmbeddedStore
from tests.dashboards.write_manual import FILE, written

TEXT = FILE.read_text(encoding="utf-8")


def test_it_is_as_generated(landed: EmbeddedStore) -> None:
    """If not: python -m tests.dashboards.write_manual."""
    assert written(landed) == TEXT


def test_every_table_and_column_says_what_it_means(landed: EmbeddedStore) -> None:
    catalogue = landed.query(CATALOGUE)
    assert not [row for row in catalogue if not row["about"] or not row["meaning"]]
    assert {row["table"] for row in catalogue} > {"v_abandonment", "v_queue", "raw_cart", "landings"}


def test_the_cookbook_has_twelve_recipes_with_answers() -> None:
    assert len(set(COOKBOOK)) == 12
    recipes = re.split(r"^### \d+\. ", TEXT.partition("## Views")[0], flags=re.MULTILINE)[1:]
    assert len(recipes) == 12
    assert all(re.search(r"```\n\n\|.*\|\n\| ---.*\n\|", recipe) for recipe in recipes)


def test_files_that_are_named_are_there() -> None:
    for name in re.findall(r"`((?:panels|grafana)/[\w/]*)", TEXT):
        assert (FILE.parent / name).exists(), name
