"""Derived ids are UUIDs of version 5, as any library makes them."""

from uuid import uuid5

from hypothesis import given
from hypothesis import strategies as st

from schemas.ids import NAMESPACE, derive


@given(parts=st.lists(st.text(st.characters(codec="utf-8")) | st.integers(), min_size=1, max_size=4))
def test_the_standard_librarys_id_of_the_same_name(parts: list[str | int]) -> None:
    assert derive(*parts) == str(uuid5(NAMESPACE, "\x1f".join(map(str, parts))))


def test_parts_are_kept_apart() -> None:
    assert derive("a", "bc") != derive("ab", "c")
