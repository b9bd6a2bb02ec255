"""What the page is told of this moment: counts of everybody, rows of a few, however many there are."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from schemas.facts import Fact
from schemas.words import Line
from streams.edges.live_sources import ROWS, Sources
from streams.edges.queue import Queue
from streams.edges.waiting import Waiting
from streams.edges.wiring import feed_of
from streams.settings import Settings
from streams.wiring import codec_of, kernel_config
from tests.builders import minute
from tests.edges.states import clock, contact

MANY = 100_000


def cart(number: int) -> Fact:
    """A cart in EUR that was last touched so many milliseconds after START."""
    return Fact(
        event_id=f"e{number}",
        occurred_at=minute(0),
        received_at=minute(0),
        profile_id=f"customer {number:06}",
        visitor_id=f"device {number:06}",
        type="cart_changed",
        stage="cart",
        cart_id=f"cart {number}",
        lines=(Line(product_id="lamp", price=Decimal(1)),),
        value=Decimal(1_000 + number % 9_000),
        currency="EUR",
        changed_at=minute(0),
        last_activity_at=minute(0) + number % 60_000,
    )


def told(tmp_path: Path, customers: int) -> dict[str, Any]:
    """What *now* says half an hour after START, if so many left a cart and as many wait for a reply."""
    settings = Settings().but(
        data_dir=tmp_path, clock={"kind": "simulated", "start": minute(30), "speed": 1e-15}
    )
    now, feed, waiting = settings.clock.clock(), feed_of(settings), Waiting()
    for number in range(customers):
        feed.at_risk.tell(cart(number))
        due = 20 + number % 20 + number / MANY
        waiting.take(b"%d" % number, contact(f"t-{number:06}", 0, clock("first_reply", due)))
    queue = Queue(kernel_config(settings), codec_of(settings), now, waiting)
    return dict(Sources(settings, now, feed, queue, lambda: None).now())


def test_the_page_stays_as_short_with_100_000_open_carts(tmp_path: Path) -> None:
    few, many = told(tmp_path, ROWS), told(tmp_path, MANY)
    assert (many["carts"]["at_risk"], many["contacts"]["waiting"]) == (MANY, MANY)
    lists = ("by_due", "by_value"), ("by_due", "next_due")
    for said, names in zip((many["carts"], many["contacts"]), lists, strict=True):
        assert [len(said[name]) for name in names] == [ROWS, ROWS]
    assert len(msgspec.json.encode(many)) < 2 * len(msgspec.json.encode(few)) < 40_000


def test_who_is_overdue_and_who_is_due_next_are_two_lists(tmp_path: Path) -> None:
    said = told(tmp_path, 40)["contacts"]
    assert (said["overdue"], said["in_time"]) == (20, 20)
    assert said["by_due"][0]["due_in_ms"] == -10 * 60_000
    assert [row["due_in_ms"] for row in said["next_due"]][:2] == [6, 18]
