"""Bodies are spelt as a general writer spells them, and what doesn't fit is refused."""

import json
from io import BytesIO

import fastavro
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.errors import Unencodable
from schemas.events import Click
from schemas.published import SUBJECT_OF, newest
from schemas.words import Record
from tests.schemas.builders import CODEC, MODELS, records


def by_fastavro(record: Record) -> bytes:
    """The body under the schema as it was published."""
    schema = fastavro.parse_schema(json.loads(newest(SUBJECT_OF[type(record)]).text))
    out = BytesIO()
    fastavro.schemaless_writer(out, schema, _plain(record))
    return out.getvalue()


def _plain(record: Record) -> dict[str, object]:
    plain = msgspec.structs.asdict(record)
    for name, value in plain.items():
        if isinstance(value, tuple):
            plain[name] = [_plain(item) if isinstance(item, Record) else item for item in value]
    return plain


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=20)
@given(data=st.data())
def test_any_record_is_spelt_as_fastavro_spells_it(model: type[Record], data: st.DataObject) -> None:
    record = data.draw(records(model))
    assert CODEC.encode(record)[5:] == by_fastavro(record)


@pytest.mark.parametrize(
    "number",
    [-(1 << 63), -(1 << 53), -8193, -65, -64, -2, -1, 0, 1, 63, 64, 8191, 8192, 1 << 53, (1 << 63) - 1],
)
def test_any_number_is_spelt_as_fastavro_spells_it(number: int) -> None:
    click = Click(event_id="e", occurred_at=1, received_at=1, visitor_id="v", results=number)
    assert CODEC.encode(click)[5:] == by_fastavro(click)


@pytest.mark.parametrize(
    "number", [pytest.param(1 << 63, id="above"), pytest.param(-(1 << 63) - 1, id="below")]
)
def test_a_number_of_more_than_64_bits_is_refused(number: int) -> None:
    click = Click(event_id="e", occurred_at=1, received_at=1, visitor_id="v", results=number)
    with pytest.raises(Unencodable, match="64 bits"):
        CODEC.encode(click)
