"""Calls ``heedful replay`` as a person does, and reads what it wrote."""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from streams.cli import main


class Replayed(NamedTuple):
    """What the command left behind."""

    out: bytes
    summary: dict[str, Any]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The lines of --out."""
        return [json.loads(line) for line in self.out.splitlines()]

    def signals(self, kind: str = "abandoned") -> list[dict[str, Any]]:
        """Abandonment signals of a kind."""
        topic = "cx.signals.abandonment"
        return [
            line["value"] for line in self.lines if line["topic"] == topic and line["value"]["kind"] == kind
        ]


def replay(folder: Path, form: str, *arguments: str | Path) -> Replayed:
    """Run the command to its end. Raises SystemExit with its code if that isn't 0."""
    out, summary = folder / "signals.jsonl", folder / "summary.json"
    words = ("replay", "--format", form, *arguments, "--out", out, "--summary", summary)
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    if ended.value.code:
        raise ended.value
    return Replayed(out.read_bytes(), json.loads(summary.read_text()))


def thresholds(after: str) -> list[str]:
    """The same threshold at each stage."""
    stages = ("cart", "checkout", "payment")
    return [word for stage in stages for word in ("--set", f"rules.abandonment.{stage}.after={after}")]
