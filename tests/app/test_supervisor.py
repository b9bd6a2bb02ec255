"""What dies is started again; what is stopped is gone."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
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
        return child.pid if child.address and page(child.address, "healthz")["healthy"] else None
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


@contextmanager
def whole(settings: Settings) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """``heedful worker`` and its four roles."""
    command = [sys.executable, "-m", "streams.cli", "worker"]
    worker = subprocess.Popen(command, env=settings.environment(), stdout=subprocess.PIPE, text=True)
    try:
        yield worker, eventually(lambda: len(found := psutil.Process(worker.pid).children()) == 4 and found)
    finally:
        worker.kill()
        worker.wait()


def is_over(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_the_command_says_where_the_roles_are_and_ends_with_all_of_them(settings: Settings) -> None:
    with whole(settings) as (worker, roles):
        assert worker.stdout
        said = [next(worker.stdout) for _ in range(7)]
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    assert said[0].startswith(f"broker   {settings.kafka.bootstrap}")
    assert sorted(line.split()[0] for line in said[2:]) == ["care", "edges", "landing", "page", "visits"]
    assert all(map(is_over, roles))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's life")
def test_no_role_outlives_a_supervisor_that_is_killed(settings: Settings) -> None:
    with whole(settings) as (worker, roles):
        worker.kill()
        eventually(lambda: all(map(is_over, roles)))
