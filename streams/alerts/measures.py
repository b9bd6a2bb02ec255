"""What rules of alerts measure, asked of ClickHouse: counts in buckets of time, and what is behind them."""

from collections.abc import Mapping, Sequence

from schemas.topics import INPUTS
from schemas.words import AlertKind, Millis
from sinks.clickhouse.client import Client, rows
from sinks.clickhouse.tables import table_of
from streams.rules.alerts.causes import Label
from streams.rules.alerts.readings import Count, Window
from streams.rules.alerts.settings import Measured
from streams.rules.alerts.standing import SHOP, About

Counts = dict[About, list[Count]]


def within(time: str) -> str:
    """A condition on a column of time: since the parameter since, before until."""
    since, until = (f"fromUnixTimestamp64Milli({{{name}:Int64}}, 'UTC')" for name in ("since", "until"))
    return f"{time} >= {since} AND {time} < {until}"


def _counted(source: str, time: str, part: str, whole: str = "0", about: str = f"shop_id, '{SHOP}'") -> str:
    """A statement that counts in buckets; ``about``: shop and subject."""
    bucket = "{bucket:Int64}"
    at = f"toFloat64(intDiv(toUnixTimestamp64Milli({time}), {bucket}) * {bucket})"
    shop, subject = about.split(", ")
    return (
        f"SELECT {shop} AS shop, {subject} AS subject, {at} AS bucket, "
        f"toFloat64({part}) AS part, toFloat64({whole}) AS whole "
        f"FROM {source} WHERE {within(time)} GROUP BY shop, subject, bucket"
    )


def _inputs() -> str:
    """All input topics. Rows, not events, are counted: of sources and delays that is close enough."""
    one = "SELECT '{}' AS topic, received_at, _landed_at FROM {}"
    return f"({' UNION ALL '.join(one.format(topic.label, table_of(topic)) for topic in INPUTS)})"


ANSWERS = """(
    SELECT shop_id, team, channel, priority, contact_id, breached_at IS NOT NULL AS late,
           assumeNotNull(ifNull(breached_at, answered_at)) AS decided_at
    FROM v_first_reply
    WHERE breached_at IS NOT NULL OR answered_at IS NOT NULL
)"""
"""Questions whose first reply was given in time, or wasn't."""

COUNTED: Mapping[AlertKind, str] = {
    "abandonment_rate": _counted("v_cart_outcomes", "decided_at", "countIf(outcome = 'left')", "count()"),
    "unanswered_share": _counted(ANSWERS, "decided_at", "countIf(late)", "count()"),
    "dead_letters": _counted("raw_dead_letters", "occurred_at", "uniqExact(event_id)", about=f"'', '{SHOP}'"),
    "silence": _counted(_inputs(), "received_at", "count()", about="'', topic"),
    "lag": _counted(
        _inputs(),
        "_landed_at",
        "sum(dateDiff('millisecond', received_at, _landed_at)) / 1000",
        "count()",
        about="'', topic",
    ),
}
"""By kind: how many (seconds, for lag), of how many."""


def _seen(source: str, time: str, what: str, who: str, where: str = "1") -> str:
    """Rows of what, who and when, one for each time that something was seen."""
    return (
        f"SELECT {what} AS what, toString({who}) AS who, {time} AS seen_at "
        f"FROM {source} WHERE {within(time)} AND ({where})"
    )


_BUYERS = "visitor_id IN (SELECT visitor_id FROM v_cart_outcomes)"
_OF_SHOP = "shop_id = {shop:String}"

