"""Which rules hold when. A change of the rules is a fact of the log, like any other."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import msgspec

from schemas.words import Millis
from streams.errors import Refused
from streams.rules.settings import RuleSet


class Activation(NamedTuple):
    """From ``at`` on (time of the log) what begins, begins under ``version``."""

    at: Millis
    version: str


class RuleRecord(msgspec.Struct, frozen=True):
    """One version as it stands on the compacted topic ``heedful.rules``; its key is the version."""

    version: str
    tables: dict[str, Any]
    active_from: list[Millis]


@dataclass(frozen=True)
class RuleBook:
    """All versions of the rules that may still be needed, and when each became active."""

    versions: Mapping[str, RuleSet]
    activations: tuple[Activation, ...]

    @classmethod
    def single(cls, rules: RuleSet) -> "RuleBook":
        """A book of one version, which holds always."""
        return cls({rules.version: rules}, (Activation(0, rules.version),))

    @classmethod
    def from_records(cls, values: Iterable[bytes]) -> "RuleBook":
        """The book that the values of ``heedful.rules`` tell. Raises FixConfiguration, Refused if none."""
        records = [msgspec.json.decode(value, type=RuleRecord) for value in values]
        if not records:
            raise Refused(
                "There are no rules in the log yet. "
                "`heedful rules publish FILE` publishes some, and so does a worker that starts."
            )
        versions = {
            one.version: replace(RuleSet.from_mapping(one.tables), version=one.version) for one in records
        }
        activations = sorted(Activation(at, one.version) for one in records for at in one.active_from)
        return cls(versions, tuple(activations))

    def records(self) -> dict[str, bytes]:
        """The values of ``heedful.rules``, by their keys."""
        return {version: self._record(version) for version in sorted(self.versions)}

    def activate(self, rules: RuleSet, at: Millis) -> "RuleBook":
        """The book in which ``rules`` hold from ``at`` on, until the next activation after that.

        They take the place of what was to become active at that very moment. The same book if they hold then
        anyway.
        """
        if self.active(at).version == rules.version:
            return self
        others = (one for one in self.activations if one.at != at)
        activations = sorted((*others, Activation(at, rules.version)))
        return RuleBook({**self.versions, rules.version: rules}, tuple(activations))

    def active(self, at: Millis) -> RuleSet:
        """The rules under which what begins at ``at`` begins. Before the first activation, the first."""
        if len(self.activations) == 1:
            return self.versions[self.activations[0].version]
        place = bisect_right(self.activations, at, key=lambda activation: activation.at)
        return self.versions[self.activations[max(0, place - 1)].version]

    def of(self, version: str) -> RuleSet:
        """The rules of a version: what began under them ends under them. Raises Refused if unknown."""
        found = self.versions.get(version)
        if found is None:
            raise Refused(
                f"Something began under version {version} of the rules, which the book doesn't have. "
                "Publish that version to heedful.rules again; it need not be active."
            )
        return found

    def _record(self, version: str) -> bytes:
        active_from = [activation.at for activation in self.activations if activation.version == version]
        return msgspec.json.encode(RuleRecord(version, self.versions[version].mapping(), active_from))
