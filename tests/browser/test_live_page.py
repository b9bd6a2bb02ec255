"""The live page in a real browser: what is published is seen at once, and what is old is called old."""

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace
from playwright.sync_api import Page, expect

from schemas import topics
from streams.addresses import address_of
from tests.app.test_worker import running, worker
from tests.browser.chromium import REFUSED, Watched
from tests.browser.conftest import CODEC, MINUTE, Shop
from tests.builders import added
from tests.edges.test_happened import contact

pytestmark = pytest.mark.broker

Look = Callable[..., Watched]
WITHIN = 60_000

UPDATED = """
from streams.edges import live_pages
from streams.settings import load
from streams.worker import run

former = live_pages.web_files()
live_pages.web_files = lambda: {**former, "another.js": former["live.js"]}
run(load(), "edges")
"""
"""Edges of an edition with one more file."""


def carts(page: Page) -> list[str]:
    return page.locator("#carts tbody button.name").all_inner_texts()


def test_what_is_published_is_seen_without_a_reload(shop: Shop, look: Look) -> None:
    shop.works()
    shop.fills("kim", 149)
    shop.asks("t-1", "lee", due_in=-5 * MINUTE)
    watched = look(shop.url)
    page = watched.page
    expect(page.locator("#carts tbody tr")).to_contain_text(
        [re.compile(r"kim.*Cart.*€149\.00.*in (9|10) min", re.S)]
    )
    expect(page.locator("#contacts tbody tr")).to_contain_text(
        [re.compile(r"lee.*Email, returns.*30 min.*▲ overdue 5 min", re.S)]
    )
    expect(page.locator("#tiles")).to_contain_text("▲ past their due time")
    page.evaluate("window.same = true")
    shop.fills("ann", 900, ago=10 * MINUTE)
    shop.asks("t-2", "bob")
    expect(page.locator("#carts tbody tr")).to_have_count(2)
    expect(page.locator("#contacts tbody tr")).to_have_count(2)
    assert carts(page) == ["kim", "ann"]
    page.get_by_role("button", name="Dearest first").click()
    assert carts(page) == ["ann", "kim"]
    shop.fills("kim", 0, ago=0, lines=())
    expect(page.locator("#carts tbody tr")).to_have_count(1)
    assert page.evaluate("window.same")
    assert (watched.complaints, watched.strangers) == ([], [])


def test_names_are_text_whatever_they_look_like(shop: Shop, look: Look) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    shop.works()
    shop.fills(hostile)
    watched = look(shop.url)
    expect(watched.page.locator("#carts tbody button.name")).to_have_text(hostile)
    assert watched.page.locator("main img, main script").count() == 0
    assert (watched.complaints, watched.strangers) == ([], [])


