"""Rules and processors are pure: what they may import is listed, what they may not call too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROCESSORS = ("visits", "care", "care_turn", "handover", "profile")
MODULES = sorted(
    [*(ROOT / "streams/rules").rglob("*.py"), *(ROOT / "streams" / f"{name}.py" for name in PROCESSORS)]
)

VALUES = {
    "bisect",
    "collections",
    "dataclasses",
    "datetime",
    "decimal",
    "functools",
    "hashlib",
    "holidays",
    "itertools",
    "json",
    "math",
    "msgspec",
    "pydantic",
    "re",
    "types",
    "typing",
    "unicodedata",
    "zoneinfo",
}
"""Modules that work on values."""
MAY_IMPORT_FROM_STREAMS = (
    "streams.errors",
    "streams.located",
    "streams.kernel.processor",
    "streams.rules",
    *(f"streams.{name}" for name in PROCESSORS),
)
READS_FILES = {"streams/rules/settings.py": {"pathlib", "tomllib"}}
"""The rules are written in a file; the module that checks them reads it."""
FORBIDDEN_CALLS = {
    "now",
    "utcnow",
    "today",
    "open",
    "print",
    "input",
    "read_text",
    "read_bytes",
    "write_text",
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr


def allowed(module: str, path: Path) -> bool:
    top = module.split(".")[0]
    if top == "streams":
        return module.startswith(MAY_IMPORT_FROM_STREAMS)
    return top == "schemas" or top in VALUES or top in READS_FILES.get(relative(path), set())


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_it_imports_only_what_works_on_values(path: Path) -> None:
    strangers = {module for module in imported(ast.parse(path.read_text())) if not allowed(module, path)}
    assert not strangers


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_it_asks_for_no_time_and_reads_nothing(path: Path) -> None:
    forbidden = FORBIDDEN_CALLS - ({"read_text"} if relative(path) in READS_FILES else set())
    assert not forbidden.intersection(called(ast.parse(path.read_text())))
