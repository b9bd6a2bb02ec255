"""An edge's handler may fail; the record must not be lost for it: try again, then a dead letter.

Faust itself takes a record whose handler raised for done.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from schemas.outputs import DeadLetter
from schemas.topics import Topic
from schemas.words import Record
from streams.kernel.deadletters import Origin, dead_letter

log = logging.getLogger(__name__)

Handler: TypeAlias = Callable[[Topic, Record], Awaitable[None]]
"""Does something about a record; may raise anything."""

Post: TypeAlias = Callable[[str, DeadLetter], Awaitable[None]]
"""Sends a dead letter under its key, and waits until the broker has it."""

PAUSES = (0.1, 1.0, 5.0)
"""Seconds before each further try."""


class Guarded:
    """A handler that never raises, except when a dead letter can't be posted."""

    def __init__(self, handler: Handler, post: Post, pauses: Sequence[float] = PAUSES) -> None:
        self._handler = handler
        self._post = post
        self._pauses = pauses
        self.failures = 0
        self.dead_letters = 0

    async def __call__(self, topic: Topic, record: Record, origin: Origin) -> None:
        """Handle a record, in the end at least by a dead letter."""
        for pause in self._pauses:
            if await self._tried(topic, record, origin) is None:
                return
            await asyncio.sleep(pause)
        failure = await self._tried(topic, record, origin)
        if failure is not None:
            await self._give_up(origin, failure)

    async def _tried(self, topic: Topic, record: Record, origin: Origin) -> Exception | None:
        try:
            await self._handler(topic, record)
        except Exception as failure:
            self.failures += 1
            log.warning("%r failed at %s", self._handler, origin.key, exc_info=True)
            return failure
        return None

    async def _give_up(self, origin: Origin, failure: Exception) -> None:
        letter = dead_letter(origin, "edges", "handler_failed", type(failure).__name__, "edges")
        await self._post(origin.key, letter)
        self.dead_letters += 1
