"""Ids of schemas: from files, from a server; other versions than ours."""

import json
import struct
from collections.abc import Iterator
from io import BytesIO

import fastavro
import pytest

from schemas import topics
from schemas.codec import Codec
from schemas.confluent import ConfluentRegistry
from schemas.errors import BadRecord, FixSchemas, RegistryUnavailable
from schemas.events import CartEvent, Click
from schemas.payloads import all_examples, examples
from schemas.published import newest, versions
from schemas.registry import FileRegistry, content_id
from schemas.topics import SUBJECTS
from schemas.words import Line
from tests.schemas.builders import SMALL
from tests.schemas.rest_registry import FIRST_ID, RestRegistry, rest_registry

AT = 1_741_082_400_000
SIZES = pytest.mark.parametrize("times", [1, 3 * SMALL], ids=["small", "large"])


@pytest.fixture
def server() -> Iterator[RestRegistry]:
    with rest_registry() as running:
        yield running


def registered(server):
    """A registry that knows all our subjects."""
    registry = ConfluentRegistry(server.url)
    for subject in SUBJECTS:
        registry.register(subject, newest(subject).text)
    return registry


def test_content_ids_differ_and_fit():
    texts = [shape.text for subject in SUBJECTS for shape in versions(subject)]
    ids = {content_id(text) for text in texts}
    assert len(ids) == len(texts)
    assert all(0 < schema_id < 2**31 for schema_id in ids)


def test_content_ids_depend_on_content_only():
    text = newest("cx.cart-value").text
    schema = json.loads(text)
    assert content_id(json.dumps(dict(reversed(schema.items())))) == content_id(text)
    assert content_id(json.dumps(schema | {"doc": "Another."})) != content_id(text)


def test_files_know_their_ids():
    registry = FileRegistry()
    for subject in SUBJECTS:
        assert registry.text_of(registry.id_of(subject)) == newest(subject).text
    assert registry.text_of(1) is None
    with pytest.raises(FixSchemas):
        registry.id_of("cx.parcels-value")


def test_examples_survive_under_the_ids_of_a_server(server):
    codec = Codec(registered(server))
    for _, _, record in all_examples():
        value = codec.encode(record)
        assert codec.decode(value) == record
        assert struct.unpack_from(">bI", value)[1] >= FIRST_ID


def test_a_server_is_asked_once(server):
    codec = Codec(registered(server))
    record = examples("cx.cart-value")[0][1]
    server.requests.clear()
    values = [codec.encode(record) for _ in range(50)]
    assert len(codec.decode_batch(topics.CART, list(enumerate(values)))) == 50
    assert len(server.requests) == 2


def test_ids_of_one_registry_mean_nothing_to_another(server):
    value = Codec(registered(server)).encode(examples("cx.cart-value")[0][1])
    with pytest.raises(BadRecord, match="unknown_schema"):
        Codec(FileRegistry()).decode(value)


def test_what_is_not_registered_is_said(server):
    with pytest.raises(FixSchemas, match="heedful schemas register"):
        ConfluentRegistry(server.url).id_of("cx.cart-value")


def test_a_refusal_is_said(server):
    with pytest.raises(FixSchemas, match="incompatible"):
        ConfluentRegistry(server.url).register("x", '{"type": "string", "doc": "to be refused"}')


def test_an_unknown_id_is_asked_for_again(server):
    registry = ConfluentRegistry(server.url)
    assert registry.text_of(FIRST_ID) is None
    registry.register("cx.cart-value", newest("cx.cart-value").text)
    assert registry.text_of(FIRST_ID) == newest("cx.cart-value").text


def test_a_server_that_is_gone_is_no_bad_record():
    with rest_registry() as server:
        registry = ConfluentRegistry(server.url)
    with pytest.raises(RegistryUnavailable, match=registry.url):
        registry.text_of(FIRST_ID)
    with pytest.raises(RegistryUnavailable):
        Codec(registry).decode_batch(topics.CART, [(0, b"\0\0\0\0\1x")])


class Texts:
    """A registry of the schemas it is given, under the ids 1, 2, 3 …"""

    def __init__(self, *schemas):
        self.schemas = schemas

    def id_of(self, subject):
        raise AssertionError("nothing is written here")

    def text_of(self, schema_id):
        return json.dumps(self.schemas[schema_id - 1]) if schema_id <= len(self.schemas) else None


def written(schema, schema_id, row):
    out = BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(json.loads(json.dumps(schema))), row)
    return struct.pack(">bI", 0, schema_id) + out.getvalue()


def like(subject, without=(), extra=()):
    schema = json.loads(newest(subject).text)
    schema["fields"] = [*extra, *(field for field in schema["fields"] if field["name"] not in without)]
    return schema


CLICK = {"event_id": "e", "shop_id": "main", "occurred_at": AT, "received_at": AT, "visitor_id": "v"}


@SIZES
def test_other_versions_are_read_as_ours(times):
    """One lacks fields and has one more; one has more symbols."""
    older = like("cx.clickstream-value", ("acquisition", "device", "source"), [{"name": "x", "type": "long"}])
    newer = like("cx.clickstream-value")
    field_of(newer, "type")["type"]["symbols"].insert(1, "product_dreamt_of")
    codec = Codec(Texts(older, newer))
    values = [
        written(older, 1, CLICK | {"x": 7, "type": "page_viewed", "is_bot": True}),
        written(
            newer,
            2,
            CLICK | {"type": "product_dreamt_of", "device": "tablet", "source": "s", "is_bot": False},
        ),
    ]
    batch = codec.decode_batch(topics.CLICKSTREAM, list(enumerate(values * times)))
    same = {"event_id": "e", "occurred_at": AT, "received_at": AT, "visitor_id": "v"}
    expected = [Click(**same, type="page_viewed", is_bot=True), Click(**same, device="tablet", source="s")]
    assert batch.bad == []
    assert [record for _, record in batch.records] == expected * times
    assert [codec.decode(value) for value in values] == expected
    assert {block.schema_id: len(block.offsets) for block in batch.blocks.values()} == {1: times, 2: times}


def field_of(schema, name):
    return next(field for field in schema["fields"] if field["name"] == name)


@SIZES
def test_other_versions_of_lines_are_read_as_ours(times):
    older = like("cx.cart-value")
    items = field_of(older, "lines")["type"]["items"]
    items["fields"] = [
        *(field for field in items["fields"] if field["name"] != "name"),
        {"name": "y", "type": "string"},
    ]
    codec = Codec(Texts(older))
    lines = [
        {"product_id": "p", "quantity": 2, "price": None, "y": "?"},
        {"product_id": "q", "quantity": 1, "y": ""},
    ]
    rest = {"source": "s", "type": "cart_updated", "device": "other", "is_bot": False}
    values = [written(older, 1, CLICK | rest | {"lines": some}) for some in (lines, [], lines[:1])]
    batch = codec.decode_batch(topics.CART, list(enumerate(values * times)))
    ours = (Line(product_id="p", quantity=2), Line(product_id="q"))
    assert batch.bad == []
    assert [record.lines for _, record in batch.records] == [ours, (), ours[:1]] * times
    assert isinstance(batch.records[0][1], CartEvent)


def test_a_schema_that_is_not_ours_is_unknown():
    stranger = like("cx.cart-value", ("visitor_id",))
    odd = {"type": "map", "values": "string"}
    for schema in (stranger, odd):
        with pytest.raises(BadRecord, match="unknown_schema"):
            Codec(Texts(schema)).decode(b"\0\0\0\0\1abc")
