"""Processes that heedful starts: none outlives the process that started it, whatever ends that one."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import IO

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def start(
    command: Sequence[str], output: IO[bytes] | int, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a child in a process group of its own, so that Ctrl-C reaches only the parent, who decides.

    Linux ends the child with SIGKILL when the calling *thread* ends, so call this from the main thread.
    Other systems have no such promise; there a parent that is killed leaves its children to their own watch.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        process_group=0,
        preexec_fn=_tied_to(os.getpid()),
    )


def free_port(preferred: int = 0) -> int:
    """A loopback port that nobody listens on at this moment; ``preferred`` if that is such a one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as a server that comes back would
        try:
            probe.bind(("127.0.0.1", preferred))
        except OSError:
            return free_port()
        return int(probe.getsockname()[1])


def _tied_to(parent: int) -> Callable[[], None] | None:
    """What the child does between fork and exec. The parent may have died before the tie was made."""
    if _LIBC is None:
        return None
    libc = _LIBC

    def tie() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return tie
