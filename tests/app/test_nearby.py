"""Who asks a broker that isn't there, while a demo runs in this folder, is told how to ask that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from schemas.errors import BrokerUnavailable
from schemas.topics import CART
from streams import reading
from streams.addresses import announce
from streams.cli.nearby import asking, hint
from streams.settings import Settings
from streams.tail import Tail
from tests.app.test_worker import on


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return on("127.0.0.1:1", "kafka", "cx", Path(".heedful"))


def demo(settings: Settings, name: str) -> Path:
    """The folder of a demo of which this process is the edges; the note that says so."""
    folder = settings.data_dir / "runs" / name
    folder.mkdir(parents=True)
    (folder / "heedful.toml").touch()
    return announce(settings.but(data_dir=folder), "edges", "http://127.0.0.1:1")


def test_where_no_demo_ever_ran_there_is_no_hint(settings: Settings) -> None:
    assert hint(settings) is None


def test_the_latest_demo_that_runs_is_named(settings: Settings) -> None:
    demo(settings, "1")
    demo(settings, "2")
    demo(settings, "3").unlink()
    assert hint(settings) == "A demo runs here; to ask it, add --config .heedful/runs/2/heedful.toml"


def test_a_demo_that_was_killed_runs_no_more(settings: Settings) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    note = demo(settings, "1")
    note.write_text(note.read_text().replace(str(os.getpid()), str(ended.pid)))
    assert hint(settings) is None


def test_the_hint_stands_below_what_went_wrong(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0.5)
    demo(settings, "1")
    with pytest.raises(BrokerUnavailable) as raised, asking(settings):
        next(Tail(settings, CART).lines())
    first, second = str(raised.value).splitlines()
    assert first.startswith("no broker answers at 127.0.0.1:1 (kafka.bootstrap): ")
    assert second == hint(settings)
