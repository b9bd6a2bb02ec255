"""The simulation is worth something: faults that a kernel could have are found."""

from collections.abc import Callable
from typing import Any

import pytest

from schemas.events import CartEvent
from schemas.topics import Topic
from schemas.words import Millis
from streams.kernel.hosted import HostedTask
from streams.kernel.measures import Done
from streams.visits import Visits
from tests.simulation.clients import Consumer
from tests.simulation.history import Wrong, verify
from tests.simulation.life import MINUTE
from tests.simulation.log import Log
from tests.simulation.worker import PEOPLE, Worker
from tests.simulation.world import Parts

HISTORIES = 300


class WithoutPositions(HostedTask):
    """Its transactions carry outputs and state, and no offsets."""

    def commit(self, membership: Any) -> Done:
        """As if nothing had been read."""
        self._transaction.commit({}, membership)
        self._committed = dict(self.positions)
        return self._says.committed()


class FiresOnRestore(HostedTask):
    """What is due by the time of the log fires as soon as the state is there."""

    def restore(self, asked: Callable[[], dict[str, int]]) -> None:
        """And advances."""
        super().restore(asked)
        due = self.task.wakes_at
        if due is not None:
            for output in self.task.advance(due + 1, PEOPLE):
                self._says.publish(output, self.holds)


class ForgetsWhatWaits(HostedTask):
    """Events that wait unread for the clock are not written into the changelog."""

    def stage(self) -> None:
        """But for them."""
        self.task._waiting.changes()
        super().stage()


class IgnoresWhatIsLate(HostedTask):
    """An event whose time has passed is read, and nothing comes of it."""

    def read(self, name: str, messages: Any) -> None:
        """And is gone."""
        super().read(name, messages)
        self.task._late.clear()


class TellsTooEarly(HostedTask):
    """It tells how far its clock may go, not how far it has come."""

    def announce(self, facts: Topic, tasks: int, partitions: int) -> None:
        """Before what is due until then has followed."""
        clock, self.task.clock = self.task.clock, self.comes_to
        super().announce(facts, tasks, partitions)
        self.task.clock = clock


class BeforeItIsReadBack(Worker):
    """What it has written as a heartbeat moves its clocks."""

    def beat(self) -> None:
        """And takes its own word for it."""
        super().beat()
        for task in self.tasks.values():
            for topic in self.kernel.processor.inputs:
                if topic.kind == "input":
                    task._intake.watermarks.received(topic.label, self.kernel.log.now)


class ForgetsIds(Visits):
    """An id is remembered for an hour, a cart for a month."""

    def remember(self, event: Any) -> Millis | None:
        """Not for long."""
        return event.occurred_at + 60 * MINUTE if isinstance(event, CartEvent) else None


def to_the_stable_end(log: Log, wait: Any, settings: dict[str, Any]) -> Consumer:
    """Whoever looks for the end of a changelog is shown the last stable offset."""
    return Consumer(log, wait, {**settings, "isolation.level": "read_committed"})


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param(Parts(make_task=WithoutPositions), id="a transaction without positions"),
        pytest.param(Parts(make_consumer=to_the_stable_end), id="a restore to the read_committed end"),
        pytest.param(Parts(make_task=FiresOnRestore), id="a timer fired on restore"),
        pytest.param(Parts(make_task=ForgetsWhatWaits), id="an event that waited was not kept"),
        pytest.param(Parts(make_task=IgnoresWhatIsLate), id="an event that was late was ignored"),
        pytest.param(Parts(make_task=TellsTooEarly), id="a clock told before it was reached"),
        pytest.param(Parts(make_worker=BeforeItIsReadBack), id="a clock moved by a heartbeat not read back"),
        pytest.param(Parts(visits=ForgetsIds()), id="an id forgotten before its cart"),
    ],
)
def test_it_is_found(parts: Parts) -> None:
    assert any(is_wrong(seed, parts) for seed in range(HISTORIES))


def is_wrong(seed: int, parts: Parts) -> bool:
    """Whether the simulation takes offence."""
    try:
        verify(seed, parts)
    except Wrong:
        return True
    return False
