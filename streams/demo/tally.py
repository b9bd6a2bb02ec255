"""What stands now, as anybody who subscribes to heedful's topics knows it: open carts, who waits, signals."""

import threading

from confluent_kafka import Message

from schemas.codec import Codec
from schemas.outputs import AbandonmentSignal, ContactSignal, ContactState, Outreach, ProfileState
from schemas.topics import ABANDONMENT_SIGNALS, CONTACT_SIGNALS, CONTACTS, OUTREACH, PROFILES, Topic
from schemas.words import Millis, Record
from streams.demo.following import follow
from streams.kernel.config import KernelConfig
from streams.rules.contacts.said import METRIC_EVENTS

FOLLOWED = (ABANDONMENT_SIGNALS, CONTACT_SIGNALS, CONTACTS, PROFILES, *OUTREACH.values())
PATIENCE: Millis = 500


class Tally:
    """Counts. Each signal and each approach once, however often its record is seen."""

    def __init__(self) -> None:
        self._carts: dict[bytes, int] = {}
        self._waiting: set[bytes] = set()
        self._abandoned: set[str] = set()
        self._contacts: set[str] = set()
        self._requested: set[str] = set()

    def take(self, topic: Topic, key: bytes, record: Record | None) -> None:
        """A record of one of the topics followed; None forgets its key."""
        if isinstance(record, AbandonmentSignal):
            self._abandoned.add(record.event_id)
        elif isinstance(record, ContactSignal) and record.kind not in METRIC_EVENTS:
            self._contacts.add(record.event_id)
        elif isinstance(record, Outreach):
            if record.action == "request":
                self._requested.add(record.outreach_id)
        elif topic == PROFILES:
            self._carts[key] = record.open_carts if isinstance(record, ProfileState) else 0
        elif topic == CONTACTS:
            waits = isinstance(record, ContactState) and record.waiting
            (self._waiting.add if waits else self._waiting.discard)(key)

    def run(self, kafka: KernelConfig, codec: Codec, stop: threading.Event) -> None:
        """Count until ``stop`` is set."""

        def take(topic: Topic, message: Message, record: Record | None, seen: float) -> None:
            self.take(topic, message.key() or b"", record)

        follow(kafka, codec, FOLLOWED, take, stop, PATIENCE)

    @property
    def open_carts(self) -> int:
        """Carts that are neither empty nor ordered."""
        return sum(list(self._carts.values()))

    @property
    def waiting_contacts(self) -> int:
        """Contacts in which a customer waits for an answer."""
        return len(self._waiting)

    @property
    def signals(self) -> int:
        """Signals of all kinds."""
        return len(self._abandoned) + len(self._contacts)

    @property
    def outreach(self) -> int:
        """Approaches requested."""
        return len(self._requested)
