"""Everything that is looked at, in an order in which what fails first explains what fails next."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from confluent_kafka import KafkaException

from schemas.errors import ContractError
from streams.doctor.broker import broker
from streams.doctor.clickhouse import clickhouse
from streams.doctor.finding import Finding
from streams.doctor.flow import dead_letters, sources
from streams.doctor.registry import registry
from streams.doctor.settings import settings_in_force
from streams.doctor.tasks import tasks
from streams.doctor.topics import topics
from streams.errors import HeedfulError
from streams.settings import Settings

Look: TypeAlias = Callable[[Settings], Iterator[Finding]]


class Step(NamedTuple):
    """What is looked at next, for people who wait."""

    what: str
    look: Look
    needs_broker: bool = False


STEPS = (
    Step("settings", settings_in_force),
    Step("broker", broker),
    Step("topics", topics, needs_broker=True),
    Step("registry", registry),
    Step("clickhouse", clickhouse),
    Step("sources", sources, needs_broker=True),
    Step("tasks", tasks, needs_broker=True),
    Step("dead letters", dead_letters, needs_broker=True),
)


def look(settings: Settings, tell: Callable[[str], None]) -> Iterator[Finding]:
    """All findings. ``tell`` is told what is looked at. Without a broker, what stands on it is left out."""
    broken: set[str] = set()
    for step in STEPS:
        if step.needs_broker and "broker" in broken:
            continue
        tell(step.what)
        for finding in _looked(step, settings):
            if finding.level == "error":
                broken.add(finding.area)
            yield finding


def _looked(step: Step, settings: Settings) -> Iterator[Finding]:
    """What goes wrong while one thing is looked at is a finding, too, and the rest is still looked at."""
    try:
        yield from step.look(settings)
    except (KafkaException, HeedfulError, ContractError) as error:
        yield Finding(
            "error",
            step.what,
            f"it can't be looked at: {error}",
            "What is wrong there isn't known.",
            "Look at the broker first; then run heedful doctor again.",
        )
