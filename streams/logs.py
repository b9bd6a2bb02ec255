"""The lines of log of a process: for people, or one JSON object each. They name no customer.

What an exception says may quote a record, so a line has its type and the places alone. What heedful's own
errors and Kafka's say is about topics, settings and files, and is shown. ClickHouse's quote statements: of
those the code is shown.
"""

import json
import logging
import traceback
from types import TracebackType
from typing import TypeAlias

from confluent_kafka import KafkaException

from schemas.errors import BrokerUnavailable, FixAccess, FixSchemas, FixTopics, RegistryUnavailable
from schemas.jsonl import to_iso
from sinks.errors import FixTarget, QueryFailed, Refused, Unavailable
from streams.errors import HeedfulError
from streams.sections import LogFormat

Raised: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]

QUIET = ("aiokafka", "faust", "mode", "aiohttp", "asyncio", "clickhouse_connect")
"""Libraries that tell of their normal life on the level info."""

NAMES_NOBODY = (
    HeedfulError,
    KafkaException,
    BrokerUnavailable,
    FixAccess,
    FixSchemas,
    FixTopics,
    RegistryUnavailable,
    FixTarget,
    Refused,
    Unavailable,
    OSError,
    TypeError,
    AttributeError,
    NameError,
    ImportError,
)
"""Errors whose words are about the deployment or the program, and never about a record."""


def log_to_stderr(fmt: LogFormat, role: str) -> None:
    """Everything from the level info on; libraries from warning on."""
    handler = logging.StreamHandler()
    handler.setFormatter(AsJson(role) if fmt == "json" else AsText())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class AsText(logging.Formatter):
    """A line for people, and below it where an exception came from."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return super().format(_discreet(record))

    def formatException(self, ei: Raised) -> str:
        """Places, innermost last, and what went wrong."""
        return _trace(ei[1]) if ei[1] else ""


class AsJson(logging.Formatter):
    """One object a line: at, level, role, logger, message and, if something was raised, error and trace."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line = {
            "at": to_iso(round(record.created * 1000)),
            "level": record.levelname.lower(),
            "role": self._role,
            "logger": record.name,
            "message": _discreet(record).getMessage(),
        }
        if record.exc_info and record.exc_info[1]:
            error = record.exc_info[1]
            line |= {"error": type(error).__name__, "trace": _trace(error)}
        return json.dumps(line, ensure_ascii=False)


def words_of(error: BaseException) -> str:
    """What may be said of an error."""
    if isinstance(error, QueryFailed):
        return f"QueryFailed: ClickHouse's code {error.code}"
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, NAMES_NOBODY) else name


def _discreet(record: logging.LogRecord) -> logging.LogRecord:
    """The record, with errors among its arguments in the words that may be said of them."""
    if isinstance(record.args, tuple) and any(isinstance(each, BaseException) for each in record.args):
        said = tuple(words_of(each) if isinstance(each, BaseException) else each for each in record.args)
        record = logging.makeLogRecord({**record.__dict__, "args": said})
    return record


def _trace(error: BaseException) -> str:
    """Places, innermost last, and what went wrong; then the same of what caused it."""
    lines = [*_places(error), words_of(error)]
    while error.__cause__ is not None:
        error = error.__cause__
        lines += ["because of", *_places(error), words_of(error)]
    return "\n".join(lines)


def _places(error: BaseException) -> list[str]:
    return [f"  {at.filename}:{at.lineno} in {at.name}" for at in traceback.extract_tb(error.__traceback__)]
