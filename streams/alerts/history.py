"""What alerts would have said over the history that has landed."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from schemas.outputs import Alert
from schemas.published import shape_of
from schemas.shape import Field
from schemas.topics import ABANDONMENT_SIGNALS, CONTACT_SIGNALS, Topic
from schemas.words import Millis, Record
from sinks.clickhouse.client import Client, rows
from sinks.clickhouse.tables import table_of
from streams.alerts.evaluating import Evaluation
from streams.alerts.measures import EVER, span, within
from streams.rules.alerts.settings import AlertRule, Measured
from streams.rules.alerts.signals import alerts_of


def told(
    client: Client, rules: Sequence[AlertRule], since: Millis | None, until: Millis | None
) -> list[Alert]:
    """What is raised and resolved from ``since`` to ``until``, in order; None: as far as there is something.

    Delays of landing are left out: history lands long after it was received. Raises QueryFailed, Unavailable.
    """
    measured = [rule for rule in rules if isinstance(rule, Measured) and rule.kind != "lag"]
    found = [alert for rule in measured for alert in _measured(client, rule, since, until)]
    for topic in (ABANDONMENT_SIGNALS, CONTACT_SIGNALS):
        for signal in _signals(client, topic, since or 0, until or EVER):
            found += alerts_of(rules, signal, signal.occurred_at)
    return sorted(found, key=lambda alert: (alert.occurred_at, alert.event_id))


def _measured(client: Client, rule: Measured, since: Millis | None, until: Millis | None) -> Iterator[Alert]:
    counted = span(client, rule)
    if counted is None:
        return
    first, last = counted
    begin = max(since or first, first)
    yield from Evaluation(rule, begin).run(client, until or last + rule.every)


def _signals(client: Client, topic: Topic, since: Millis, until: Millis) -> Iterator[Any]:
    """Signals of a topic, each once. What is in a cart is left out: no rule of alerts asks for it."""
    fields = [field for field in shape_of(topic.model).fields if field.kind not in ("records", "strings")]
    columns = ", ".join(f"{_asked(field)} AS {field.name}_" for field in fields)
    sql = f"SELECT {columns} FROM {table_of(topic)} WHERE {within('occurred_at')} LIMIT 1 BY event_id"
    for row in rows(client, sql, {"since": str(since), "until": str(until)}):
        yield _record(topic.model, {field.name: _read(field, row[field.name + "_"]) for field in fields})


def _asked(field: Field) -> str:
    if field.kind == "time":
        return f"toFloat64(toUnixTimestamp64Milli({field.name}))"
    return f"toString({field.name})" if field.kind == "decimal" else field.name


def _read(field: Field, value: Any) -> Any:
    if value is None:
        return None
    if field.kind == "decimal":
        return Decimal(value)
    return int(value) if field.kind in ("time", "long") else value


def _record(model: type[Record], values: dict[str, Any]) -> Record:
    return model(**values)
