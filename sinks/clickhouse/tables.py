"""Which table a topic is landed in, and whose its rows are."""

from typing import NamedTuple

from schemas.control import Clock, Heartbeat, Hold
from schemas.topics import DEAD_LETTERS, FACTS, INPUTS, PROFILE_UPDATES, Topic

CONTROL = (Heartbeat, Hold, Clock)
"""Records that are counted, not inserted."""

TOMBSTONES = "raw_tombstones"
LANDINGS = "landings"
ERASURES = "erasures"
ERASED_ROWS = "erased_rows"

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


class Personal(NamedTuple):
    """How the rows of a topic tell whose they are.

    ``ids``: fields of the record, of which the first that is given names the owner: what a customer did on a
    device belongs to the customer, and else to the device. ``time``: the field that says when it was.
    """

    ids: tuple[str, ...]
    time: str

    @property
    def owner(self) -> str:
        """As an expression of ClickHouse, over a table named r."""
        return f"coalesce({', '.join(f'r.{name}' for name in self.ids)})"


def personal(topic: Topic) -> Personal | None:
    """Whose the rows of a topic are; None if they are nobody's."""
    fields = topic.model.__struct_fields__
    key = next((name for name in ("profile_id", "visitor_id") if name in fields), None)
    if key is None:
        return None
    ids = ("customer_id", key) if "customer_id" in fields else (key,)
    return Personal(ids, "occurred_at" if "occurred_at" in fields else "updated_at")
