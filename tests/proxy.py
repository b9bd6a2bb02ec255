"""A network that can be cut and slowed down: a port of loopback that leads to another one."""

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

CHUNK = 65_536


@dataclass
class Proxy:
    """Forwards connections to ``target``, in a thread of its own. Every call is obeyed when it returns."""

    port: int
    target: int
    _delay: float = 0.0
    _open: asyncio.Event = field(init=False)
    _connections: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server = field(init=False)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        """Begin to listen."""
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._done(self._listen())

    def cut(self) -> None:
        """Nothing comes through any more, and nobody is told."""
        self._done(self._set(False))

    def heal(self) -> None:
        """Everything comes through, also what was sent meanwhile."""
        self._done(self._set(True))

    def reset(self) -> None:
        """Every connection is closed."""
        self._done(self._reset())

    def slow(self, delay: float) -> None:
        """Whatever is sent from now on arrives so many seconds later, in each direction."""
        self._delay = delay

    def close(self) -> None:
        """Listen no more."""
        self._done(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _done(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _listen(self) -> None:
        self._open = asyncio.Event()
        self._open.set()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)

    async def _set(self, opened: bool) -> None:
        if opened:
            self._open.set()
        else:
            self._open.clear()

    async def _reset(self) -> None:
        connections = list(self._connections)
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _end(self) -> None:
        self._server.close()
        await self._reset()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.ensure_future(self._connect(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there: asyncio.StreamWriter | None = None
        try:
            back, there = await asyncio.open_connection("127.0.0.1", self.target)
            ways = [asyncio.ensure_future(self._forward(*way)) for way in ((reader, there), (back, writer))]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
        except OSError:
            pass  # nobody listens there: the caller sees his connection end
        finally:
            for end in (writer, there):
                if end is not None:
                    end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Each piece at its time, however many are on their way."""
        on_their_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        delivering = asyncio.ensure_future(self._deliver(on_their_way, writer))
        try:
            while piece := await reader.read(CHUNK):
                await on_their_way.put((self._loop.time() + self._delay, piece))
            await on_their_way.join()
        finally:
            delivering.cancel()

    async def _deliver(
        self, on_their_way: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter
    ) -> None:
        while True:
            at, piece = await on_their_way.get()
            await asyncio.sleep(max(0.0, at - self._loop.time()))
            await self._open.wait()
            writer.write(piece)
            await writer.drain()
            on_their_way.task_done()
