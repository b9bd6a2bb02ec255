"""How much memory processes took at most."""

from pathlib import Path

import psutil

MEBIBYTE = 1 << 20


class PeakMemory:
    """The highest resident size of each process, by the name of what it does."""

    def __init__(self) -> None:
        self._peaks: dict[str, int] = {}

    def sample(self, pids: dict[str, int | None]) -> None:
        """Look at the processes that run; one that was started anew keeps the higher of its peaks."""
        for name, pid in pids.items():
            if pid is not None:
                self._peaks[name] = max(self._peaks.get(name, 0), _peak(pid))

    @property
    def mebibytes(self) -> dict[str, int]:
        """Peaks in MiB."""
        return {name: round(peak / MEBIBYTE) for name, peak in self._peaks.items()}


def _peak(pid: int) -> int:
    """Bytes. Linux knows the peak; elsewhere what is resident now stands for it, sample by sample."""
    try:
        return _high_water_mark(pid) or psutil.Process(pid).memory_info().rss
    except (psutil.NoSuchProcess, FileNotFoundError, ProcessLookupError):
        return 0


def _high_water_mark(pid: int) -> int | None:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    for line in status.read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None
