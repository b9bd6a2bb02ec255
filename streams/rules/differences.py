"""What differs between two versions of the rules, by rule and field, in the words of ``heedful.toml``."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from streams.rules.contact_settings import Policy
from streams.rules.durations import WRITTEN, written
from streams.rules.settings import RuleSet

NONE, FALSE = "none", "false"


class Difference(NamedTuple):
    """One field of one rule. ``old`` and ``new``: as they are written, lengths of time with their unit.

    None: it isn't there, such as all that a policy says if only the other version has that policy.
    """

    rule: str
    field: str
    old: str | None
    new: str | None


def differences(old: RuleSet, new: RuleSet) -> list[Difference]:
    """Every field in which they differ, in the order of the settings. Of a whole policy that is new or gone:
    what it says.
    """
    before, after = fields(old), fields(new)
    found = (Difference(*place, before.get(place), after.get(place)) for place in {**before, **after})
    return [one for one in found if one.old != one.new and not _says_nothing(one)]


def fields(rules: RuleSet) -> dict[tuple[str, str], str]:
    """Every field as it is written, by its rule and its name in it. Equal versions have equal fields."""
    roots: Mapping[str, BaseModel] = {
        "rules.abandonment": rules.abandonment,
        "rules.contacts": rules.contacts,
        "outreach": rules.outreach,
        **{f"calendars.{name}": calendar for name, calendar in rules.calendars.items()},
    }
    return {
        (rule, field): value
        for rule, table in roots.items()
        for field, value in _of_table(table, _told(table), "")
    }


def _says_nothing(one: Difference) -> bool:
    """What a table that there was not leaves out: nothing, or in a policy one of its options."""
    values = {one.old, one.new}
    return values == {None, NONE} or (values == {None, FALSE} and one.field.startswith("policies["))


def _told(table: BaseModel) -> dict[str, Any]:
    """As JSON has it, without what is left out."""
    return table.model_dump(mode="json", by_alias=True, exclude_none=True)


def _of_table(table: BaseModel, told: Mapping[str, Any], within: str) -> Iterator[tuple[str, str]]:
    for name, info in type(table).model_fields.items():
        key = info.alias or name
        yield from _of(getattr(table, name), told.get(key), within + key, _is_length(info))


def _of(value: Any, told: Any, path: str, length: bool) -> Iterator[tuple[str, str]]:
    """``told``: the same as JSON has it."""
    match value:
        case BaseModel():
            yield from _of_table(value, told, f"{path}.")
        case dict() if value:
            for each, (key, said) in zip(value.values(), told.items(), strict=True):
                yield from _of(each, said, f"{path}.{key}", length)
        case (Policy(), *_):
            yield path, ", ".join(each.name for each in value)
            for each, said in zip(value, told, strict=True):
                yield from _of_table(each, {**said, "name": None}, f"{path}[{each.name}].")
        case int() if length:
            yield path, written(value)
        case _:
            yield path, _text(told)


def _text(told: Any) -> str:
    if isinstance(told, str):
        return told
    return NONE if told in (None, [], {}) else json.dumps(told, ensure_ascii=False)


def _is_length(hint: Any) -> bool:
    """Whether an annotation says that the value is a length of time."""
    if isinstance(hint, FieldInfo):
        return WRITTEN in hint.metadata or _is_length(hint.annotation)
    inner = (*getattr(hint, "__metadata__", ()), *get_args(hint))
    return hint == WRITTEN or any(map(_is_length, inner))
