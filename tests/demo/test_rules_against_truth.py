"""Both kernels' processors over simulated days, against the truth: two programs that share no code agree."""

from itertools import takewhile

import pytest

from schemas import topics
from schemas.validation import fault
from streams.care import Care
from streams.demo.compare import abandonments_said, breaches_said, compare, expected
from streams.demo.truth import Thresholds, abandonments, breaches, erasures
from streams.formats.base import Row
from streams.replay import Replay
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet
from streams.simulator.settings import HOUR, MINUTE, Traffic
from streams.simulator.world import World
from streams.visits import Visits

START = 1_700_000_000_000
LATENESS = 5 * MINUTE
RULES = Thresholds({"cart": HOUR, "checkout": HOUR // 2, "payment": HOUR // 6}, 72 * HOUR, HOUR)


def simulated(seed, hours):
    """Everything readable that arrives within so many hours."""
    world = takewhile(lambda each: each.at < START + hours * HOUR, World(Traffic(), seed, START))
    return [
        Row(each.topic, each.value, number)
        for number, each in enumerate(world)
        if not isinstance(each.value, bytes) and not fault(each.value)
    ]


def of(rows, *wanted):
    return [record for topic, record, *_ in rows if topic in wanted]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_every_silence_is_noticed_and_none_is_invented(seed):
    rows = simulated(seed, hours=24)
    replay = Replay([Visits(), Care(RuleBook.single(RuleSet.from_mapping({})), LATENESS)], LATENESS)
    said = [(out.topic, out.value) for out in replay.run(rows, lambda: START + 24 * HOUR)]
    end = replay.clock
    erased = erasures(of(rows, topics.PROFILE_UPDATES), end)
    visits = of(rows, topics.CLICKSTREAM, topics.CART)
    left = abandonments(visits, of(rows, topics.ORDERS), RULES, end, erased)
    waited = breaches(of(rows, topics.SUPPORT), RULES, end, erased)
    assert len(left) > 1_000
    assert len(waited) > 80
    assert len(erased) > 10
    for truth, signals in (
        (left, abandonments_said(of(said, topics.ABANDONMENT_SIGNALS))),
        (waited, breaches_said(of(said, topics.CONTACT_SIGNALS))),
    ):
        verdict = compare(expected(truth), signals, end)
        assert verdict.flawless, verdict
        assert not verdict.mistimed, verdict
        assert not verdict.copies, verdict
