"""CONTRIBUTING names commands, targets, files and folders that are there."""

import re

import pytest

from tests.docs.readme import FENCED, ROOT, transcripts

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
PROSE = FENCED.sub("", TEXT)


def test_make_has_the_targets() -> None:
    typed = [one.words for one in transcripts(TEXT)]
    typed += [tuple(words.split()) for words in re.findall(r"`(make [^`]+)`", PROSE)]
    makefile = (ROOT / "Makefile").read_text()
    assert typed
    assert [words for words in typed if not re.search(rf"^{words[1]}:", makefile, re.MULTILINE)] == []


def test_every_file_and_folder_that_is_named_is_there() -> None:
    named = re.findall(r"`((?:streams|schemas|sinks|tests|\.ci)/[\w/.-]+|[\w.-]+\.(?:md|toml|lock))`", PROSE)
    named += re.findall(r"\]\(([^)#]+)\)", PROSE)
    assert named
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("folder", re.findall(r"-m pytest ([\w/]+)", PROSE))
def test_tests_that_are_named_are_there(folder: str) -> None:
    assert list((ROOT / folder).glob("test_*.py"))
