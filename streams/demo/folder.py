"""The folder of one run of the demo, and the settings of everything that runs in it."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.words import Millis
from streams.rules.settings import RuleSet
from streams.sections import ClockSettings, KafkaSettings
from streams.settings import Settings

DAY: Millis = 86_400_000
YEAR = 365 * DAY
LATENESS: Millis = 300_000
"""Five simulated minutes: half a second of people's time at the default speed."""
OUTREACH = {"mode": "live", "grace": "30m"}


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What was asked for. ``seconds`` None: until Ctrl-C. ``rate``: events a second of people's time."""

    seconds: float | None = None
    headless: bool = False
    report: Path | None = None
    speed: float = 600.0
    partitions: int = 2
    seed: int = 1
    rate: float = 250.0


def demo_settings(base: Settings, options: DemoOptions, folder: Path, bootstrap: str) -> Settings:
    """The settings of a run whose simulated time begins now, in the morning of the day a year ago."""
    now = time.time_ns() // 1_000_000
    clock = ClockSettings(kind="simulated", start=_morning(now - YEAR), origin=now, speed=options.speed)
    rules = RuleSet.from_mapping({**base.decisions(), "outreach": {**base.outreach, **OUTREACH}}).mapping()
    settings = base.but(
        partitions=options.partitions,
        replication=1,
        lateness=LATENESS,
        heartbeats="write",
        data_dir=folder,
        kafka=KafkaSettings(kind="embedded", bootstrap=bootstrap),
        registry={},
        clickhouse={},
        clock=clock,
        web={"port": base.web.port},
        **rules,
    )
    (folder / "heedful.toml").write_text("\n".join(_toml(_told(settings))) + "\n", encoding="utf-8")
    return settings


def _morning(moment: Millis) -> Millis:
    """Nine o'clock (UTC) of that day: an hour at which customers may be approached."""
    return moment - moment % DAY + 9 * DAY // 24


def _told(settings: Settings) -> dict[str, Any]:
    """The settings that another process needs to take part in the run."""
    spelled = settings.model_dump(mode="json", exclude_none=True)
    parts = (
        "prefix",
        "deployment",
        "partitions",
        "replication",
        "lateness",
        "data_dir",
        "kafka",
        "clock",
        "rules",
        "outreach",
        "calendars",
    )
    return {name: spelled[name] for name in parts}


def _toml(tables: Mapping[str, Any], *path: str) -> Iterator[str]:
    """The lines of a TOML file: values first, then the tables among them. What is None is left out."""
    nested = {name: value for name, value in tables.items() if isinstance(value, Mapping)}
    plain = {name: value for name, value in tables.items() if name not in nested and value is not None}
    if path and plain:
        yield f"\n[{'.'.join(path)}]"
    for name, value in plain.items():
        yield f"{name} = {_inline(value)}"
    for name, value in nested.items():
        yield from _toml(value, *path, name)


def _inline(value: Any) -> str:
    """A value as TOML writes it within a line."""
    if isinstance(value, Mapping):
        pairs = (f"{json.dumps(name)} = {_inline(one)}" for name, one in value.items() if one is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_inline, value))}]"
    return json.dumps(value, ensure_ascii=False)
