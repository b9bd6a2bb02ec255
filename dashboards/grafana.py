"""Grafana dashboards out of the panels: ``python -m dashboards.grafana [FOLDER]`` writes them.

The JSON model is that of Grafana 11 and later, a target that of the data source plugin
grafana-clickhouse-datasource 4 (``editorType`` sql, ``rawSql`` with its macros). The span of time is
Grafana's: the plugin's macros stand where a panel has its parameters.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from dashboards.panel import FROM, UNTIL, Dashboard, Panel, Unit, panels

FOLDER = Path(__file__).parent / "grafana" / "dashboards"
PLUGIN = "grafana-clickhouse-datasource"
PLUGIN_VERSION = "4.3.0"
SOURCE = {"type": PLUGIN, "uid": "heedful-clickhouse"}
"""As the provisioning names it."""

TITLES: dict[Dashboard, str] = {
    "abandonment": "heedful: abandonment and recovery",
    "waiting": "heedful: waiting customers",
    "outreach": "heedful: outreach",
    "operations": "heedful: operations",
}
SPANS: dict[Dashboard, str] = {
    "abandonment": "now-24h",
    "waiting": "now-24h",
    "outreach": "now-7d",
    "operations": "now-6h",
}
"""How far back each looks at first."""

TYPES = {"line": "timeseries", "bar": "barchart", "table": "table"}
UNITS: dict[Unit, str] = {"percent": "percent", "seconds": "s", "minutes": "m"}
"""Grafana's names; any other unit is a plain number."""

COLOURS = {"warning": "orange", "critical": "red"}
WIDTH, HEIGHT = 12, 9


def dashboard(which: Dashboard) -> dict[str, Any]:
    """One dashboard: its panels two abreast, tables after charts."""
    shown = [panel for panel in panels() if panel.dashboard == which]
    ordered = sorted(shown, key=lambda panel: (panel.chart == "table", panel.chart == "bar", not panel.live))
    return {
        "uid": f"heedful-{which}",
        "title": TITLES[which],
        "tags": ["heedful"],
        "timezone": "utc",
        "editable": False,
        "schemaVersion": 39,
        "refresh": "1m",
        "time": {"from": SPANS[which], "to": "now"},
        "panels": [_panel(at, panel) for at, panel in enumerate(ordered)],
    }


def _panel(at: int, panel: Panel) -> dict[str, Any]:
    return {
        "id": at + 1,
        "type": TYPES[panel.chart],
        "title": panel.title,
        "description": panel.question,
        "datasource": SOURCE,
        "gridPos": {"x": at % 2 * WIDTH, "y": at // 2 * HEIGHT, "w": WIDTH, "h": HEIGHT},
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
        "targets": [_target(panel)],
    }


def _target(panel: Panel) -> dict[str, Any]:
    series = panel.chart == "line"
    return {
        "refId": "A",
        "datasource": SOURCE,
        "editorType": "sql",
        "pluginVersion": PLUGIN_VERSION,
        "queryType": "timeseries" if series else "table",
        "format": 0 if series else 1,
        "rawSql": panel.sql.replace(FROM, "$__fromTime_ms").replace(UNTIL, "$__toTime_ms"),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    first = "green" if all(one.direction == "above" for one in panel.thresholds) else _worst(panel)
    steps: list[dict[str, Any]] = [{"color": first, "value": None}]
    defaults: dict[str, Any] = {"thresholds": {"mode": "absolute", "steps": steps + _steps(panel)}}
    if panel.chart != "table":
        defaults |= {"unit": UNITS.get(panel.unit, "short"), "min": 0}
        marked = "dashed" if panel.thresholds else "off"
        defaults["custom"] = {"fillOpacity": 10 if panel.chart == "line" else 80}
        defaults["custom"]["thresholdsStyle"] = {"mode": marked}
    return defaults


def _worst(panel: Panel) -> str:
    return COLOURS[panel.thresholds[-1].severity]


def _steps(panel: Panel) -> list[dict[str, Any]]:
    """Grafana's steps begin at their value and grow: below what is critical comes first."""
    colours = [COLOURS[one.severity] for one in panel.thresholds]
    values = [one.value for one in panel.thresholds]
    if any(one.direction == "below" for one in panel.thresholds):
        values, colours = values[::-1], ["green", *colours[:-1]][::-1]
    return [{"color": colour, "value": value} for value, colour in zip(values, colours, strict=True)]


def _options(panel: Panel) -> dict[str, Any]:
    if panel.chart == "table":
        return {"showHeader": True, "cellHeight": "sm"}
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}
    options: dict[str, Any] = {"legend": legend, "tooltip": {"mode": "multi", "sort": "none"}}
    return options if panel.chart == "line" else {**options, "orientation": "auto", "showValue": "auto"}


def files() -> dict[str, str]:
    """Every dashboard as the text of a file, by its name."""
    names = get_args(Dashboard)
    return {f"{name}.json": json.dumps(dashboard(name), indent=2) + "\n" for name in names}


def write(folder: Path = FOLDER) -> list[Path]:
    """Write all of them. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        (folder / name).write_text(text, encoding="utf-8")
    return [folder / name for name in files()]


def main(arguments: Sequence[str]) -> None:
    """Write into a folder, the package's own by default, and say what was written."""
    for path in write(*map(Path, arguments[:1])):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
