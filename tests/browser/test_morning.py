"""The morning report in a browser: large amounts stay in their columns, which stand below each other."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from dashboards.morning import Figure, Report
from dashboards.morning_text import html
from tests.dashboards.test_morning import DAY

SPILT = "[...document.querySelectorAll('td')].filter((one) => one.scrollWidth > one.clientWidth).length"
EDGES = (
    "[...document.querySelectorAll('tr')].map((row) => row.cells[1].getBoundingClientRect().right).join(' ')"
)


def figure(section: str, unit: str, value: float) -> Figure:
    said: dict[str, Any] = {"measure": "value", "currency": "EUR", "before": (value,) * 4}
    return Figure(section=section, unit=unit, value=value, **said)


@pytest.mark.parametrize("width", [390, 1280])
def test_amounts_stay_in_their_columns(browser: Browser, tmp_path: Path, width: int) -> None:
    figures = (figure("Sales", "money", 123_456_789.5), figure("Abandonment", "count", 7))
    file = tmp_path / "morning.html"
    file.write_text(html(Report(day=DAY, known=True, figures=figures, changed=())), encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate(SPILT) == 0
    assert len(set(page.evaluate(EDGES).split())) == 1
    page.close()
