"""How a message reaches people: an address of apprise, or a webhook whose calls are signed.

A call of a webhook is a POST of JSON with the headers

    Idempotency-Key: the message's id; the same message, sent again, has the same
    Heedful-Timestamp: seconds since 1970
    Heedful-Signature: v1= and the HMAC-SHA256, in hex, of timestamp, a dot, and the body

No address, token or secret stands in a log, an error or a repr.
"""

import asyncio
import hashlib
import hmac
import logging
from http import HTTPStatus
from typing import Protocol

import aiohttp
import msgspec
from apprise import Apprise, NotifyFormat

from schemas.jsonl import to_json
from schemas.words import Millis
from streams.errors import FixConfiguration, Unavailable
from streams.rules.alerts.notices import Message, text, title
from streams.sections import AlertTarget, revealed

PATIENCE = 15.0
"""Seconds within which a target has to answer."""

logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
"""It logs addresses, in which tokens stand."""


class Target(Protocol):
    """Where messages go."""

    async def send(self, message: Message, now: Millis) -> None:
        """Raises Unavailable, naming what happened and nothing secret, unless the target took it."""


def target_of(name: str, settings: AlertTarget) -> Target:
    """The target that the settings describe. Raises FixConfiguration."""
    if settings.webhook is not None:
        return Webhook(revealed(settings.webhook) or "", revealed(settings.secret) or "")
    return Service(name, revealed(settings.url) or "")


class Webhook:
    """Somebody's own receiver."""

    def __init__(self, address: str, secret: str) -> None:
        self._address = address
        self._secret = secret.encode()

    async def send(self, message: Message, now: Millis) -> None:
        """See Target."""
        body = body_of(message)
        headers = {"Content-Type": "application/json", **signed(self._secret, now // 1000, body)}
        headers["Idempotency-Key"] = message.message_id
        limit = aiohttp.ClientTimeout(total=PATIENCE)
        try:
            async with (
                aiohttp.ClientSession(timeout=limit) as session,
                session.post(self._address, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                status = answer.status
        except (aiohttp.ClientError, TimeoutError, ValueError) as failure:
            raise Unavailable(type(failure).__name__) from None
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise Unavailable(f"HTTP {status}")


class Service:
    """A service that apprise knows: Slack, Teams, mail and a hundred others."""

    def __init__(self, name: str, address: str) -> None:
        self._apprise = Apprise()
        if not self._apprise.add(address):
            raise FixConfiguration(f"alerting.targets.{name}.url: apprise knows no such address")

    async def send(self, message: Message, now: Millis) -> None:
        """See Target."""
        try:
            took = await asyncio.wait_for(asyncio.to_thread(self._notify, message), 4 * PATIENCE)
        except Exception as failure:
            raise Unavailable(type(failure).__name__) from None
        if not took:
            raise Unavailable("apprise could not deliver it")

    def _notify(self, message: Message) -> bool:
        return bool(
            self._apprise.notify(
                body=text(message),
                title=title(message),
                body_format=NotifyFormat.TEXT,
                interpret_escapes=False,
            )
        )


def body_of(message: Message) -> bytes:
    """What a webhook gets: the message's id, title and text, and its alerts as they stand on cx.alerts."""
    return msgspec.json.encode(
        {
            "message_id": message.message_id,
            "title": title(message),
            "text": text(message),
            "test": message.test,
            "alerts": [to_json(alert) for alert in message.alerts],
        }
    )


def signed(secret: bytes, timestamp: int, body: bytes) -> dict[str, str]:
    """The headers that prove who sent a body, and when."""
    digest = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {"Heedful-Timestamp": str(timestamp), "Heedful-Signature": f"v1={digest}"}
