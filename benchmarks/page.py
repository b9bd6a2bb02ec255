"""The live page in a browser, with very many open carts: when it is painted, and what it costs the edges.

python -m benchmarks.page [--carts 100000] [--rounds 10] [--out benchmarks/LIVE_PAGE.md]

Edges as a process on an embedded broker whose topics hold that many carts at risk, each of a customer of its
own. Each round opens the page in Chromium without anything cached, while nobody else looks; times are those
that Chromium measures from the beginning of the navigation.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import psutil
from confluent_kafka import Producer
from playwright.sync_api import Browser, Page, sync_playwright

from schemas import topics
from schemas.codec import Codec
from schemas.facts import Fact
from schemas.registry import FileRegistry
from schemas.words import Line, Millis
from streams.addresses import address_of
from streams.asking import status
from streams.broker import embedded_broker
from streams.preparing import prepare
from streams.settings import Settings

MINUTE: Millis = 60_000
PATIENCE = 300.0
"""Seconds after which edges that have not read everything have failed."""
LOOKED = 20.0
"""Seconds for which somebody looks, to see what that costs."""

LISTED = """new MutationObserver(() => {
    if (!window.listed && document.querySelector("#carts tbody tr")) window.listed = performance.now();
}).observe(document, { childList: true, subtree: true });"""
TIMES = """() => ({
    painted: performance.getEntriesByName("first-paint")[0].startTime,
    contentful: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    listed: window.listed,
})"""


class Row(NamedTuple):
    """One result."""

    what: str
    value: str


def cart(number: int, at: Millis) -> Fact:
    """A cart at risk."""
    return Fact(
        event_id=f"event-{number}",
        occurred_at=at,
        received_at=at,
        profile_id=f"customer-{number}",
        visitor_id=f"visitor-{number}",
        type="cart_changed",
        stage="cart",
        cart_id=f"cart-{number}",
        opened_by=f"event-{number}",
        changed_by=f"event-{number}",
        changed_at=at,
        last_activity_at=at,
        lines=(Line(product_id="lamp", price=Decimal(number % 900)),),
        value=Decimal(number % 900),
        currency="EUR",
        device="mobile",
    )


def fill(settings: Settings, carts: int) -> None:
    """Carts that were last touched within the last twenty minutes: patience ends after sixty."""
    producer, codec = Producer({"bootstrap.servers": settings.kafka.bootstrap}), Codec(FileRegistry())
    now, name = time.time_ns() // 1_000_000, topics.FACTS.named(settings.prefix)
    for number in range(carts):
        fact = cart(number, now - 20 * MINUTE * number // carts)
        producer.produce(name, key=topics.key("main", fact.profile_id), value=codec.encode(fact))
        producer.poll(0)
    if producer.flush(60):
        raise RuntimeError("the broker didn't take all facts")


@contextmanager
def edges(settings: Settings) -> Iterator[psutil.Process]:
    """The role at work, once it knows every cart."""
    command = [sys.executable, "-m", "streams.cli", "worker", "--role", "edges"]
    with subprocess.Popen(command, env=settings.environment(), stderr=subprocess.DEVNULL) as process:
        try:
            _wait(settings)
            yield psutil.Process(process.pid)
        finally:
            process.kill()


def _wait(settings: Settings) -> None:
    until = time.monotonic() + PATIENCE
    while not status(settings, "edges").get("feed", {}).get("caught_up"):
        if time.monotonic() > until:
            raise TimeoutError(f"the edges have not read all carts within {PATIENCE:.0f} s")
        time.sleep(0.1)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless; Chromium refuses to be root in its sandbox."""
    with sync_playwright() as playwright:
        boxed = ["--no-sandbox"] if os.geteuid() == 0 else []
        with playwright.chromium.launch(executable_path=shutil.which("chromium"), args=boxed) as browser:
            yield browser


@contextmanager
def visit(browser: Browser, url: str) -> Iterator[Page]:
    """The page with its carts listed, by somebody who comes for the first time."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        context.add_init_script(LISTED)
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("#carts tbody tr", timeout=60_000)
        yield page


def rounds(browser: Browser, url: str, number: int) -> list[dict[str, float]]:
    """When what was there, in milliseconds."""
    found = []
    for _ in range(number):
        with visit(browser, url) as page:
            found.append(page.evaluate(TIMES))
    return found


def section(url: str) -> bytes:
    """What *now* says, as sent."""
    with urllib.request.urlopen(f"{url}live/events", timeout=60) as events:
        while events.readline() != b"event: now\n":
            pass
        return bytes(events.readline())


def spread(values: Sequence[float]) -> str:
    """Median, least and most."""
    return f"{statistics.median(values):,.0f} ms ({min(values):,.0f}–{max(values):,.0f})"


def measured(settings: Settings, carts: int, number: int) -> Iterator[Row]:
    """Every result in turn."""
    with edges(settings) as process, chromium() as browser:
        address = address_of(settings, "edges")
        assert address
        url = f"{address.url}/"
        rounds(browser, url, 1)
        found = rounds(browser, url, number)
        yield Row("first paint", spread([each["painted"] for each in found]))
        yield Row("first paint with content", spread([each["contentful"] for each in found]))
        yield Row("the carts are listed", spread([each["listed"] for each in found]))
        said = section(url)
        data: Any = json.loads(said.removeprefix(b"data: "))["data"]["carts"]
        if data["at_risk"] != carts:
            raise RuntimeError(f"{data['at_risk']:,} carts are at risk instead of {carts:,}")
        yield Row("what is sent for *now*", f"{len(said):,} bytes, {len(data['by_due'])} carts")
        yield Row("CPU of the edges while nobody looks", _cpu(process))
        with visit(browser, url):
            yield Row("CPU of the edges while somebody looks", _cpu(process))
        yield Row("memory of the edges", f"{process.memory_info().rss / 2**20:,.0f} MiB")


def _cpu(process: psutil.Process) -> str:
    process.cpu_percent()
    time.sleep(LOOKED)
    return f"{process.cpu_percent():.0f} % of a core"


def main() -> None:
    """Measure, show, write down."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("--carts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "LIVE_PAGE.md")
    asked = parser.parse_args()
    load, rows = os.getloadavg()[0], []
    with embedded_broker() as broker, TemporaryDirectory() as folder:
        kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
        settings = Settings().but(kafka=kafka, data_dir=Path(folder))
        prepare(settings)
        fill(settings, asked.carts)
        for row in measured(settings, asked.carts, asked.rounds):
            print(f"{row.what}: {row.value}", flush=True)
            rows.append(row)
    asked.out.write_text(_page(rows, asked.carts, asked.rounds, load))


def _page(rows: list[Row], carts: int, number: int, load: float) -> str:
    lines = "\n".join(f"| {row.what} | {row.value} |" for row in rows)
    about = " ".join((__doc__ or "").split("\n\n")[-1].split())
    return (
        f"# The live page with {carts:,} open carts\n\nWritten by `make bench-page`. {about}\n\n"
        f"| what | measured: median (least–most) of {number} |\n|---|---|\n{lines}\n\n"
        f"Python {platform.python_version()}, {os.cpu_count()} cores; load average {load:.1f} at the start.\n"
    )


if __name__ == "__main__":
    main()
