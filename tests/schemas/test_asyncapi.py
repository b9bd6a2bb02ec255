"""The AsyncAPI document: that of the contracts, and one that AsyncAPI's own schema allows."""

import copy
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from schemas.asyncapi import document, text
from schemas.topics import CONTROL, SUBJECTS, TOPICS

ROOT = Path(__file__).parents[2]


@cache
def official() -> Draft7Validator:
    """AsyncAPI's own schema."""
    schema = json.loads((ROOT / "tests/vendor/asyncapi-3.0.0.json").read_text())
    return Draft7Validator(schema)


def test_the_file_is_what_the_contracts_say() -> None:
    written = (ROOT / "schemas/asyncapi.json").read_text()
    assert written == text(), "heedful schemas asyncapi > schemas/asyncapi.json"


def test_the_official_schema_allows_it() -> None:
    assert [error.message for error in official().iter_errors(document())] == []


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(("info", "title"), id="a title"),
        pytest.param(("operations", "send-decisions", "channel"), id="a channel of an operation"),
        pytest.param(("operations", "send-decisions", "action"), id="an action"),
    ],
)
def test_the_official_schema_refuses_it_without(path: tuple[str, ...]) -> None:
    broken: Any = copy.deepcopy(document())
    *outer, last = path
    place = broken
    for name in outer:
        place = place[name]
    del place[last]
    assert not official().is_valid(broken)


def test_every_topic_is_a_channel_and_every_subject_a_message() -> None:
    whole = document()
    assert {each["address"] for each in whole["channels"].values()} == {topic.name for topic in TOPICS}
    assert set(whole["components"]["messages"]) == set(SUBJECTS)


def test_every_reference_leads_somewhere() -> None:
    whole = document()

    def follow(value: Any) -> None:
        if isinstance(value, dict):
            if isinstance(reference := value.get("$ref"), str):
                place: Any = whole
                for part in reference.removeprefix("#/").split("/"):
                    place = place[part]
            for each in value.values():
                follow(each)

    follow({"channels": whole["channels"], "operations": whole["operations"]})


def test_control_records_stand_on_inputs() -> None:
    channels = document()["channels"]
    assert set(channels["cart"]["messages"]) >= {"cx.cart-value", "heedful.heartbeat", "heedful.hold"}
    assert not set(channels["decisions"]["messages"]) & set(CONTROL)
