"""The topics that are landed, and their ids."""

from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from schemas.topics import TOPICS, Topic
from sinks.clickhouse.blocks import Source
from sinks.clickhouse.config import LandingConfig
from sinks.errors import FixTarget, Unavailable

PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Landed:
    """Topics by name, and the id that the broker gave each when it was created."""

    topics: dict[str, Topic]
    ids: dict[str, str]

    def source(self, name: str, partition: int) -> Source:
        """One partition."""
        return Source(self.topics[name], name, self.ids[name], partition)


def look(config: LandingConfig) -> Landed:
    """Ask the broker. Raises FixTarget if a topic is missing, Unavailable if there is no answer."""
    topics = {config.named(topic): topic for topic in TOPICS}
    admin = AdminClient(dict(config.kafka))
    described = admin.describe_topics(TopicCollection(list(topics)))
    return Landed(topics, {name: _id(name, future) for name, future in described.items()})


def _id(name: str, future: Any) -> str:
    try:
        return str(future.result(PATIENCE).topic_id)
    except KafkaException as failure:
        if failure.args[0].name() == "UNKNOWN_TOPIC_OR_PART":
            raise FixTarget(f"Topic {name} does not exist. Create it: `heedful topics create`.") from failure
        raise Unavailable(f"The broker doesn't describe {name}: {failure}") from failure
