"""What the README names is there, under that name."""

import importlib
import re
from pathlib import Path

import pytest
import typer

from schemas.topics import SUBJECTS, TOPICS
from streams.cli import COMMANDS
from streams.rules.settings import RuleSet, override
from streams.settings import load
from tests.docs.readme import FENCED, ROOT, TEXT, blocks, commands, transcripts

NAMED = sorted(set(commands()))
PROSE = FENCED.sub("", TEXT)
MIGRATIONS = "".join(file.read_text() for file in (ROOT / "sinks/clickhouse/migrations").glob("*.sql"))


def the_command(words):
    """The innermost command that the words lead to, and what is left of them."""
    name, *rest = words
    assert name in COMMANDS, f"heedful {name}"
    found = typer.main.get_command(importlib.import_module(f"streams.cli.{COMMANDS[name].module}").app)
    while isinstance(subcommands := getattr(found, "commands", None), dict) and rest:
        assert rest[0] in subcommands, f"heedful {name} {rest[0]}"
        found, *rest = subcommands[rest[0]], *rest[1:]
    return found, rest


@pytest.mark.parametrize("words", NAMED, ids=" ".join)
def test_a_command_has_the_options_it_is_shown_with(words):
    if words[1] in ("COMMAND", "--help"):
        return
    command, rest = the_command(words[1:])
    known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("words", sorted({one.words for one in transcripts() if one.words[0] == "heedful"}))
def test_a_command_to_be_typed_parses(words):
    command, rest = the_command(words[1:])
    command.make_context(words[1], rest)
    changes = [rest[at + 1] for at, word in enumerate(rest) if word == "--set"]
    override(RuleSet.from_mapping({}), changes)


def test_every_command_is_named():
    assert {words[1] for words in NAMED} >= set(COMMANDS)


def test_make_has_the_targets():
    makefile = (ROOT / "Makefile").read_text()
    typed = [one.words[1] for one in transcripts() if one.words[0] == "make"]
    assert typed
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in typed)


def test_every_topic_that_is_named_is_one():
    named = {name.rstrip(".") for name in re.findall(r"\bcx\.[a-z][a-z.-]*", TEXT)}
    assert named <= {topic.name for topic in TOPICS} | set(SUBJECTS)


def test_every_view_and_table_that_is_named_is_made():
    named = set(re.findall(r"\b(?:v|raw)_[a-z_]+\b", TEXT))
    made = set(re.findall(r"CREATE (?:OR REPLACE )?(?:VIEW|TABLE)(?: IF NOT EXISTS)? (\w+)", MIGRATIONS))
    assert named
    assert named <= made


def test_settings_that_are_shown_load(tmp_path, monkeypatch):
    monkeypatch.delenv("HEEDFUL_SETTINGS", raising=False)
    shown = blocks("toml")
    assert shown
    for number, block in enumerate(shown):
        file = tmp_path / f"{number}.toml"
        file.write_text(block)
        load(file)


@pytest.mark.parametrize(
    "name", ["README.md", "CHANGELOG.md", "schemas/README.md", "streams/README.md", "streams/rules/README.md"]
)
def test_links_lead_somewhere(name):
    file = ROOT / name
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", file.read_text()):
        assert "://" in target or (file.parent / target).exists(), target


def test_every_file_that_is_named_is_there():
    named = re.findall(r"\b(?:streams|schemas|sinks|examples|tests)/[\w/.-]*\w", PROSE)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    "file", [ROOT / "README.md", *(ROOT / "examples").iterdir()], ids=lambda file: file.name
)
def test_nothing_is_said_of_a_machine(file: Path):
    assert not re.search(r"(?<![\w.])/(?:work|tmp|home|root|Users)\b", file.read_text())


def test_it_is_read_in_one_sitting():
    assert len(TEXT.splitlines()) < 400
