"""The truth beside what was signalled: what was missed, what was false, what was said twice."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import msgspec

from schemas.outputs import AbandonmentSignal, ContactSignal
from schemas.words import Millis
from streams.demo.truth import Abandonment, Breach


class Said(NamedTuple):
    """One signal, or the withdrawal of one. ``what`` is the same for all that say the same thing."""

    event_id: str
    what: Hashable
    at: Millis
    withdraws: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """How far the signals were true.

    ``doubtful``: to be said or not, as one sees it (streams.demo.truth); neither missed nor false.
    ``mistimed``: right, but with another time than the truth's. ``withdrawn``: said, and taken back.
    ``copies``: the same record more than once, which only a broker that shows aborted records may have.
    """

    true: int
    doubtful: int
    signalled: int
    missed: int
    false: int
    twice: int
    mistimed: int
    withdrawn: int
    copies: int
    examples: dict[str, list[str]]

    @property
    def flawless(self) -> bool:
        """Nothing missed, nothing false, nothing twice."""
        return not (self.missed or self.false or self.twice)


def abandonments_said(signals: Iterable[AbandonmentSignal]) -> list[Said]:
    """Abandonments and their withdrawals, in the order in which they were said."""
    return [
        Said(
            each.event_id,
            (each.changed_by, each.stage),
            each.occurred_at,
            _withdrawn(each.kind, each.abandoned_id),
        )
        for each in signals
        if each.kind in ("abandoned", "withdrawn")
    ]


def breaches_said(signals: Iterable[ContactSignal]) -> list[Said]:
    """Breaches of the first reply and their withdrawals, in the order in which they were said."""
    return [
        Said(
            each.event_id,
            (each.contact_id, each.started_at),
            each.occurred_at,
            _withdrawn(each.kind, each.breached_id),
        )
        for each in signals
        if each.clock == "first_reply" and "breached" in (each.kind, each.detail)
    ]


class Truth(NamedTuple):
    """What had to be said, and what could be said; with times."""

    certain: dict[Hashable, Millis]
    doubtful: dict[Hashable, Millis]


def expected(truths: Iterable[Abandonment | Breach]) -> Truth:
    """What should have been said."""
    truth = Truth({}, {})
    for each in truths:
        doubtful = isinstance(each, Abandonment) and each.doubtful
        (truth.doubtful if doubtful else truth.certain)[_what(each)] = each.due
    return truth


def compare(truth: Truth, said: Iterable[Said], until: Millis) -> Verdict:
    """Judge all that was said of times before ``until``, which is how far ``truth`` goes."""
    standing, withdrawn, copies = _standing(said)
    heard = [each for each in standing if each.at < until]
    times = Counter(each.what for each in heard)
    allowed = {**truth.certain, **truth.doubtful}
    missed = [what for what in truth.certain if what not in times]
    false = [each for each in heard if each.what not in allowed]
    mistimed = [(each, allowed[each.what]) for each in heard if allowed.get(each.what, each.at) != each.at]
    twice = [what for what, count in times.items() if count > 1]
    return Verdict(
        true=len(truth.certain),
        doubtful=len(truth.doubtful),
        signalled=len(times),
        missed=len(missed),
        false=len(false),
        twice=sum(times[what] - 1 for what in twice),
        mistimed=len(mistimed),
        withdrawn=withdrawn,
        copies=copies,
        examples=_examples(missed=missed, false=false, twice=twice, mistimed=mistimed),
    )


def _what(truth: Abandonment | Breach) -> Hashable:
    if isinstance(truth, Abandonment):
        return truth.changed_by, truth.stage
    return truth.contact_id, truth.asked_at


def _withdrawn(kind: str, signal_id: str | None) -> str | None:
    return signal_id if kind == "withdrawn" else None


def _standing(said: Iterable[Said]) -> tuple[list[Said], int, int]:
    """What was said and not taken back; how much was taken back; how many records were copies of others."""
    standing: dict[str, Said] = {}
    taken_back: set[str] = set()
    copies = 0
    for each in said:
        if each.event_id in standing or each.event_id in taken_back:
            copies += 1
        elif each.withdraws is None:
            standing[each.event_id] = each
        else:
            taken_back.add(each.event_id)
            standing.pop(each.withdraws, None)
    return list(standing.values()), len(taken_back), copies


def _examples(**found: Sequence[object]) -> dict[str, list[str]]:
    """The first few of each kind of flaw, for whoever has to find the cause."""
    return {kind: [str(each) for each in flaws[:5]] for kind, flaws in found.items() if flaws}
