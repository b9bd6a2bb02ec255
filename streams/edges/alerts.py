"""Alerts at the edges: raises them on cx.alerts, and tells each of them to people, once.

Signals come through the agent of ``streams.edges.agents``. Shares, rates and counts are measured by the one
process that has partition 0 of cx.alerts. Whoever has a partition of cx.alerts tells what stands in it.
"""

import asyncio
import logging
import time
from collections.abc import Iterator
from typing import Any

import faust
from msgspec.structs import replace

from schemas.admin import partitions_of
from schemas.codec import Codec
from schemas.errors import BadRecord, ContractError
from schemas.outputs import Alert, AlertDelivery
from schemas.topics import ALERT_DELIVERIES, ALERTS, DEAD_LETTERS, Topic, key
from schemas.words import Millis, Record
from sinks.errors import SinkError
from streams.alerts.evaluating import Evaluation, lasting, resumed, standings
from streams.alerts.watching import Watching
from streams.edges.delivery import target_of
from streams.edges.outbox import Outbox
from streams.edges.raw import origin_of, raw
from streams.errors import HeedfulError
from streams.kernel.config import KernelConfig
from streams.kernel.deadletters import Origin
from streams.positions import Positions, held
from streams.rows import serving
from streams.rules.alerts.notices import Digest
from streams.rules.alerts.settings import Measured, StuckTask
from streams.rules.alerts.signals import alerts_of
from streams.settings import Settings
from streams.tails import Tails

log = logging.getLogger(__name__)

TURN = 0.5
"""Seconds between looks at what is due."""
PATIENCE = 5.0
"""Seconds until what failed as a whole (the broker, ClickHouse) is tried again."""
LOOK = 10.0
"""Seconds between looks at whether history is being imported."""
LENGTH = 10_000
"""Records from the end of a partition in which an alert that stands, or was not told, is looked for."""


