"""Which tasks of a deployment are stuck, and why, as the log tells: for the doctor and for alerts."""

from collections.abc import Mapping
from dataclasses import replace

from schemas.admin import partitions_of
from schemas.jsonl import to_iso
from schemas.topics import TOPICS
from schemas.words import Millis
from streams.kernel.config import KernelConfig
from streams.kernel.progress import Standing
from streams.positions import Stands, Task
from streams.tails import pending


def standing_still(
    config: KernelConfig, said: Mapping[Task, Stands], now: Millis, after: Millis | None = None
) -> list[Standing]:
    """Tasks that have not got on for so long; None: as the settings say.

    ``now``: by the machine's clock. Raises BrokerUnavailable, FixAccess, Unavailable.
    """
    found = [_standing(config, task, stands, now) for task, stands in sorted(said.items())]
    still = [one for one in found if one.is_stuck(now, after or config.stuck_after)]
    counts = _pending(config, {label for one in still for label in _asked(one)})
    return [
        replace(one, unread={label: n for (label, at), n in counts.items() if at == one.partition})
        for one in still
    ]


def _standing(config: KernelConfig, task: Task, said: Stands, now: Millis) -> Standing:
    position = said.position
    silent = now - said.at >= config.stuck_after
    return Standing(
        kernel=task.kernel,
        partition=task.partition,
        since=position.since or said.at,
        watermarks=position.watermarks,
        lateness=config.lateness,
        names={topic.label: config.named(topic) for topic in TOPICS},
        holds=position.holds,
        unread={},
        read_on=frozenset(label for label, at in position.after.items() if at > said.before.get(label, at)),
        failing=f"nothing was committed since {to_iso(said.at)}" if silent else None,
    )


def _asked(standing: Standing) -> set[str]:
    """Inputs of which it matters whether something stands in them that can't be read."""
    held = standing.watermarks.holds_back(standing.lateness)
    return set() if held.topic is None or standing.failing else {held.topic}


def _pending(config: KernelConfig, labels: set[str]) -> dict[tuple[str, int], int]:
    """How much can't be read for an open transaction, by label and partition."""
    names = {config.named(topic): topic.label for topic in TOPICS if topic.label in labels}
    present = partitions_of(config.kafka) if names else {}
    found = pending(config, {name: present[name] for name in names}) if names else {}
    return {(names[name], partition): count for (name, partition), count in found.items()}