def test_the_keyboard_reaches_everything(shop: Shop, look: Look) -> None:
    shop.works()
    shop.fills("kim")
    page = look(shop.url).page
    expect(page.locator("#carts tbody tr")).to_have_count(1)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    for name in ("Due first", "Dearest first"):
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name=name)).to_be_focused()
    page.keyboard.press("Tab")
    kim = page.locator("#carts button.name")
    expect(kim).to_be_focused()
    shop.fills("ann", ago=55 * MINUTE)
    expect(page.locator("#carts tbody tr")).to_have_count(2)
    expect(page.get_by_role("button", name="kim")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("kim")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.get_by_role("button", name="kim")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_of_it(shop: Shop, look: Look, scheme: str) -> None:
    shop.works()
    shop.fills(
        "somebody with a name that is as long as names of customers may become one day, without end" * 2
    )
    shop.asks("t-1", "v-0123456789abcdef0123456789abcdef0123456789abcdef", due_in=-3_000 * MINUTE)
    page = look(shop.url, viewport={"width": 390, "height": 800}, color_scheme=scheme).page
    expect(page.locator("#carts tbody tr")).to_have_count(1)
    expect(page.locator("#contacts tbody tr")).to_have_count(1)
    expect(page.locator("#roles tbody tr")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    red, green, blue = map(
        int, re.findall(r"\d+", page.evaluate("getComputedStyle(document.body).backgroundColor"))[:3]
    )
    assert (max(red, green, blue) < 64) == (scheme == "dark")
    page.locator("#carts button.name").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_it_says_that_it_is_stale_and_comes_back_by_itself(topics_only: Shop, look: Look) -> None:
    shop = topics_only
    shop.works()
    shop.fills("kim")
    with worker(shop.settings, "edges"):
        url = shop.url
        watched = look(url)
        page = watched.page
        expect(page.locator("#carts tbody tr")).to_have_count(1)
        expect(page.locator("#link-says")).to_have_text("live")
        expect(page.locator("#banner")).to_be_hidden()
    banner = page.locator("#banner")
    expect(banner).to_contain_text(
        re.compile(r"Nothing heard from the edges since \d\d:\d\d:\d\d UTC: what you see is from then\."),
        timeout=WITHIN,
    )
    expect(page.locator("#link-says")).to_have_text("no connection")
    assert carts(page) == ["kim"]
    shop.fills("ann")
    with worker(shop.settings, "edges"):
        assert shop.url == url
        expect(banner).to_be_hidden(timeout=WITHIN)
        expect(page.locator("#link-says")).to_have_text("live")
        expect(page.locator("#carts tbody tr")).to_have_count(2)
    assert all(REFUSED in complaint or "INCOMPLETE_CHUNKED" in complaint for complaint in watched.complaints)


def test_it_says_that_a_kernel_is_silent(shop: Shop, look: Look) -> None:
    shop.works()
    page = look(shop.url).page
    notice = page.locator("#now .notice")
    expect(notice).to_contain_text("nothing was heard from care", timeout=WITHIN)
    expect(page.locator("#now")).to_have_class("old")
    shop.works()
    expect(notice).to_be_hidden(timeout=WITHIN)


def test_it_says_that_a_kernel_is_behind(shop: Shop, look: Look) -> None:
    shop.works(late=3 * MINUTE)
    page = look(shop.url).page
    notice = page.locator("#now .notice")
    expect(notice).to_contain_text("Care is 3 min behind: what happened since is still to come.")
    expect(page.locator("#now")).not_to_have_class("old")
    shop.works()
    expect(notice).to_be_hidden(timeout=WITHIN)


def test_a_page_of_a_former_edition_begins_anew(topics_only: Shop, look: Look) -> None:
    with worker(topics_only.settings, "edges"):
        page = look(topics_only.url).page
        expect(page.locator("#link-says")).to_have_text("live")
    with running(topics_only.settings, "-c", UPDATED):
        page.wait_for_event("load", timeout=WITHIN)
        expect(page.locator("#link-says")).to_have_text("live", timeout=WITHIN)


def test_who_waits_and_is_still_in_time_is_seen_behind_those_who_are_overdue(shop: Shop, look: Look) -> None:
    shop.works()
    for number in range(13):
        shop.asks(f"t-{number}", f"late-{number}", due_in=-5 * MINUTE)
    shop.asks("t-next", "kim", due_in=10 * MINUTE)
    page = look(shop.url).page
    names = page.locator("#contacts tbody button.name")
    expect(page.locator("#contacts-count")).to_have_text("12 of 14 waiting")
    expect(names).to_have_count(12)
    page.get_by_role("button", name="Due next").click()
    expect(names).to_have_text(["kim"])
    expect(page.locator("#contacts-count")).to_have_text("1 still in time")


def test_what_happened_days_ago_stands_under_its_day(shop: Shop, look: Look) -> None:
    """In the order of being noticed; a promise is called by its name; a phone shows times in one line."""
    first, second = 1_772_438_400_000, 1_772_438_400_000 + 30 * 60 * MINUTE
    shop.say(topics.CONTACT_SIGNALS, ("t-1", contact("a", first, clock="callback")))
    late = replace(contact("b", second, kind="answered"), occurred_at=second - 5 * MINUTE, channel="email")
    shop.say(topics.CONTACT_SIGNALS, ("t-1", late))
    page = look(shop.url, viewport={"width": 390, "height": 800}).page
    items = page.locator("#feed > li")
    expect(items).to_contain_text(
        [
            re.compile(r"14:00:00.*Answered in time.*happened 13:55:00 · email t-1", re.S),
            "2026-03-02",
            re.compile(r"08:00:00.*Callback is overdue", re.S),
        ]
    )
    lines = "[...document.querySelectorAll('#feed time')].map((one) => one.getClientRects().length)"
    assert page.evaluate(lines) == [1, 1]


def test_without_clickhouse_the_rest_is_there(shop: Shop, look: Look) -> None:
    shop.works()
    shop.fills("kim")
    watched = look(shop.url)
    page = watched.page
    expect(page.locator("#over .notice")).to_have_text(
        "ClickHouse is not there: landing doesn't run, or is starting."
    )
    expect(page.locator("#roles")).to_contain_text("▲ doesn't answer")
    page.get_by_role("button", name="kim").click()
    expect(page.get_by_role("dialog")).to_contain_text("No answer: ClickHouse is not there")
    assert address_of(shop.settings, "landing") is None


def test_dead_letters_are_told_by_reason(shop: Shop, look: Look) -> None:
    placeholder = replace(added(1), event_id="null")
    shop.spoils(topics.CART, b"hello", CODEC.encode(placeholder), b"world")
    with worker(shop.settings, "visits"):
        page = look(shop.url).page
        letters = page.locator("#roles tr", has_text="visits").locator("[data-label='Dead letters']")
        expect(letters).to_have_text("3: not framed 2, empty id 1", timeout=WITHIN)
