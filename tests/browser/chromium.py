"""Chromium, steered by Playwright: where it is, and what a page did that it must not do."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

REFUSED = "ERR_CONNECTION_REFUSED"
"""What Chromium notes on the console while nobody answers."""


def executable() -> str | None:
    """The browser of this machine; None: there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


def missing() -> str | None:
    """Why pages can't be tested here; None: they can."""
    return None if executable() else "no Chromium (Debian: apt-get install chromium)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, headless."""
    unboxed = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to be root in its sandbox
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=unboxed)
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page of its own, and everything that it complains about or asks of others."""

    def __init__(self, browser: Browser, url: str, **looks: Any) -> None:
        """Opens ``url``. ``looks``: of the browser's context, such as color_scheme."""
        self.url = url
        self.complaints: list[str] = []
        self.strangers: list[str] = []
        self._context = browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **looks})
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", lambda told: self._complain(told.type, told.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda asked: self._ask(asked.url))
        self.page.goto(url)

    def close(self) -> None:
        """Let go."""
        self._context.close()

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _ask(self, url: str) -> None:
        if not url.startswith(self.url):
            self.strangers.append(url)
