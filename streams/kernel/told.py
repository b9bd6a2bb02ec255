"""What the tasks of one worker tell of themselves, together."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from schemas.words import Millis
from streams.kernel.hosted import HostedTask


def told(tasks: Sequence[HostedTask], now: Millis) -> dict[str, Any]:
    """Sums of their counters, and the least of their clocks. Moments and ``behind`` in milliseconds."""
    counts = sum((task.counts for task in tasks), Counter[str]())
    clock = min((task.task.clock for task in tasks), default=0)
    return {
        **counts,
        "tasks": len(tasks),
        "keys": sum(len(task.task) for task in tasks),
        "timers": sum(task.task.timers for task in tasks),
        "duplicates": sum(task.task.duplicates for task in tasks),
        "late": sum(task.task.late_events for task in tasks),
        "clock": clock,
        "durable": min((task.durable.clock for task in tasks), default=0),
        "durable to": {
            f"{label}-{task.partition}": offset
            for task in tasks
            for label, offset in task.durable.positions.items()
        },
        "behind": now - clock if clock else -1,
        "restoring": {
            str(task.partition): {"keys": at.keys, "share": round(at.share, 3)}
            for task in tasks
            if (at := task.restoring) is not None
        },
    }
