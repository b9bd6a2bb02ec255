"""Asking the workers of these settings, wherever they run on this machine, how far they have come."""

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from streams.addresses import address_of, addresses_near
from streams.errors import FixConfiguration, Unavailable
from streams.roles import Role
from streams.sections import revealed
from streams.settings import Settings

PATIENCE = 2.0
"""Seconds, for who asks again and again."""

PATIENCE_OF_PEOPLE = 10.0
"""Seconds, for who asks once."""


def status(settings: Settings, role: Role) -> dict[str, Any]:
    """What the worker of a role says of itself; empty if nobody answers (yet)."""
    address = address_of(settings, role)
    if address is None:
        return {}
    try:
        with urllib.request.urlopen(_asked(settings, f"{address.url}/status"), timeout=PATIENCE) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}


def edges_page(
    settings: Settings,
    page: str,
    values: Mapping[str, str],
    url: str | None = None,
    run: Path | None = None,
) -> dict[str, Any]:
    """What the edges say on a page: those at ``url``, of the run in a folder, or that run in this folder.

    Raises FixConfiguration if nobody answers there or the page refuses ``values``, Unavailable if the edges
    fail.
    """
    found = [url.rstrip("/")] if url else [address.url for address in addresses_near(settings, "edges", run)]
    for base in found:
        try:
            return _page(_asked(settings, f"{base}/{page}?{urllib.parse.urlencode(values)}"))
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            continue
    where = url or (run or settings.data_dir).absolute()
    raise FixConfiguration(
        f"Nobody answers at {where}: the edges don't run there. Start `heedful worker` or `heedful demo` "
        "there, name a run with --run, or the edges' address with --url (`heedful worker` prints it)."
    )


def _asked(settings: Settings, url: str) -> urllib.request.Request:
    """With the token of the settings, if they have one."""
    token = revealed(settings.web.token)
    return urllib.request.Request(url, headers={"Authorization": f"Bearer {token}"} if token else {})


def _page(asked: urllib.request.Request) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(asked, timeout=PATIENCE_OF_PEOPLE) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except urllib.error.HTTPError as refused:
        if refused.code == HTTPStatus.BAD_REQUEST:
            raise FixConfiguration(json.load(refused)["error"]) from None
        if refused.code == HTTPStatus.UNAUTHORIZED:
            raise FixConfiguration(f"{asked.host} asks for a token: set HEEDFUL_WEB__TOKEN") from None
        raise Unavailable(f"{asked.full_url} answers {refused.code} {refused.reason}") from refused
