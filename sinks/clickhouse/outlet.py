"""The engine's answer, taken from it while it is written, and no more of it than was agreed.

The engine counts what it has in memory, where a column that is constant is one value, and one of few values a
dictionary; written out, it is as long as all its rows. Only who reads the answer knows how long it is.
"""

import os
import threading
from collections.abc import Callable
from types import TracebackType

from sinks.errors import QueryFailed

TOO_LONG = 396
PIECE = 1 << 20


class Outlet:
    """A pipe. ``name`` is the file for the engine to write; ``data`` is the answer, once the block is over.

    With more than ``limit`` bytes ``stop`` is called, once, the rest is thrown away; it ends in QueryFailed.
    """

    def __init__(self, limit: int, stop: Callable[[], None]) -> None:
        self._limit = limit
        self._stop = stop
        self._pieces: list[bytes] = []
        self._length = 0
        self._source, self._end = os.pipe()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self.name = f"/dev/fd/{self._end}"

    def __enter__(self) -> "Outlet":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._end)
        self._thread.join()
        if self._is_full:
            text = f"The answer has more than {self._limit} bytes. (TOO_MANY_ROWS_OR_BYTES)"
            raise QueryFailed(TOO_LONG, f"Code: {TOO_LONG}. DB::Exception: {text}") from error

    @property
    def data(self) -> bytes:
        """All that was written."""
        return b"".join(self._pieces)

    @property
    def _is_full(self) -> bool:
        return self._length > self._limit

    def _take(self) -> None:
        try:
            while piece := os.read(self._source, PIECE):
                if not self._is_full:
                    self._keep(piece)
        finally:
            os.close(self._source)  # or who writes would wait for ever

    def _keep(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        if self._is_full:
            self._pieces.clear()
            self._stop()
