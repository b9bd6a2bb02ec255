"""A day that has landed, on the page: charts, tables and a customer's timeline say what ClickHouse says."""

import json
import re
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from confluent_kafka import Producer
from playwright.sync_api import Page, expect

from dashboards.panel import panels
from dashboards.questions import timeline
from schemas import topics
from streams.asking import status
from streams.broker import EmbeddedBroker
from streams.landing import reading_url
from streams.preparing import prepare
from streams.settings import Settings
from streams.simulator.settings import HOUR
from tests.app.test_worker import on, worker
from tests.browser.chromium import Watched
from tests.browser.conftest import Shop
from tests.dashboards.asking import moment
from tests.dashboards.sample import END, Written, day
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]

Look = Callable[..., Watched]

CHARTS = """() => Object.fromEntries([...document.querySelectorAll(".chart:not([hidden])")].map((node) => [
    node.closest(".panel").dataset.key,
    echarts.getInstanceByDom(node).getOption().series.map(({ name, data }) => [name, data]),
]))"""
TABLES = """() => Object.fromEntries([...document.querySelectorAll(".panel table")].map((table) => [
    table.closest(".panel").dataset.key,
    [...table.rows].map((row) => [...row.cells].map((cell) => cell.textContent)),
]))"""
PANELS = f"() => [({CHARTS})(), ({TABLES})()]"
TIMELINE = """() => [...document.querySelectorAll("#customer-events > li:not(.day)")].map((item) => [
    item.querySelector("time").textContent,
    item.querySelector("b").textContent,
    item.querySelector(".badge").textContent,
])"""


class Table(NamedTuple):
    """What ClickHouse answers."""

    columns: list[str]
    rows: list[list[Any]]


def asked(settings: Settings, sql: str, given: Mapping[str, str]) -> Table:
    """Over HTTP, as anybody may ask."""
    parameters = {f"param_{name}": value for name, value in given.items()}
    query = {"database": "heedful", "default_format": "JSONCompact", "query": sql, **parameters}
    url = f"{reading_url(settings)}/?{urllib.parse.urlencode(query)}"
    with urllib.request.urlopen(url, timeout=60) as answer:
        said = json.load(answer)
    return Table([one["name"] for one in said["meta"]], said["data"])


def publish(settings: Settings, written: Written) -> tuple[str, bytes, bytes]:
    """Where to, under which key, what."""
    record = written.value
    names = ("contact_id", "profile_id", "visitor_id")
    key = next((getattr(record, name) for name in names if getattr(record, name, None)), "nobody")
    return written.topic.named(settings.prefix), topics.key("main", key), written.body


@pytest.fixture(scope="module")
def landed(broker: EmbeddedBroker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The sample day on topics and, by a worker, in ClickHouse; time stands still at its end."""
    folder = tmp_path_factory.mktemp("landed") / ".heedful"
    settings = on(broker.bootstrap, "embedded", f"t{uuid4().hex[:12]}", folder)
    settings = settings.but(clock={"kind": "simulated", "start": END, "speed": 1e-15})
    prepare(settings)
    producer = Producer({"bootstrap.servers": broker.bootstrap})
    for written in day():
        topic, key, value = publish(settings, written)
        producer.produce(topic, key=key, value=value)
        producer.poll(0)
    assert producer.flush(60) == 0
    with ExitStack() as running:
        running.enter_context(worker(settings, "landing"))
        running.enter_context(worker(settings, "edges"))
        eventually(lambda: _landed(settings) >= len(day()), within=180)
        yield settings


def _landed(settings: Settings) -> int:
    """Records that landing is through with."""
    return sum(status(settings, "landing").get("landed to", {}).values())


@pytest.fixture
def watched(landed: Settings, look: Look) -> Watched:
    """The page, all charts drawn."""
    opened = look(Shop(landed).url)
    drawn = opened.page.locator(".chart:not([hidden]) canvas")
    expect(drawn).to_have_count(sum(each.live and each.chart != "table" for each in panels()), timeout=60_000)
    return opened


def shown(value: Any) -> str:
    """As the page writes it."""
    if value is None:
        return "–"
    if isinstance(value, int | float):
        return f"{value:,.0f}" if value == int(value) else str(value)
    if re.match(r"\d{4}-\d\d-\d\d \d\d:", value):
        return f"{datetime.fromisoformat(value):%-d %b %H:%M}"
    return str(value)


SPAN = {"from": moment(END - 24 * HOUR), "until": moment(END)}
STEADY = [each for each in panels() if each.live and each.name != "freshness"]
"""What the page asks; but what is fresh is older at each asking."""


def test_charts_and_tables_say_what_the_queries_say(landed: Settings, watched: Watched) -> None:
    charts, tables = watched.page.evaluate(PANELS)
    for panel in STEADY:
        columns, rows = asked(landed, panel.sql, SPAN)
        assert len(rows) > 5, panel.name
        assert tables[panel.name] == [
            [name.replace("_", " ") for name in columns],
            *[[shown(value) for value in row] for row in rows],
        ]
        if panel.chart != "table":
            assert charts[panel.name] == [
                [name.replace("_", " "), [[f"{row[0].replace(' ', 'T')}Z", row[at]] for row in rows]]
                for at, name in enumerate(columns)
                if at
            ]
    assert (watched.complaints, watched.strangers) == ([], [])


def test_the_table_holds_the_numbers_of_the_chart(watched: Watched) -> None:
    charts, tables = watched.page.evaluate(PANELS)
    [[_, silent]] = charts["freshness"]
    head, *rows = tables["freshness"]
    assert head == ["topic", "silent"]
    assert [row[1] for row in rows] == [shown(value) for value in silent]
    assert {"clickstream", "support", "decisions"} <= {row[0].partition(".")[2] for row in rows}


def test_the_numbers_are_unfolded_by_the_keyboard(watched: Watched) -> None:
    panel = watched.page.locator(".panel[data-key=abandonment_rate]")
    expect(panel.locator("table")).to_be_hidden()
    panel.locator("summary").focus()
    watched.page.keyboard.press("Enter")
    expect(panel.locator("table")).to_be_visible()
    expect(panel.locator("caption")).to_have_text("Abandonment rate")


def test_a_customer_is_shown_with_everything_from_all_departments(landed: Settings, watched: Watched) -> None:
    page = watched.page
    profile_id, events = known_best(landed, page)
    page.locator("#feed").get_by_role("button", name=profile_id, exact=True).first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"{len(events)} events, the latest first")
    expect(dialog.get_by_role("heading", name=profile_id)).to_be_visible()
    assert page.evaluate(TIMELINE) == events
    assert len({department for _, _, department in events}) >= 4
    page.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()
    assert (watched.complaints, watched.strangers) == ([], [])


def known_best(settings: Settings, page: Page) -> tuple[str, list[list[str]]]:
    """Of those to whom something just happened, whom most departments know; and what the page must say."""
    names = page.locator("#feed button.name").all_inner_texts()
    found = {name: events_of(settings, name) for name in {*names} if not name.startswith("v-")}
    return max(found.items(), key=lambda item: (len({event[2] for event in item[1]}), item[0]))


def events_of(settings: Settings, profile_id: str) -> list[list[str]]:
    given = {"shop": "main", "profile": profile_id, "limit": "500"}
    columns, rows = asked(settings, timeline(), given)
    events = [dict(zip(columns, row, strict=True)) for row in rows]
    return [
        [event["at"][11:19], event["what"].replace("_", " ").capitalize(), event["department"]]
        for event in events
    ]
