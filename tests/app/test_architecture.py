"""What may know what, and who may look at the clock: held to by reading the source."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("dashboards", "schemas", "sinks", "streams")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

PROCESSORS = ("streams.visits", "streams.care", "streams.care_turn", "streams.handover", "streams.profile")
"""What the kernels host, and what that is made of."""

MAY_KNOW = {
    "schemas": {"schemas"},
    "dashboards": {"dashboards", "schemas"},
    "sinks": {"schemas", "sinks"},
    "streams.rules": {"schemas", "streams.rules", "streams.errors", "streams.located"},
    "streams.kernel": {"schemas", "streams.kernel", "streams.errors", "streams.clock", "streams.failpoints"},
    **{name: {"schemas", "streams.rules", "streams.kernel.processor", *PROCESSORS} for name in PROCESSORS},
}
"""Of heedful itself; what is not listed may know everything."""

PURE = ("streams.rules", *PROCESSORS)
IMPURE = {
    "asyncio",
    "confluent_kafka",
    "faust",
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "time",
    "uuid",
}
CLOCKS = {"time.time", "time.time_ns", "datetime.now", "datetime.utcnow", "datetime.today", "date.today"}
READS_THE_CLOCK = {
    "streams.clock": "the time of people",
    "streams.demo.folder": "names the folder of a run",
    "sinks.clickhouse.landing": "notes when a claim was written",
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def belongs(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def within(package: str) -> list[Path]:
    return [path for path in MODULES if belongs(name_of(path), package)]


@pytest.mark.parametrize("package", MAY_KNOW)
def test_imports_point_one_way(package: str) -> None:
    strangers = {
        f"{name_of(path)} imports {found}"
        for path in within(package)
        for found in imports(path)
        if found.split(".")[0] in PACKAGES and not any(belongs(found, known) for known in MAY_KNOW[package])
    }
    assert not strangers


@pytest.mark.parametrize("package", PURE)
def test_the_core_does_no_io_and_knows_no_clock_and_no_chance(package: str) -> None:
    impure = {
        f"{name_of(path)} imports {found}"
        for path in within(package)
        for found in imports(path)
        if found.split(".")[0] in IMPURE
    }
    assert not impure


def test_the_clock_is_read_in_one_place() -> None:
    readers = {
        f"{name_of(path)} calls {ast.unparse(node.func)}"
        for path in MODULES
        if name_of(path) not in READS_THE_CLOCK
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).removeprefix("datetime.") in CLOCKS
    }
    assert not readers


def test_the_environment_is_read_by_the_settings_alone() -> None:
    readers = {
        name_of(path)
        for path in MODULES
        if any(found in ("os.environ", "os.getenv") for found in imports(path))
        or any(
            isinstance(node, ast.Attribute) and ast.unparse(node) in ("os.environ", "os.getenv")
            for node in ast.walk(tree(path))
        )
    }
    assert readers == {"streams.settings"}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_for(path: Path) -> None:
    assert ast.get_docstring(tree(path)) or path.name == "__init__.py"
