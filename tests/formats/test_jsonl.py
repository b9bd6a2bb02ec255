"""JSON lines: native events as they are."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.events import CartEvent, SupportEvent
from schemas.jsonl import to_json, to_millis
from schemas.topics import INPUTS
from streams.errors import FixInput
from tests.formats.files import Found, written

AT = "2024-05-19T10:00:00Z"


def a_line(topic: str = "cx.cart", **value: Any) -> str:
    base = {"event_id": "e-1", "visitor_id": "v-1", "occurred_at": AT, "type": "product_added"}
    return json.dumps({"topic": topic, "value": {**base, **value}})


def found(folder: Path, *lines: str) -> Found:
    return Found("jsonl", [written(folder, *lines)])


def test_an_event_without_received_at_was_received_when_it_happened(tmp_path: Path) -> None:
    (row,) = found(tmp_path, a_line(product_id="tea", price="2.50")).rows
    assert isinstance(row.event, CartEvent)
    assert row.event.received_at == row.event.occurred_at == to_millis(AT)
    assert (row.topic.name, row.key, row.event.sequence) == ("cx.cart", "main/v-1", None)


def test_every_input_goes_there_and_back(tmp_path: Path) -> None:
    event = SupportEvent(
        event_id="e", occurred_at=to_millis(AT), received_at=to_millis(AT), profile_id="p", contact_id="c"
    )
    (row,) = found(tmp_path, json.dumps({"topic": "shop-7.support", "value": to_json(event)})).rows
    assert row.event == event
    assert row.key == "main/p"


def test_the_logs_own_records_are_passed_over(tmp_path: Path) -> None:
    told = [
        {"topic": "cx.cart", "type": kind, "value": {"received_at": AT}} for kind in ("Heartbeat", "Hold")
    ]
    read = found(tmp_path, *(json.dumps(line) for line in told), a_line())
    assert len(read.rows) == 1
    assert read.dead == []


def test_the_examples_of_the_contracts_are_read(tmp_path: Path) -> None:
    folder = Path(__file__).parents[2] / "schemas" / "examples"
    lines = [
        json.dumps({"topic": topic.name, "value": json.loads(file.read_text())})
        for topic in INPUTS
        for file in sorted((folder / topic.subject).glob("*.json"))
    ]
    assert lines
    assert found(tmp_path, *lines).dead == []


def test_events_are_given_in_the_order_in_which_they_were_received(tmp_path: Path) -> None:
    late = a_line(event_id="late", received_at="2024-05-19T12:00:00Z")
    next_one = a_line(event_id="next", occurred_at="2024-05-19T11:00:00Z")
    assert [event.event_id for event in found(tmp_path, late, next_one).events] == ["next", "late"]


def test_identical_lines_are_duplicates_and_others_with_the_same_id_are_not(tmp_path: Path) -> None:
    assert found(tmp_path, a_line(), a_line(quantity=2), a_line()).counts == (3, 1, 0)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        pytest.param("{", "not JSON", id="not JSON"),
        pytest.param("[]", "not a JSON object", id="not an object"),
        pytest.param('{"topic": "cx.cart"}', "value is missing", id="no value"),
        pytest.param(a_line(topic="cx.decisions"), "not an input", id="an output"),
        pytest.param(a_line(topic="cart"), "not an input", id="no prefix"),
        pytest.param(a_line(event_id=""), "empty_id", id="no id"),
        pytest.param(a_line(occurred_at="yesterday"), "occurred_at must be a time", id="no time"),
        pytest.param(a_line(colour="red"), "colour is not a field", id="an unknown field"),
        pytest.param(a_line(quantity=0), "impossible_quantity", id="none of it"),
        pytest.param(
            a_line(received_at="2024-05-19T09:00:00Z"), "impossible_time", id="received before it happened"
        ),
    ],
)
def test_dead_lines(tmp_path: Path, line: str, reason: str) -> None:
    both = found(tmp_path, a_line(), line)
    assert both.counts == (2, 0, 1)
    assert reason in both.dead[0].reason
    assert both.dead[0].place.line == 2


def test_another_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FixInput, match="topic, value"):
        found(tmp_path, "a,b", "1,2")
