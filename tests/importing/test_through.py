"""Waiting for workers that aren't there ends, and says what to do."""

from pathlib import Path

import pytest

from streams import through
from streams.broker import EmbeddedBroker
from streams.errors import Unavailable
from streams.preparing import prepare
from streams.settings import Settings
from streams.through import Through
from streams.wiring import kernel_config


@pytest.mark.broker
def test_nobody_answers(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
    settings = Settings().but(prefix=prefix, kafka=kafka, partitions=1, data_dir=tmp_path)
    prepare(settings)
    monkeypatch.setattr(through, "ANSWERS_WITHIN", 0.0)
    steps: list[str] = []
    waiting = Through(settings, kernel_config(settings), lambda: None, steps.append)
    with pytest.raises(Unavailable, match=r"role visits answers here.*without --wait"):
        waiting.wait(1)
    assert steps == ["visits, round 1 of 3"]
