"""Signals beside the truth."""

import pytest

from streams.demo.compare import Said, Truth, compare
from streams.demo.report import told

TRUTH = Truth({"a": 10, "b": 20}, {"d": 15})
RIGHT = [Said("1", "a", 10), Said("2", "b", 20)]

CASES = {
    "right": (RIGHT, {}),
    "missed": (RIGHT[:1], {"missed": 1}),
    "false": ([*RIGHT, Said("3", "c", 15)], {"false": 1}),
    "false, and taken back": ([*RIGHT, Said("3", "c", 15), Said("4", "c", 15, "3")], {"withdrawn": 1}),
    "true, and taken back": ([*RIGHT, Said("3", "a", 10, "1")], {"missed": 1, "withdrawn": 1}),
    "taken back and said again": ([Said("2", "b", 19), Said("3", "b", 19, "2"), *RIGHT], {"withdrawn": 1}),
    "twice": ([*RIGHT, Said("3", "a", 10)], {"twice": 1}),
    "a copy": ([*RIGHT, RIGHT[0]], {"copies": 1}),
    "at another time": ([Said("1", "a", 11), RIGHT[1]], {"mistimed": 1}),
    "doubtful": ([*RIGHT, Said("3", "d", 15)], {}),
    "doubtful, and twice": ([*RIGHT, Said("3", "d", 15), Said("4", "d", 15)], {"twice": 1}),
    "beyond the end": ([*RIGHT, Said("3", "c", 30)], {}),
}


@pytest.mark.parametrize(("said", "flaws"), CASES.values(), ids=CASES.keys())
def test_verdicts(said, flaws):
    verdict = compare(TRUTH, said, until=25)
    counts = {
        name: getattr(verdict, name)
        for name in ("missed", "false", "twice", "mistimed", "withdrawn", "copies")
    }
    assert counts == dict.fromkeys(counts, 0) | flaws


def test_examples_name_what_went_wrong():
    assert compare(TRUTH, RIGHT[:1], until=25).examples == {"missed": ["b"]}


def test_flawless():
    assert compare(TRUTH, RIGHT, until=25).flawless
    assert not compare(TRUTH, RIGHT[:1], until=25).flawless


def test_what_may_have_happened_is_told_so_that_the_numbers_add_up():
    all_of_it = compare(TRUTH, [*RIGHT, Said("3", "d", 15)], until=25)
    assert told(all_of_it).startswith("2 happened, 1 may have, 3 signalled: ")
    certain = compare(Truth(TRUTH.certain, {}), RIGHT, until=25)
    assert told(certain).startswith("2 happened, 2 signalled: ")
