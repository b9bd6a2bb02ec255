"""A payment incident that a third party planted in half a year of traffic: one alert, its cause, its end."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from schemas.outputs import AbandonmentSignal
from schemas.topics import Topic
from schemas.words import Millis, Record
from sinks.clickhouse.client import Client, rows
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.reading import Asked, Limits, Reader
from sinks.clickhouse.store import escaped_parameter
from sinks.clickhouse.tables import table_of
from streams.alerts.evaluating import Evaluation, resumed, standings
from streams.alerts.history import told
from streams.care import Care
from streams.formats import format_named
from streams.formats.reading import Reading
from streams.replay import Replay
from streams.rules.alerts.settings import Measured, Usual
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet, override
from streams.until import until
from streams.visits import Visits
from tests.alerts.telling import at
from tests.sinks.harness import CODEC

pytestmark = [pytest.mark.data, pytest.mark.slow]

RULE = Measured(
    name="abandonment rate",
    kind="abandonment_rate",
    window="7d",
    every="1h",
    minimum=30,
    usual=Usual(weeks=8),
    resolve_after="2d",
)
"""Seven carts a day end in this shop: less than a week of them says little."""
BEGIN, END = at("2024-05-19T00:00+00:00"), at("2024-06-08T00:00+00:00")
DAY = 86_400_000


class Asking:
    """A client of a store of this process."""

    def __init__(self, store: EmbeddedStore) -> None:
        self._reader = Reader(store, Limits())

    def ask(self, sql: str, fmt: str, parameters: dict[str, str] | None = None) -> bytes:
        escaped = {name: escaped_parameter(value) for name, value in (parameters or {}).items()}
        return self._reader.answer(Asked(sql, fmt, "", escaped)).data


@pytest.fixture(scope="module")
def history(third_party: Path, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """The file, through both processors, landed."""
    store = EmbeddedStore(tmp_path_factory.mktemp("incident"))
    migrate(store)
    file = third_party / "shop_retentioneering" / "ecom.csv.gz"
    stages = ("cart", "checkout", "payment")
    rules = override(RuleSet.from_mapping({}), [f"rules.abandonment.{stage}.after=30m" for stage in stages])
    reading, limit = Reading(format_named("retentioneering"), [file]), until("+1d")
    host = Replay([Visits(), Care(RuleBook.single(rules), 0)])
    found: dict[Topic, list[Record]] = {}
    for output in host.run(
        (found.setdefault(row.topic, []).append(row.event) or row for row in reading),
        lambda: limit.reached(reading.last_event),
    ):
        if isinstance(output.value, AbandonmentSignal):
            found.setdefault(output.topic, []).append(output.value)
    for topic, records in found.items():
        values = [(offset, CODEC.encode(record)) for offset, record in enumerate(records)]
        for block in CODEC.decode_batch(topic, values).blocks_from(topic.name, "id", 0):
            store.insert(table_of(topic), block.columns, block.container, "Avro", topic.label)
    yield Asking(store)
    store.close()


def day(moment: Millis) -> str:
    return datetime.fromtimestamp(moment / 1000, UTC).strftime("%m-%d")


def share(client: Client, where: str) -> float:
    left = "round(100 * countIf(outcome = 'left') / count(), 2)"
    return rows(client, f"SELECT {left} AS share FROM v_cart_outcomes WHERE {where}")[0]["share"]


def test_the_rate_is_what_others_count(history):
    """Inside and outside of the incident, by the day on which a session began."""
    begun = (
        "visitor_id IN (SELECT session_id FROM (SELECT session_id, min(at) AS first FROM "
        "(SELECT session_id, occurred_at AS at FROM raw_cart UNION ALL "
        "SELECT session_id, occurred_at AS at FROM raw_clickstream) GROUP BY session_id) "
        "WHERE toDate(first) BETWEEN '2024-05-19' AND '2024-06-07')"
    )
    assert share(history, begun) == 79.82
    assert share(history, f"NOT {begun}") == 56.95
    counted = rows(history, "SELECT outcome, toUInt32(count()) AS n FROM v_cart_outcomes GROUP BY outcome")
    assert {row["outcome"]: row["n"] for row in counted} == {"left": 743, "bought": 470}


def test_it_raises_one_alert_with_its_cause_and_ends_with_one_resolved_notice(history):
    raised, resolved = told(history, [RULE], None, None)
    assert (raised.state, resolved.state) == ("raised", "resolved")
    assert BEGIN < raised.occurred_at < BEGIN + 5 * DAY
    assert END < resolved.occurred_at < END + 3 * DAY
    assert resolved.alert_id == raised.alert_id
    assert [cause.what for cause in raised.causes] == [
        "payment_failed",
        "left at payment",
        "page support_chat",
    ]
    assert all(cause.value > 4 * cause.usual for cause in raised.causes)
    assert raised.usual == pytest.approx(0.5695, abs=0.05)


def test_nothing_in_the_three_months_before(history):
    assert told(history, [RULE], at("2024-02-19T00:00+00:00"), BEGIN) == []


@pytest.mark.parametrize("steps", [24, 168], ids=["by day", "by week"])
def test_piece_by_piece_is_the_same(history, steps):
    """As it is evaluated live: a part of the time at once, each with a look at the weeks before."""
    begin, end = at("2024-04-01T00:00+00:00"), at("2024-06-20T00:00+00:00")
    evaluation = Evaluation(RULE, begin)
    pieces = range(begin, end + 1, steps * 3_600_000)
    found = [alert for piece in pieces for alert in evaluation.run(history, piece)]
    assert found == told(history, [RULE], begin, end)


def test_a_restart_in_between_goes_on_with_what_stands(history):
    """All that is kept is what stands on cx.alerts."""
    raised, resolved = told(history, [RULE], None, None)
    again = resumed(RULE, END, standings([raised])[RULE.name])
    assert list(again.run(history, END + 10 * DAY)) == [resolved]


def test_a_plain_threshold_does_it_too(history):
    rule = RULE.model_copy(update={"usual": None, "above": 0.75})
    assert [one.state for one in told(history, [rule], None, None)] == ["raised", "resolved"]
