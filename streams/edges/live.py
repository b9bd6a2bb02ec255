"""What the live page is told: sections, made anew every so often while anybody looks, and sent if changed.

A section that can't be made keeps what it said last, with its age and the reason. Memory is bounded: of each
section only the newest is kept, and a viewer who reads slowly misses what was overtaken.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

import msgspec

from sinks.errors import QueryFailed
from streams.errors import HeedfulError

Make: TypeAlias = Callable[[], Mapping[str, Any]]
"""What a section says now, as JSON. Runs in a thread; raises HeedfulError or QueryFailed if it can't."""

VIEWERS = 100
"""So many may look at once."""

TICK = 1.0
"""Seconds after which a viewer hears at least that we are there."""


REST = 4
"""After a section was made, it is left alone for so many times as long: nobody is asked without a pause."""


class TooMany(Exception):
    """No more viewers now; come back later."""


class Section(NamedTuple):
    """A part of the page: how it is made, and seconds between two makings."""

    make: Make
    every: float


@dataclass
class _Said:
    """The newest of a section. ``version`` counts changes; ``made``: monotonic seconds."""

    version: int = 0
    data: Mapping[str, Any] = field(default_factory=dict)
    problem: str | None = "reading"
    made: float | None = None


class Live:
    """Makes sections while there are viewers, and tells them."""

    def __init__(self, sections: Mapping[str, Section], viewers: int = VIEWERS) -> None:
        """Starts nothing: the first viewer does, and the last one ends it."""
        self._sections = sections
        self._said = {name: _Said() for name in sections}
        self._room = viewers
        self._viewers = 0
        self._over = False
        self._news = asyncio.Condition()
        self._makers: list[asyncio.Task[None]] = []
        self._threads = ThreadPoolExecutor(len(sections), thread_name_prefix="live")

    @property
    def viewers(self) -> int:
        """How many look."""
        return self._viewers

    async def watch(self) -> AsyncGenerator[bytes]:
        """Server-sent events: each section as it is now and whenever it changes, and a tick every second.

        Raises TooMany before the first.
        """
        if self._viewers >= self._room:
            raise TooMany
        self._viewers += 1
        if self._viewers == 1:
            self._makers = [asyncio.create_task(self._keep(name)) for name in self._sections]
        try:
            async for event in self._events():
                yield event
        finally:
            self._viewers -= 1
            if self._viewers == 0:
                self._end_makers()

    async def close(self) -> None:
        """Let all viewers go, and make nothing more."""
        self._over = True
        self._end_makers()
        async with self._news:
            self._news.notify_all()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _events(self) -> AsyncIterator[bytes]:
        seen: dict[str, int] = {}
        yield b"retry: 1000\n\n"
        while not self._over:
            for name, said in self._said.items():
                if seen.get(name) != said.version and said.version:
                    seen[name] = said.version
                    yield _event(name, {"problem": said.problem, "data": said.data})
            yield _event("tick", {"age_s": {name: _age(said) for name, said in self._said.items()}})
            await self._something_new()

    async def _something_new(self) -> None:
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait(), TICK)
            except TimeoutError:
                return

    async def _keep(self, name: str) -> None:
        section = self._sections[name]
        while True:
            began = time.monotonic()
            await self._make(name, section.make)
            took = time.monotonic() - began
            await asyncio.sleep(max(section.every - took, took * REST))

    async def _make(self, name: str, make: Make) -> None:
        said = self._said[name]
        try:
            data = await asyncio.get_running_loop().run_in_executor(self._threads, make)
        except (HeedfulError, QueryFailed) as problem:
            await self._say(said, said.data, str(problem))
            return
        said.made = time.monotonic()
        await self._say(said, data, None)

    async def _say(self, said: _Said, data: Mapping[str, Any], problem: str | None) -> None:
        if said.version and (data, problem) == (said.data, said.problem):
            return
        said.data, said.problem = data, problem
        said.version += 1
        async with self._news:
            self._news.notify_all()

    def _end_makers(self) -> None:
        for maker in self._makers:
            maker.cancel()
        self._makers = []


def _age(said: _Said) -> float | None:
    return None if said.made is None else round(time.monotonic() - said.made, 1)


def _event(name: str, data: Mapping[str, Any]) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"
