"""Asking the workers of these settings, wherever they run on this machine, how far they have come."""

import json
import urllib.error
import urllib.request
from typing import Any

from streams.addresses import address_of
from streams.roles import Role
from streams.settings import Settings

PATIENCE = 2.0


def status(settings: Settings, role: Role) -> dict[str, Any]:
    """What the worker of a role says of itself; empty if nobody answers (yet)."""
    address = address_of(settings, role)
    if address is None:
        return {}
    try:
        with urllib.request.urlopen(f"{address.url}/status", timeout=PATIENCE) as answer:
            said: dict[str, Any] = json.load(answer)
            return said
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return {}
