"""Which table a topic is landed in."""

from schemas.control import Clock, Heartbeat, Hold
from schemas.topics import DEAD_LETTERS, FACTS, INPUTS, PROFILE_UPDATES, Topic

CONTROL = (Heartbeat, Hold, Clock)
"""Records that are counted, not inserted."""

TOMBSTONES = "raw_tombstones"
LANDINGS = "landings"

READ_BY_KERNELS = frozenset(topic.label for topic in (*INPUTS, FACTS))
"""A kernel dead-letters what is bad on these; landing does on all others."""


WITHHELD = {PROFILE_UPDATES.label: ("address",), DEAD_LETTERS.label: ("key", "value")}
"""By topic, what may identify a person and no analysis needs: it stays on the topic."""


def withheld(topic: Topic) -> tuple[str, ...]:
    """Fields of a topic that are not landed."""
    return WITHHELD.get(topic.label, ())


def table_of(topic: Topic) -> str:
    """The raw table of a topic; the channels of outreach share one."""
    label = "outreach" if topic.label.startswith("outreach.") else topic.label
    return "raw_" + label.replace(".", "_").replace("-", "_")
