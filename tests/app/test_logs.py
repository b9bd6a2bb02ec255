"""A line of log says what went wrong and where, and quotes nobody."""

import io
import json
import logging
import sys

import pytest

from sinks.errors import QueryFailed
from streams.errors import Unavailable
from streams.logs import AsJson, AsText

FORMATS = [pytest.param(AsText(), id="text"), pytest.param(AsJson("care"), id="json")]
RAISED = [
    pytest.param(ValueError("kim@example.org"), "ValueError", id="another's"),
    pytest.param(QueryFailed(60, "SELECT 'kim@example.org'"), "ClickHouse's code 60", id="ClickHouse's"),
    pytest.param(Unavailable("no broker answers"), "no broker answers", id="our own"),
]


def written(formatter: logging.Formatter, say) -> str:
    """What a logger with that format writes when something is said to it."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    log = logging.Logger("streams.test")
    log.addHandler(handler)
    say(log)
    return stream.getvalue()


@pytest.mark.parametrize("formatter", FORMATS)
@pytest.mark.parametrize(("error", "words"), RAISED)
def test_an_error_among_the_arguments(formatter, error, words):
    line = written(formatter, lambda log: log.warning("%s: again: %s", "cx.cart-1", error))
    assert "cx.cart-1: again: " in line
    assert words in line
    assert "kim" not in line


def raise_it(error, chained):
    if chained:
        raise RuntimeError("kim again") from error
    raise error


@pytest.mark.parametrize("formatter", FORMATS)
@pytest.mark.parametrize(("error", "words"), RAISED)
@pytest.mark.parametrize("chained", [False, True], ids=["raised", "as the cause"])
def test_an_error_that_was_raised(formatter, error, words, chained):
    def say(log):
        try:
            raise_it(error, chained)
        except (ValueError, QueryFailed, Unavailable, RuntimeError):
            log.warning("it failed", exc_info=True)

    line = written(formatter, say)
    assert words in line
    assert "test_logs.py" in line
    assert "kim" not in line


def test_json_is_one_object_a_line():
    line = written(AsJson("care"), lambda log: log.info("two\nlines of %d", 7))
    assert len(line.splitlines()) == 1
    told = json.loads(line)
    assert told.pop("at").startswith("2")
    assert told == {"level": "info", "role": "care", "logger": "streams.test", "message": "two\nlines of 7"}


def test_an_error_that_was_never_raised_has_no_places():
    def say(log):
        log.handle(log.makeRecord("x", 40, "f", 1, "m", (), (KeyError, KeyError("kim"), None)))

    assert written(AsText(), say).endswith("m\nKeyError\n")
    assert sys.exc_info() == (None, None, None)
