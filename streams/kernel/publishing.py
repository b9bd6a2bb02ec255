"""What a task says, on its way into its transaction."""

from collections.abc import Mapping

from confluent_kafka import Message

from schemas import topics
from schemas.codec import Codec
from schemas.topics import Output, Topic
from streams.kernel.config import KernelConfig
from streams.kernel.deadletters import Origin, dead_letter
from streams.kernel.measures import Done
from streams.kernel.transaction import Transaction


class Publishing:
    """Encodes outputs, puts each into the transaction under its topic's name, and notes what it carries."""

    def __init__(self, config: KernelConfig, codec: Codec, kernel: str, transaction: Transaction) -> None:
        self.urgent = False
        """An output that somebody acts on at once waits to become visible."""
        self.done = Done()
        """What the transaction carries."""
        self._config = config
        self._codec = codec
        self._kernel = kernel
        self._transaction = transaction
        self._names: dict[str, str] = {}

    def publish(self, output: Output, holds: Mapping[str, bool]) -> None:
        """``holds``: of which inputs history is being imported."""
        topic = output.topic
        if topic.kind == "input" and not self._config.feeds_inputs:
            return
        value = None if output.value is None else self._codec.encode(output.value)
        self._transaction.produce(self._name_of(topic), output.key.encode(), value)
        self.done.publishes(output, holds)
        self.urgent |= topic.urgent

    def bury(self, message: Message, stage: str, reason: str, detail: str, holds: Mapping[str, bool]) -> None:
        """A record can't be obeyed."""
        origin = Origin.of(message)
        letter = dead_letter(origin, stage, reason, detail, self._kernel)
        self.publish(Output(topics.DEAD_LETTERS, origin.key, letter), holds)
        self.done.buried[reason] += 1

    def committed(self) -> Done:
        """The transaction has ended: what it carried is visible now."""
        done, self.done, self.urgent = self.done, Done(), False
        return done

    def _name_of(self, topic: Topic) -> str:
        name = self._names.get(topic.label)
        if name is None:
            name = self._names[topic.label] = self._config.named(topic)
        return name
