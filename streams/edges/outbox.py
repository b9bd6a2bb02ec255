"""What is still to be told to whom. The log remembers it: cx.alerts, less what cx.alerts.deliveries has.

So a restart tells what was not told, and nothing again; but for a message that a target took the moment
before the process died: it goes out once more, under the same id.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from schemas.ids import derive
from schemas.outputs import Alert, AlertDelivery, DeadLetter
from schemas.topics import key
from schemas.words import DeliveryOutcome, Millis
from streams.edges.delivery import Target
from streams.errors import Unavailable
from streams.kernel.deadletters import Origin, dead_letter
from streams.rules.alerts.notices import Digest, Message, plan
from streams.rules.alerts.settings import AlertRule

log = logging.getLogger(__name__)

Post: TypeAlias = Callable[[str, AlertDelivery | DeadLetter], Awaitable[None]]
"""Sends a record under its key, and waits until the broker has it."""

REMEMBERED = 100_000


@dataclass
class _Queue:
    """What waits for one target, in the order in which it was heard of."""

    target: Target
    waiting: dict[str, tuple[Alert, Origin]] = field(default_factory=dict)
    sent: deque[Millis] = field(default_factory=lambda: deque(maxlen=1_000))
    failing: Message | None = None
    tries: int = 0
    next_try: Millis = 0


class Outbox:
    """Tells each alert to the targets of its rule. Of what was told it remembers the ids, so many."""

    def __init__(
        self,
        targets: Mapping[str, Target],
        rules: Iterable[AlertRule],
        digest: Digest,
        retry: Sequence[Millis],
        outdated_after: Millis,
        post: Post,
    ) -> None:
        """``retry``: pauses before each further try."""
        self._queues = {name: _Queue(target) for name, target in targets.items()}
        self._to = {rule.name: rule.to for rule in rules}
        self._quiet = {rule.name: rule.quiet for rule in rules}
        self._digest = digest
        self._retry = retry
        self._outdated_after = outdated_after
        self._post = post
        self._told: dict[tuple[str, str], None] = {}
        self.counts: dict[str, int] = {}

    def take(self, alert: Alert, origin: Origin) -> None:
        """An alert of the log. Twice is once."""
        for name in self._to.get(alert.name, ()):
            queue = self._queues[name]
            if (alert.event_id, name) not in self._told:
                queue.waiting.setdefault(alert.event_id, (alert, origin))

    def heard(self, delivery: AlertDelivery) -> None:
        """Something was told, by whomever."""
        self._told[delivery.notice_id, delivery.target] = None
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        if queue := self._queues.get(delivery.target):
            queue.waiting.pop(delivery.notice_id, None)

    def forget_waiting(self) -> None:
        """Others may tell it now: partitions were taken away."""
        for queue in self._queues.values():
            queue.waiting.clear()
            queue.failing = None

    async def work(self, now: Millis) -> None:
        """Tell what is to be told now. Never raises for a target's sake."""
        for name, queue in self._queues.items():
            if queue.waiting:
                await self._serve(name, queue, now)

    def status(self) -> dict[str, Any]:
        """How many wait, by target, and what became of the others."""
        waiting = {name: len(queue.waiting) for name, queue in self._queues.items()}
        return {"waiting": waiting, **self.counts}

    async def _serve(self, name: str, queue: _Queue, now: Millis) -> None:
        if queue.failing:
            if now >= queue.next_try:
                await self._was_sent(name, queue, queue.failing, now)
            return
        alerts = [alert for alert, _ in queue.waiting.values()]
        planned = plan(alerts, queue.sent, now, name, self._digest, self._quiet, self._outdated_after)
        for alert in planned.outdated:
            await self._note(name, Message("", (alert,)), "outdated", now, 0)
        for message in planned.messages:
            if not await self._was_sent(name, queue, message, now):
                return

    async def _was_sent(self, name: str, queue: _Queue, message: Message, now: Millis) -> bool:
        try:
            await queue.target.send(message, now)
        except Unavailable as failure:
            await self._failed(name, queue, message, str(failure), now)
            return False
        queue.sent.append(now)
        tries, queue.failing, queue.tries = queue.tries + 1, None, 0
        await self._note(name, message, "digested" if message.is_digest else "delivered", now, tries)
        return True

    async def _failed(self, name: str, queue: _Queue, message: Message, why: str, now: Millis) -> None:
        queue.failing, queue.tries = message, queue.tries + 1
        log.warning("alert target %s failed (%s), try %s", name, why, queue.tries)
        if queue.tries <= len(self._retry):
            queue.next_try = now + self._retry[queue.tries - 1]
            return
        tries, queue.failing, queue.tries = queue.tries, None, 0
        for alert in message.alerts:
            _, origin = queue.waiting[alert.event_id]
            letter = dead_letter(origin, f"deliver {name}", "handler_failed", why, "edges")
            await self._post(origin.key, letter)
        await self._note(name, message, "refused", now, tries, why)

    async def _note(
        self,
        name: str,
        message: Message,
        outcome: DeliveryOutcome,
        now: Millis,
        tries: int,
        why: str | None = None,
    ) -> None:
        for alert in message.alerts:
            delivery = AlertDelivery(
                event_id=derive("delivery", alert.event_id, name, outcome),
                shop_id=alert.shop_id,
                notice_id=alert.event_id,
                alert_id=alert.alert_id,
                target=name,
                outcome=outcome,
                occurred_at=now,
                message_id=message.message_id,
                tries=tries,
                detail=why,
            )
            await self._post(key(alert.shop_id, alert.alert_id), delivery)
            self.heard(delivery)
            self.counts[outcome] = self.counts.get(outcome, 0) + 1
