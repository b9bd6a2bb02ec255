"""Which statements strangers may send to the embedded engine: one, that reads tables and nothing else.

``readonly = 1`` is not enough: in chDB ``SELECT file('/etc/passwd')``, ``INTO OUTFILE``, ``KILL QUERY``,
several statements at once and ``python()`` get past it (tried on 26.9). So the engine's own parser spells a
statement canonically, and what is spelled there is checked.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from sinks.clickhouse.store import escaped_parameter, quoted
from sinks.errors import QueryFailed

SYNTAX_ERROR = 62
READONLY = 164
UNKNOWN_FORMAT = 73

READS = frozenset({"SELECT", "WITH", "SHOW", "DESCRIBE", "EXISTS", "EXPLAIN"})
"""How a statement that reads begins, spelled canonically."""

FORBIDDEN_WORDS = re.compile(r"outfile|infile|file|python|(ai|llm)[A-Z]\w*|catboostEvaluate|executable\w*")
"""Not as functions, not as their names given to APPLY, not as clauses."""

HARMLESS = frozenset(
    {"format", "fuzzJSON", "generateRandom", "generateSeries", "generate_series", "loop", "merge", "null"}
    | {"numbers", "numbers_mt", "primes", "SQLStandardValues", "values", "view", "viewExplain"}
    | {"viewIfPermitted", "zeros", "zeros_mt"}
)
"""Table functions that look at nothing but their arguments and this engine's tables."""

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^'\\]|\\.)*')
      | `(?P<quoted>(?:[^`\\]|\\.)*)`
      | "(?P<double>(?:[^"\\]|\\.)*)"
      | (?P<word>\w+)
      | (?P<call>\()
      | (?P<space>\s+)
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)

_FORMAT = re.compile(r" FORMAT (\w+)$")


class Gate:
    """Lets through what only reads. What an engine newly learns is forbidden until it is known here."""

    def __init__(self, session: Any) -> None:
        answer = session.query("SELECT name FROM system.table_functions", "TSV").bytes().decode()
        self._forbidden = frozenset(name.lower() for name in answer.split()) - {
            name.lower() for name in HARMLESS
        }

    def checked(self, session: Any, sql: str) -> str:
        """The statement, spelled canonically.

        Raises QueryFailed with ClickHouse's own code unless ``sql`` is one statement that only reads.
        """
        if not sql.strip():
            raise QueryFailed(SYNTAX_ERROR, "Code: 62. DB::Exception: Empty query. (SYNTAX_ERROR)")
        found = canonical(session, sql)
        words = _words(found)
        first, _ = next(words)
        if first.upper() not in READS:
            raise _refused(first.upper())
        for word, is_called in words:
            if FORBIDDEN_WORDS.fullmatch(word) or word.upper() in ("OUTFILE", "INFILE"):
                raise _refused(word)
            if is_called and word.lower() in self._forbidden:
                raise _refused(word)
        return found


def canonical(session: Any, sql: str) -> str:
    """The statement as the engine's parser understood it: no comments, one way of quoting."""
    answer = session.query(
        "SELECT formatQuerySingleLine({sql:String})", "JSONCompact", params={"sql": escaped_parameter(sql)}
    )
    return str(json.loads(answer.bytes())["data"][0][0])


def into(file: str, statement: str, fmt: str) -> tuple[str, str]:
    """A canonical statement with its answer in a file, and its format: what it says itself, else ``fmt``.

    Raises QueryFailed.
    """
    said = _FORMAT.search(statement)
    named = said[1] if said else fmt
    if not named.isidentifier():
        unknown = f"Unknown format {named!r}"
        raise QueryFailed(
            UNKNOWN_FORMAT, f"Code: {UNKNOWN_FORMAT}. DB::Exception: {unknown}. (UNKNOWN_FORMAT)"
        )
    body = statement[: said.start()] if said else statement
    return f"{body} INTO OUTFILE {quoted(file)} TRUNCATE FORMAT {named}", named


def _words(text: str) -> Iterator[tuple[str, bool]]:
    """Words and quoted names, but not strings, each with whether an opening parenthesis follows."""
    word = None
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind == "space":
            continue
        if word is not None:
            yield word, kind == "call"
        word = token[kind] if kind in ("word", "quoted", "double") else None
    if word is not None:
        yield word, False


def _refused(what: str) -> QueryFailed:
    why = f"{what}: this interface reads tables and does nothing else"
    return QueryFailed(READONLY, f"Code: {READONLY}. DB::Exception: {why}. (READONLY)")
