"""Records in files."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import BadRecord
from schemas.events import CartEvent, Click
from schemas.facts import Fact
from schemas.jsonl import from_json, to_iso, to_json, to_millis
from tests.schemas.builders import MODELS, records

CLICK = {"event_id": "e", "occurred_at": 1, "received_at": 1, "visitor_id": "v"}
AT = 1_741_082_400_000


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_any_record_survives_json(model, data):
    record = data.draw(records(model))
    assert from_json(model, json.loads(json.dumps(to_json(record)))) == record


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("2025-03-04T10:00:00Z", AT),
        ("2025-03-04T11:00:00+01:00", AT),
        ("2025-03-04T10:00:00.1234Z", AT + 123),
        ("2025-03-04 10:00:00+00:00", AT),
    ],
)
def test_times(text, millis):
    assert to_millis(text) == millis
    assert to_millis(to_iso(millis)) == millis


def test_equal_amounts_are_the_same_json():
    record = from_json(CartEvent, CLICK | {"value": 12.5})
    assert record.value == Decimal("12.5")
    same = from_json(CartEvent, CLICK | {"value": "12.5000"})
    assert to_json(record) == to_json(same)
    assert to_json(record)["value"] == "12.5000"


@pytest.mark.parametrize(
    ("model", "values", "says"),
    [
        (Click, {"visitor_id": None}, "visitor_id may not be null"),
        (Click, {"visitor_id": 7}, "visitor_id must be a string"),
        (Click, {"occured_at": 1}, "occured_at is not a field of Click"),
        (Click, {"type": "page_view"}, "type must be one of unknown, page_viewed"),
        (Click, {"is_bot": "false"}, "is_bot must be true or false"),
        (Click, {"occurred_at": "yesterday"}, "occurred_at must be a time such as"),
        (Click, {"occurred_at": "2025-03-04T10:00:00"}, "occurred_at must be a time such as"),
        (Click, {"occurred_at": True}, "occurred_at must be a whole number"),
        (Click, {"results": 2**63}, "results must be a whole number of at most 64 bits"),
        (Click, {"results": 1.0}, "results must be a whole number"),
        (CartEvent, {"price": "12,50"}, "price must be an amount"),
        (CartEvent, {"price": "NaN"}, "price must be an amount"),
        (CartEvent, {"price": 0.00001}, "price must be an amount with at most 4 decimals"),
        (CartEvent, {"price": True}, "price must be an amount"),
        (CartEvent, {"lines": {}}, "lines must be a list"),
        (CartEvent, {"lines": [7]}, "lines[0]. must be an object"),
        (CartEvent, {"lines": [{"product_id": "p"}, {}]}, "lines[1].product_id is missing in Line"),
        (CartEvent, {"lines": [{"product_id": "p", "qty": 1}]}, "lines[0].qty is not a field of Line"),
        (Fact, {"profile_id": "p", "payload": "%"}, "payload must be base64"),
    ],
)
def test_errors_name_the_field(model, values, says):
    with pytest.raises(BadRecord) as caught:
        from_json(model, CLICK | values)
    assert caught.value.reason == "wrong_field"
    assert caught.value.detail.startswith(says)


@pytest.mark.parametrize("missing", CLICK)
def test_what_is_missing_is_named(missing):
    values = {name: value for name, value in CLICK.items() if name != missing}
    with pytest.raises(BadRecord, match=f"{missing} is missing in Click"):
        from_json(Click, values)
