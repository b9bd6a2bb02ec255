"""What the tests of the contracts share."""

from hypothesis import strategies as st

from schemas import topics
from schemas.codec import Codec
from schemas.conversion import item_model
from schemas.published import shape_of
from schemas.registry import FileRegistry
from schemas.shape import Field
from schemas.topics import SUBJECTS, Topic
from schemas.validation import EARLIEST, LATEST
from schemas.words import Record

CODEC = Codec(FileRegistry())
SMALL = 24
"""From this many records on a batch is decoded by column, in these tests."""
MODELS = tuple(SUBJECTS.values())


def a_topic_for(model: type[Record]) -> Topic:
    """A topic on which the contract has its place."""
    if model in (SUBJECTS["heedful.heartbeat"], SUBJECTS["heedful.hold"]):
        return topics.CART
    if model is SUBJECTS["heedful.clock"]:
        return topics.FACTS
    return next(topic for topic in topics.TOPICS if topic.model is model)


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PLAIN = {
    "boolean": st.booleans(),
    "long": st.integers(1, 2**63 - 1) | st.integers(1, 300),
    "double": st.floats(allow_nan=False),
    "string": TEXT,
    "bytes": st.binary(max_size=20),
    "time": st.integers(EARLIEST, LATEST - 1),
    "decimal": st.decimals(-(10**14) + 1, 10**14 - 1, places=4) | st.decimals(-99, 999, places=2),
    "strings": st.lists(TEXT, max_size=4).map(tuple),
}
IDENTIFIERS = st.uuids().map(str)


def values(field: Field) -> st.SearchStrategy[object]:
    """Values that a field of a good record may have."""
    if field.kind == "enum":
        return st.sampled_from(field.symbols)
    if field.kind == "records":
        return st.lists(records(item_model(field), field.items), max_size=3).map(tuple)
    identifies = field.name.endswith("_id") and field.kind == "string"
    some = IDENTIFIERS if identifies else PLAIN[field.kind]
    return st.none() | some if field.nullable else some


def records(model: type[Record], fields: tuple[Field, ...] | None = None) -> st.SearchStrategy[Record]:
    """Good records of a contract."""
    of = fields or shape_of(model).fields
    return st.builds(model, **{field.name: values(field) for field in of})