class Alerts:
    """Raises and tells. ``notice`` is a handler of the edges' agent."""

    def __init__(self, app: faust.App, settings: Settings, codec: Codec, config: KernelConfig) -> None:
        """Registers its agent and its tasks with ``app``. Raises FixConfiguration."""
        self._settings = settings
        self._codec = codec
        self._config = config
        self._clock = settings.clock.clock()
        self._names = {
            topic: topic.named(settings.deployment) for topic in (ALERTS, ALERT_DELIVERIES, DEAD_LETTERS)
        }
        self._topics = {topic: raw(app, name) for topic, name in self._names.items()}
        self._measured = [rule for rule in settings.alerts if isinstance(rule, Measured)]
        self._outbox = self._new_outbox()
        self._stuck = [rule for rule in settings.alerts if isinstance(rule, StuckTask)]
        self._evaluations: list[Evaluation] | None = None
        self._watching: list[Watching] = []
        self._positions = Positions(config)
        self._held = False
        self._looked = -LOOK
        self._restored = False
        self._raised = self._stale = self._failures = 0
        self._register(app)

    async def notice(self, topic: Topic, record: Record) -> None:
        """Raise what a signal gives reason to, unless it is old news: a backlog or an import tells nobody."""
        now = self._clock.now()
        for alert in alerts_of(self._settings.alerts, record, now):
            if now - alert.occurred_at > self._settings.alerting.stale_after:
                self._stale += 1
            else:
                await self._raise(alert)

    def status(self) -> dict[str, Any]:
        """What was raised here and told."""
        return {
            "raised": self._raised,
            "stale": self._stale,
            "failures": self._failures,
            "watching": self._evaluations is not None,
            "held": self._held,
            **self._outbox.status(),
        }

    def _register(self, app: faust.App) -> None:
        async def follow(stream: Any) -> None:
            async for event in stream.events():
                self._take(origin_of(event.message))

        app.agent(self._topics[ALERTS], name="alerts")(follow)
        app.task(lambda: self._again(app, self._tell))
        app.task(lambda: self._again(app, self._watch))
        app.on_partitions_revoked.connect(self._on_change, weak=False)
        app.on_partitions_assigned.connect(self._on_change, weak=False)

    async def _on_change(self, *_: Any, **__: Any) -> None:
        self._restored = False
        self._evaluations = None
        self._outbox.forget_waiting()

    async def _again(self, app: faust.App, step: Any) -> None:
        """Step by step, until the application stops; what fails is said, and tried again later."""
        while not app.should_stop:
            try:
                await step(app)
                pause = TURN
            except (HeedfulError, SinkError, ContractError) as failure:
                self._failures += 1
                log.warning("alerts: %s: %s", type(failure).__name__, failure)
                pause = PATIENCE
            await app.sleep(pause)

    async def _tell(self, app: faust.App) -> None:
        mine = self._assigned(app)
        if not mine or not self._settings.alerting.targets:
            return
        if not self._restored:
            self._restored = True
            await self._restore(mine)
        await self._outbox.work(self._clock.now())

    async def _restore(self, mine: set[int]) -> None:
        try:
            deliveries = await asyncio.to_thread(lambda: list(self._tail(ALERT_DELIVERIES)))
            alerts = await asyncio.to_thread(lambda: list(self._tail(ALERTS)))
        except BaseException:
            self._restored = False
            raise
        for origin, record in (*deliveries, *alerts):
            match record:
                case AlertDelivery():
                    self._outbox.heard(record)
                case Alert() if origin.partition in mine:
                    self._outbox.take(record, origin)

    async def _watch(self, app: faust.App) -> None:
        if 0 not in self._assigned(app) or not (self._measured or self._stuck):
            return
        if self._evaluations is None:
            self._evaluations = await asyncio.to_thread(self._begun)
        if time.monotonic() - self._looked >= LOOK:
            await self._look(self._evaluations)
        until = self._clock.now() - self._settings.alerting.settle
        for evaluation in self._evaluations:
            if evaluation.due(until):
                for alert in lasting(await asyncio.to_thread(self._evaluated, evaluation, until)):
                    await self._raise(replace(alert, processed_at=self._clock.now()))

    async def _look(self, evaluations: list[Evaluation]) -> None:
        """At what the kernels' tasks say: whether history is being imported, and whether they get on."""
        said = await asyncio.to_thread(self._positions.look)
        self._looked = time.monotonic()
        self._spare_imports(evaluations, bool(held(said)))
        for watching in self._watching:
            for turned in await asyncio.to_thread(watching.turns, said):
                if turned.alert:
                    await self._raise(turned.alert)
                watching.note(turned)

    def _spare_imports(self, evaluations: list[Evaluation], is_held: bool) -> None:
        """What lands and is refused of history says nothing of now: no window that touches it is measured."""
        before, self._held = self._held, is_held
        if before or is_held:
            for evaluation in evaluations:
                evaluation.skip(self._clock.now())

    def _begun(self) -> list[Evaluation]:
        """What stands on cx.alerts stands."""
        standing = standings(record for _, record in self._tail(ALERTS))
        self._watching = [
            Watching(rule, self._config, self._clock, standing.get(rule.name)) for rule in self._stuck
        ]
        now = self._clock.now() - self._settings.alerting.settle
        return [resumed(rule, now, standing.get(rule.name)) for rule in self._measured]

    def _evaluated(self, evaluation: Evaluation, until: Millis) -> list[Alert]:
        with serving(self._settings) as client:
            return list(evaluation.run(client, until))

    async def _raise(self, alert: Alert) -> None:
        await self._post(ALERTS, key(alert.shop_id, alert.alert_id), alert)
        self._raised += 1

    async def _post(self, topic: Topic, key_: str, record: Record) -> None:
        await (await self._topics[topic].send(key=key_.encode(), value=self._codec.encode(record)))

    def _take(self, origin: Origin) -> None:
        """A record that can't be read is left to landing, which dead-letters it."""
        if (record := self._decoded(ALERTS, origin.value)) is not None:
            self._outbox.take(record, origin)

    def _decoded(self, topic: Topic, value: bytes | None) -> Any:
        try:
            return self._codec.decode(value, topic)
        except BadRecord:
            return None

    def _tail(self, topic: Topic) -> Iterator[tuple[Origin, Any]]:
        name = self._names[topic]
        partitions = partitions_of(self._config.kafka)[name]
        for message in Tails(self._config, {name: partitions}, LENGTH):
            origin = Origin.of(message)
            if (record := self._decoded(topic, origin.value)) is not None:
                yield origin, record

    def _assigned(self, app: faust.App) -> set[int]:
        """Partitions of cx.alerts that this process has now."""
        name = self._names[ALERTS]
        return {place.partition for place in app.consumer.assignment() if place.topic == name}

    def _new_outbox(self) -> Outbox:
        alerting = self._settings.alerting

        async def post(key_: str, record: Record) -> None:
            await self._post(
                ALERT_DELIVERIES if isinstance(record, AlertDelivery) else DEAD_LETTERS, key_, record
            )

        return Outbox(
            {name: target_of(name, target) for name, target in alerting.targets.items()},
            self._settings.alerts,
            Digest(alerting.digest.most, alerting.digest.within),
            alerting.retry,
            alerting.outdated_after,
            post,
        )
