"""Versions follow each other or are refused; published files don't change."""

import json
import shutil

import pytest

from schemas.codec import resolve
from schemas.compatibility import incompatible, unreadable
from schemas.errors import FixSchemas
from schemas.published import AVRO, newest
from schemas.publishing import LEDGER, level_of, problems, publish
from schemas.shape import parse
from schemas.topics import INPUTS, SUBJECTS

A = {"name": "a", "type": "string"}
B = {"name": "b", "type": ["null", "string"], "default": None}
B_NEEDED = {"name": "b", "type": "string"}
B_LONG = {"name": "b", "type": ["null", "long"], "default": None}
SMALL = {"type": "enum", "name": "E", "symbols": ["unknown", "x"], "default": "unknown"}
LARGE = {**SMALL, "symbols": ["unknown", "x", "y"]}


def of(*fields, name="R"):
    return parse(json.dumps({"type": "record", "name": name, "namespace": "heedful", "fields": list(fields)}))


def enum(declared):
    return {"name": "e", "type": declared, "default": "unknown"}


def lines(*fields):
    items = {"type": "record", "name": "Line", "fields": list(fields)}
    return {"name": "lines", "type": {"type": "array", "items": items}, "default": []}


@pytest.mark.parametrize(
    ("earlier", "later", "backward", "full"),
    [
        pytest.param(of(A), of(A), True, True, id="nothing changed"),
        pytest.param(of(A), of(A, B), True, True, id="field with default added"),
        pytest.param(of(A), of(A, B_NEEDED), False, False, id="field without default added"),
        pytest.param(of(A, B), of(A), True, True, id="field with default removed"),
        pytest.param(of(A, B_NEEDED), of(A), True, False, id="field without default removed"),
        pytest.param(of(A, B_NEEDED), of(A, B), True, False, id="became nullable"),
        pytest.param(of(A, B), of(A, B_NEEDED), False, False, id="no longer nullable"),
        pytest.param(of(A, B), of(A, B_LONG), False, False, id="another type"),
        pytest.param(of(A, B), of(B, A), True, True, id="another order"),
        pytest.param(of(A), of(A, name="S"), False, False, id="another name"),
        pytest.param(of(enum(SMALL)), of(enum(LARGE)), True, True, id="symbol added"),
        pytest.param(of(enum(LARGE)), of(enum(SMALL)), True, True, id="symbol removed, reads as unknown"),
        pytest.param(of(enum(SMALL)), of(enum({**SMALL, "name": "F"})), False, False, id="enum renamed"),
        pytest.param(of(lines(A)), of(lines(A, B)), True, True, id="field added to lines"),
        pytest.param(of(lines(A)), of(lines(A, B_NEEDED)), False, False, id="needed field added to lines"),
    ],
)
def test_may_follow(earlier, later, backward, full):
    assert (incompatible(later, [earlier], "BACKWARD") == []) == backward
    assert (incompatible(later, [earlier], "FULL") == []) == full


def test_every_earlier_version_counts():
    """Removed and added again as something else: readable after one step, not after two."""
    versions = [of(A, B), of(A), of(A, B_LONG)]
    assert incompatible(versions[1], versions[:1], "FULL") == []
    assert incompatible(versions[2], versions[1:2], "FULL") == []
    assert incompatible(versions[2], versions[:2], "BACKWARD") == [
        "can't read version 1: b changed from string to long"
    ]


def test_others_schemas_are_not_ours():
    with pytest.raises(FixSchemas, match="none of our contracts"):
        resolve(1, of(A, name="Parcel"))
    with pytest.raises(FixSchemas, match="visitor_id"):
        resolve(1, of(A, name="Click"))


def test_inputs_are_backward_all_else_full():
    levels = {subject: level_of(subject) for subject in SUBJECTS}
    assert {subject for subject in levels if levels[subject] == "BACKWARD"} == {t.subject for t in INPUTS}


def test_the_files_of_this_package_are_in_order():
    assert problems() == []
    assert {folder.name for folder in AVRO.iterdir() if folder.is_dir()} == set(SUBJECTS)


@pytest.fixture
def avro(tmp_path):
    """A copy of the schema files that a test may change."""
    return shutil.copytree(AVRO, tmp_path / "avro")


def add_version(avro, subject, *fields):
    schema = json.loads(newest(subject).text)
    schema["fields"] += fields
    (avro / subject / "3.avsc").write_text(json.dumps(schema))


def test_a_new_version_is_published_once(avro):
    add_version(avro, "cx.cart-value", B)
    assert problems(avro) == ["cx.cart-value/3.avsc is not published: heedful schemas check --publish"]
    assert publish(avro) == ["cx.cart-value/3.avsc"]
    assert problems(avro) == []
    assert publish(avro) == []


@pytest.mark.parametrize("change", [" ", "rename"])
def test_a_published_file_does_not_change(avro, change):
    file = avro / "cx.cart-value" / "1.avsc"
    file.write_text(
        file.read_text().replace("quantity", "amount") if change == "rename" else "\n" + file.read_text()
    )
    wrong = "cx.cart-value/1.avsc was published and must not change: add a version"
    assert problems(avro) == [wrong]
    with pytest.raises(FixSchemas, match="must not change"):
        publish(avro)


def test_a_published_file_does_not_go(avro):
    add_version(avro, "cx.cart-value", B)
    publish(avro)
    (avro / "cx.cart-value" / "3.avsc").unlink()
    assert problems(avro) == ["cx.cart-value/3.avsc was published and is gone"]


def test_an_incompatible_version_is_not_published(avro):
    before = (avro / LEDGER).read_bytes()
    add_version(avro, "cx.cart-value", B_NEEDED)
    wrong = "cx.cart-value/3.avsc can't read version {}: b is missing there and has no default"
    assert problems(avro) == [wrong.format(1), wrong.format(2)]
    with pytest.raises(FixSchemas):
        publish(avro)
    assert (avro / LEDGER).read_bytes() == before


def test_versions_have_no_gaps(avro):
    (avro / "cx.cart-value" / "1.avsc").rename(avro / "cx.cart-value" / "4.avsc")
    assert any("numbered 1, 2, 3" in why for why in problems(avro))


def test_unreadable_says_why():
    assert unreadable(of(A, B_NEEDED), of(A, B)) == ["b may be null there and not here"]
