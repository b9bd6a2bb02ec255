"""Dashboards of Grafana: as generated, complete, and answered like the panels they are made from."""

import json
from pathlib import Path
from typing import Any

import pytest

from dashboards import grafana
from dashboards.panel import panels
from sinks.clickhouse.embedded import EmbeddedStore
from tests.dashboards.asking import panel, rows
from tests.dashboards.sample import END, START

PROVISIONING = grafana.FOLDER.parent / "provisioning"


def shown() -> dict[str, dict[str, Any]]:
    """Every panel of every dashboard, by title."""
    found = [json.loads(text)["panels"] for text in grafana.files().values()]
    return {one["title"]: one for ones in found for one in ones}


def test_what_is_checked_in_is_what_is_generated() -> None:
    """If not: python -m dashboards.grafana."""
    checked_in = {file.name: file.read_text(encoding="utf-8") for file in grafana.FOLDER.iterdir()}
    assert checked_in == grafana.files()


def test_written_elsewhere(tmp_path: Path) -> None:
    assert [file.name for file in grafana.write(tmp_path / "new")] == list(grafana.files())
    assert (tmp_path / "new" / "waiting.json").read_text() == grafana.files()["waiting.json"]


def test_every_panel_is_on_one() -> None:
    assert sorted(shown()) == sorted(each.title for each in panels())


@pytest.mark.parametrize("name", grafana.files())
def test_no_panel_lies_on_another(name: str) -> None:
    places = [one["gridPos"] for one in json.loads(grafana.files()[name])["panels"]]
    taken = {
        (place["x"] + across, place["y"] + down)
        for place in places
        for across in range(place["w"])
        for down in range(place["h"])
    }
    assert len(taken) == sum(place["w"] * place["h"] for place in places)
    assert all(place["x"] + place["w"] <= 24 for place in places)


@pytest.mark.parametrize(
    "each", [one for one in panels() if one.name != "freshness"], ids=lambda one: one.name
)
def test_with_the_macros_of_the_plugin_it_answers_the_same(each: Any, landed: EmbeddedStore) -> None:
    """As the plugin expands them: pkg/macros/macros.go, timeToDateTime64."""
    sql = shown()[each.title]["targets"][0]["rawSql"]
    assert "{" not in sql
    for macro, at in (("$__fromTime_ms", START), ("$__toTime_ms", END)):
        sql = sql.replace(macro, f"fromUnixTimestamp64Milli({at})")
    assert landed.query(sql) == rows(landed, each.name, START, END)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("recovered", [("green", None)], id="none"),
        pytest.param("first_reply", [("green", None), ("orange", 60), ("red", 240)], id="above"),
        pytest.param("acknowledged", [("red", None), ("orange", 50), ("green", 80)], id="below"),
    ],
)
def test_thresholds(name: str, expected: list[tuple[str, float | None]]) -> None:
    steps = shown()[panel(name).title]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["color"], step["value"]) for step in steps] == expected


def test_the_data_source_is_the_one_that_is_provisioned() -> None:
    provisioned = (PROVISIONING / "datasources/heedful.yaml").read_text()
    assert f"    uid: {grafana.SOURCE['uid']}\n    type: {grafana.SOURCE['type']}\n" in provisioned
    assert {one["datasource"]["uid"] for one in shown().values()} == {grafana.SOURCE["uid"]}
    assert "      password: $CLICKHOUSE_PASSWORD\n" in provisioned