SEEN: Mapping[AlertKind, tuple[str, ...]] = {
    "abandonment_rate": (
        _seen(
            "raw_cart",
            "occurred_at",
            "toString(type)",
            "visitor_id",
            f"type IN ('payment_failed', 'coupon_denied') AND {_OF_SHOP} AND NOT is_bot",
        ),
        _seen(
            "raw_clickstream",
            "occurred_at",
            "multiIf(type = 'error_shown', concat('error ', ifNull(error_code, url), ''), "
            "type = 'page_viewed', concat('page ', url), 'search without results')",
            "visitor_id",
            "(type IN ('error_shown', 'page_viewed') OR type = 'products_searched' AND results = 0) "
            f"AND {_OF_SHOP} AND NOT is_bot AND {_BUYERS}",
        ),
        _seen(
            "raw_support",
            "occurred_at",
            "concat('question by ', channel)",
            "profile_id",
            f"type = 'message_received' AND kind = 'customer_message' AND {_OF_SHOP}",
        ),
        _seen(
            "v_cart_outcomes",
            "decided_at",
            "concat('left at ', stage)",
            "visitor_id",
            f"outcome = 'left' AND {_OF_SHOP}",
        ),
        _seen(
            "v_cart_outcomes",
            "decided_at",
            "concat('left on ', device)",
            "visitor_id",
            f"outcome = 'left' AND {_OF_SHOP}",
        ),
    ),
    "unanswered_share": tuple(
        _seen(
            ANSWERS, "decided_at", f"concat('late: {field} ', {field})", "contact_id", f"late AND {_OF_SHOP}"
        )
        for field in ("team", "channel", "priority")
    ),
    "dead_letters": (_seen("raw_dead_letters", "occurred_at", "concat(reason, ' on ', topic)", "event_id"),),
}
"""What may stand behind a number, by kind; counted by who."""


def counts(client: Client, rule: Measured, since: Millis, until: Millis) -> Counts:
    """Counts in buckets, by shop and subject. Raises QueryFailed, Unavailable."""
    found: Counts = {}
    for row in rows(client, COUNTED[rule.kind], _times(since, until) | {"bucket": str(rule.bucket)}):
        about = About(row["shop"], row["subject"])
        if not rule.subjects or about.subject in rule.subjects:
            found.setdefault(about, []).append(Count(int(row["bucket"]), row["part"], row["whole"]))
    return found


def span(client: Client, rule: Measured) -> tuple[Millis, Millis] | None:
    """The first and the last bucket in which there is anything that the rule counts; None if there is none.

    Raises as ``counts``.
    """
    asked = _times(0, EVER) | {"bucket": str(rule.bucket)}
    sql = f"SELECT min(bucket) AS first, max(bucket) AS last, count() > 0 AS any FROM ({COUNTED[rule.kind]})"
    [row] = rows(client, sql, asked)
    return (int(row["first"]), int(row["last"])) if row["any"] else None


def labels(
    client: Client, kind: AlertKind, shop_id: str, window: Window, compared: Sequence[Window]
) -> list[Label]:
    """How often each thing that may stand behind it was seen, in the window and in those compared with."""
    seen = SEEN.get(kind)
    if not seen:
        return []
    since = min((one.start for one in compared), default=window.start)
    asked = {
        **_times(since, window.end),
        "shop": shop_id,
        "start": str(window.start),
        "starts": str([one.start for one in compared]),
        "ends": str([one.end for one in compared]),
    }
    found = rows(client, _LABELS.replace("SEEN", " UNION ALL ".join(seen)), asked)
    return [Label(row["what"], row["now"], row["before"]) for row in found]


EVER: Millis = 1 << 42
"""The year 2109."""

_LABELS = """
WITH
    toUnixTimestamp64Milli(seen_at) AS at,
    {starts:Array(Int64)} AS starts,
    {ends:Array(Int64)} AS ends,
    arrayFirstIndex((begin, end) -> at >= begin AND at < end, starts, ends) AS week
SELECT
    assumeNotNull(what) AS what,
    toFloat64(uniqExactIf(who, at >= {start:Int64})) AS now,
    toFloat64(uniqExactIf((who, week), week > 0 AND at < {start:Int64})) AS before
FROM (SEEN)
WHERE what IS NOT NULL
GROUP BY what
HAVING now > 0
"""


def _times(since: Millis, until: Millis) -> dict[str, str]:
    return {"since": str(since), "until": str(until)}
