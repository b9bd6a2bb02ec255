"""Files as such: packed, cut off, missing, of another format."""

import gzip
from pathlib import Path

import pytest

from streams.errors import FixInput
from streams.formats import format_named
from tests.formats.files import REES46, RETENTIONEERING, Found, rees46, written

ADD = "2022-10-01 00:00:03 UTC,cart,11,2.50,7001,sess-1"


def test_gzip_is_known_by_its_content(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(gzip.compress(f"{REES46}\n{ADD}\n".encode()))
    assert Found("rees46", [file]).counts == (1, 0, 0)


def test_the_last_line_may_lack_its_end_and_blank_lines_are_none(tmp_path: Path) -> None:
    file = written(tmp_path, REES46 + "\r", "", ADD + "\r", "  ", ADD, end="")
    assert Found("rees46", [file]).counts == (2, 1, 0)


def test_a_file_without_rows_is_no_error(tmp_path: Path) -> None:
    found = rees46(tmp_path)
    assert found.counts == (0, 0, 0)
    assert found.reading.last_event is None


@pytest.mark.parametrize(
    ("form", "header", "lacks"),
    [
        pytest.param(
            "rees46",
            RETENTIONEERING,
            "event_time, event_type, product_id, price, user_session",
            id="the other",
        ),
        pytest.param(
            "retentioneering", REES46, "session_id, event, timestamp, platform, acquisition_channel", id="one"
        ),
        pytest.param("rees46", "", "event_time", id="an empty file"),
        pytest.param("rees46", 'a,"b', "event_time", id="not even a header"),
    ],
)
def test_another_format_is_refused_with_what_it_lacks(
    tmp_path: Path, form: str, header: str, lacks: str
) -> None:
    with pytest.raises(FixInput, match=f"lacks the columns {lacks}"):
        Found(form, [written(tmp_path, header)])


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FixInput, match=r"none\.csv: can't be read: No such file"):
        Found("rees46", [tmp_path / "none.csv"])


def test_a_packed_file_that_is_cut_off(tmp_path: Path) -> None:
    file = tmp_path / "file.gz"
    file.write_bytes(gzip.compress(f"{REES46}\n{ADD}\n".encode())[:-9])
    with pytest.raises(FixInput, match="cut off or damaged"):
        Found("rees46", [file])


def test_an_unknown_format() -> None:
    with pytest.raises(FixInput, match="there are rees46, retentioneering, servicenow, zendesk, jsonl"):
        format_named("xml")
