"""Sections of the live page: made while somebody looks, sent when changed, kept when they can't be made."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import pytest

from streams.edges.live import Live, Section, TooMany
from streams.errors import Unavailable

Said = tuple[str, Any]


class Source:
    """A section whose words are ours, and how often it was asked for them."""

    def __init__(self, says: Mapping[str, Any] | None) -> None:
        self.says = says
        self.asked = 0

    def __call__(self) -> Mapping[str, Any]:
        self.asked += 1
        if self.says is None:
            raise Unavailable("it is away")
        return self.says


async def heard(events: AsyncGenerator[bytes], wanted: Callable[[Said], bool]) -> Said:
    """The first event that is wanted: its name and data."""
    async for event in events:
        name, _, data = event.decode().partition("\ndata: ")
        said = name.removeprefix("event: "), json.loads(data) if data else None
        if wanted(said):
            return said
    raise AssertionError("the events have ended")


def live(source: Source, viewers: int = 10) -> Live:
    return Live({"now": Section(source, 0.01)}, viewers)


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(work(), 60)

    asyncio.run(bounded())


def is_section(said: Said) -> bool:
    return said[0] == "now"


def test_a_section_is_sent_when_it_changes_and_ticks_tell_its_age() -> None:
    async def work() -> None:
        source = Source({"carts": 1})
        watched = live(source)
        events = watched.watch()
        assert await heard(events, is_section) == ("now", {"problem": None, "data": {"carts": 1}})
        _, tick = await heard(events, lambda said: said[0] == "tick" and said[1]["age_s"]["now"] is not None)
        assert tick["age_s"]["now"] < 60
        asked = source.asked
        while source.asked < asked + 3:
            await asyncio.sleep(0.01)
        source.says = {"carts": 2}
        assert await heard(events, is_section) == ("now", {"problem": None, "data": {"carts": 2}})
        await watched.close()

    run(work)


def test_what_cannot_be_made_stays_as_it_was_with_the_reason() -> None:
    async def work() -> None:
        source = Source({"carts": 1})
        watched = live(source)
        events = watched.watch()
        await heard(events, is_section)
        source.says = None
        assert await heard(events, is_section) == ("now", {"problem": "it is away", "data": {"carts": 1}})
        source.says = {"carts": 1}
        assert await heard(events, is_section) == ("now", {"problem": None, "data": {"carts": 1}})
        await watched.close()

    run(work)


def test_nothing_is_made_while_nobody_looks() -> None:
    async def work() -> None:
        source = Source({"carts": 1})
        watched = live(source)
        assert source.asked == 0
        events = watched.watch()
        await heard(events, is_section)
        await events.aclose()
        assert watched.viewers == 0
        await asyncio.sleep(0.1)
        asked = source.asked
        await asyncio.sleep(0.3)
        assert source.asked == asked
        await watched.close()

    run(work)


def test_so_many_may_look_and_no_more() -> None:
    async def work() -> None:
        watched = live(Source({}), viewers=1)
        first, second = watched.watch(), watched.watch()
        await anext(first)
        with pytest.raises(TooMany):
            await anext(second)
        await first.aclose()
        third = watched.watch()
        await anext(third)
        await watched.close()

    run(work)


def test_the_end_of_the_server_ends_every_stream() -> None:
    async def work() -> None:
        watched = live(Source({}))
        events = watched.watch()
        await heard(events, is_section)
        await watched.close()
        assert [event async for event in events if not event.startswith(b"event: tick")] == []

    run(work)
