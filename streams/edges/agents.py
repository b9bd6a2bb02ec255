"""The agents: slow, asynchronous work of low volume on what heedful concludes."""

from collections.abc import Sequence
from typing import Any

import faust

from schemas.codec import Codec
from schemas.errors import BadRecord
from schemas.outputs import DeadLetter
from schemas.topics import ABANDONMENT_SIGNALS, CONTACT_SIGNALS, DEAD_LETTERS, OUTREACH
from streams.edges.guarded import Guarded, Handler
from streams.edges.raw import origin_of, raw
from streams.edges.seen import Seen
from streams.kernel.deadletters import Origin

FOLLOWED = (ABANDONMENT_SIGNALS, CONTACT_SIGNALS, *OUTREACH.values())


class Edges:
    """Follows signals and outreach, read_committed, and hands each record to every handler."""

    def __init__(self, app: faust.App, codec: Codec, prefix: str, handlers: Sequence[Handler] = ()) -> None:
        """Registers its agent with ``app``.

        ``prefix``: of what is followed. ``handlers``: what to do with a record, besides counting it.
        """
        self._codec = codec
        self._names = {topic.named(prefix): topic for topic in FOLLOWED}
        self._dead_letters = raw(app, DEAD_LETTERS.named(prefix))
        self._seen = Seen()
        doing: list[Handler] = [self._seen, *handlers]
        self._handlers = [Guarded(handler, self._post) for handler in doing]

        async def follow(stream: Any) -> None:
            async for event in stream.events():
                await self._take(origin_of(event.message))

        app.agent(raw(app, *self._names), name="edges")(follow)

    def status(self) -> dict[str, Any]:
        """What went by, and what failed."""
        return {
            **self._seen.status(),
            "failures": sum(handler.failures for handler in self._handlers),
            "dead handler_failed": sum(handler.dead_letters for handler in self._handlers),
        }

    async def _take(self, origin: Origin) -> None:
        """A record that can't be read is only counted: landing dead-letters those of heedful's own topics."""
        topic = self._names[origin.topic]
        try:
            record = self._codec.decode(origin.value, topic)
        except BadRecord:
            self._seen.bad += 1
            return
        for handler in self._handlers:
            await handler(topic, record, origin)

    async def _post(self, key: str, letter: DeadLetter) -> None:
        await (await self._dead_letters.send(key=key.encode(), value=self._codec.encode(letter)))
