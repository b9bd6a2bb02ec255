"""What dies is started again; what is stopped is gone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from streams.broker import EmbeddedBroker
from streams.preparing import prepare
from streams.settings import Settings
from streams.supervisor import Child, Supervisor
from tests.app.test_worker import on, page
from tests.waiting import eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def settings(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> Settings:
    return on(broker.bootstrap, "embedded", prefix, tmp_path)


@pytest.fixture
def supervisor(settings: Settings) -> Iterator[Supervisor]:
    prepare(settings)
    supervisor = Supervisor(settings, ["edges"])
    yield supervisor
    supervisor.stop()


def healthy(supervisor: Supervisor, child: Child) -> int | None:
    supervisor.tend()
    try:
        return child.pid if child.address and page(child.address, "health")["healthy"] else None
    except OSError:
        return None


def test_a_role_that_is_killed_is_started_again(supervisor: Supervisor) -> None:
    child = supervisor.children["edges"]
    first = eventually(lambda: healthy(supervisor, child))
    os.kill(first, signal.SIGKILL)
    second = eventually(lambda: (pid := healthy(supervisor, child)) != first and pid)
    assert second != first
    assert child.starts == 2


def test_stopping_ends_what_was_started(supervisor: Supervisor) -> None:
    child = supervisor.children["edges"]
    pid = eventually(lambda: healthy(supervisor, child))
    stop = threading.Event()
    stop.set()
    supervisor.run(stop)
    assert child.pid is None
    assert not psutil.pid_exists(pid)


def test_the_command_ends_with_all_its_roles(settings: Settings) -> None:
    command = [sys.executable, "-m", "streams.cli", "worker"]
    worker = subprocess.Popen(command, env=settings.environment(), stdout=subprocess.PIPE, text=True)
    try:
        running = eventually(lambda: len(found := psutil.Process(worker.pid).children()) == 4 and found)
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate(timeout=60)
    finally:
        worker.kill()
        worker.wait()
    assert worker.returncode == 0
    assert all(role in said for role in ("visits", "care", "landing", "edges"))
    assert not any(child.is_running() for child in running)
