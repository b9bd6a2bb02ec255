"""A kernel killed before and after each step of a commit and of a restore: nothing lost, nothing twice."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest

from streams.care import Care
from streams.visits import Visits
from tests.chaos import day, kernel_process
from tests.chaos.shop import Shop, is_right
from tests.kernel.harness import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

COMMIT = ("outputs", "clock", "changelog", "position", "offsets", "done")
TIMED_OUT = (kernel_process.SESSION_TIMEOUT + kernel_process.TRANSACTION_TIMEOUT) / 1000
ATTEMPTS = 5
SAID = ("signals.abandonment", "signals.contact")
RESTORE = ("initialised", "offsets", "end", "done")
KILLS = [
    *(f"commit.{step}:kill:3" for step in COMMIT),
    "commit.offsets:kill-soon:3",
    *(f"restore.{step}:kill:1" for step in RESTORE),
]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def open_empty_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Shop]:
    """Opens shops on either broker; nothing is published yet."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")
    return lambda: Shop(running.bootstrap, f"t{uuid4().hex[:12]}", embedded, tmp_path)


@pytest.fixture
def open_shop(open_empty_shop: Callable[[], Shop]) -> Callable[[], Shop]:
    """Opens shops; the day is published."""

    def opened() -> Shop:
        shop = open_empty_shop()
        shop.publish()
        return shop

    return opened


@pytest.mark.on_embedded("commit.offsets:kill:3", "commit.done:kill:3", "restore.done:kill:1")
@pytest.mark.parametrize("fail_at", KILLS)
def test_killed(fail_at: str, open_shop: Callable[[], Shop]) -> None:
    shop = open_shop()
    for kernel in ("visits", "care"):
        if not (kernel == "care" and fail_at.startswith("commit.clock")):
            with shop.process(kernel, fail_at) as process:
                assert process.wait(60) == -signal.SIGKILL
        shop.finish(kernel)
    is_right(shop)


@pytest.mark.on_embedded("offsets")
@pytest.mark.parametrize("step", ["outputs", "changelog", "offsets"])
def test_a_zombie_changes_nothing(step: str, open_shop: Callable[[], Shop]) -> None:
    shop = open_shop()
    for kernel in ("visits", "care"):
        with shop.process(kernel, f"commit.{step}:freeze:3") as frozen:
            until(lambda frozen=frozen: _stopped(frozen.pid), "it is frozen")  # type: ignore[misc]
            shop.finish(kernel)
            frozen.send_signal(signal.SIGCONT)
            until(lambda kernel=kernel: shop.is_through(kernel), "still through")  # type: ignore[misc]
            frozen.terminate()
            assert frozen.wait(30) == 0
    is_right(shop)


def only_heartbeats_are_left(shop: Shop) -> None:
    """The day is worked off, but for the deadlines; care's next commit is caused by heartbeats alone."""
    shop.publish_events()
    shop.reach(day.end(), Visits.inputs)
    shop.finish("visits")
    shop.finish("care")
    shop.reach(day.end(), [topic for topic in Care.inputs if topic.kind == "input"])


def only_clocks_are_left(shop: Shop) -> None:
    """Likewise; care's next commit is caused by the clocks of visits alone."""
    shop.publish_events()
    shop.reach(day.evening(), Visits.inputs)
    shop.reach(day.end(), [topic for topic in Care.inputs if topic.kind == "input"])
    shop.finish("visits")
    shop.finish("care")
    facts = len(shop.published("facts"))
    shop.reach(day.end(), Visits.inputs)
    shop.finish("visits")
    assert len(shop.published("facts")) == facts


@contextmanager
def frozen_while_outputs_wait(shop: Shop) -> Iterator[subprocess.Popen[bytes]]:
    """A process of care that stands still in its first commit, in whose transaction outputs are.

    Where a machine keeps it from its turn, time comes in strides, the first of which ends before anything is
    due: what is frozen then is killed, its transaction aborted, and another one begins anew.
    """
    for _ in range(ATTEMPTS):
        with shop.process("care", "commit.offsets:freeze:1") as frozen:
            until(partial(_stopped, frozen.pid), "it is frozen")
            if shop.count(SAID, "read_uncommitted") > 0:
                yield frozen
                return
    raise AssertionError("outputs wait in a frozen transaction")


@pytest.mark.on_embedded("only_heartbeats_are_left")
@pytest.mark.parametrize("prepare", [only_heartbeats_are_left, only_clocks_are_left])
def test_a_zombie_in_a_commit_that_time_alone_caused(
    prepare: Callable[[Shop], None], open_empty_shop: Callable[[], Shop]
) -> None:
    """Frozen past its session's and its transaction's time-out, while another one does its work."""
    shop = open_empty_shop()
    prepare(shop)
    with frozen_while_outputs_wait(shop) as frozen:
        timed_out = time.monotonic() + TIMED_OUT
        shop.finish("care")
        until(lambda: time.monotonic() > timed_out, "both time-outs have passed")
        frozen.send_signal(signal.SIGCONT)
        frozen.terminate()
        assert frozen.wait(30) == 0
    is_right(shop)


@pytest.mark.on_embedded
def test_a_sleeper_whom_nobody_replaced_goes_on(open_empty_shop: Callable[[], Shop]) -> None:
    """The broker itself ends the session and the transaction of the frozen one, in a commit of time alone."""
    shop = open_empty_shop()
    only_heartbeats_are_left(shop)
    written = [f"{shop.deployment}.{label}" for label in SAID]
    with frozen_while_outputs_wait(shop) as frozen:
        timed_out = time.monotonic() + TIMED_OUT
        assert shop.embedded or any(shop.has_pending(name) for name in written)
        until(lambda: time.monotonic() > timed_out, "both time-outs have passed")
        if not shop.embedded:
            until(lambda: not shop.has_members("care"), "the session has ended")
            until(lambda: not any(shop.has_pending(name) for name in written), "the transaction has ended")
        frozen.send_signal(signal.SIGCONT)
        until(lambda: shop.is_through("care"), "care is through")
        frozen.terminate()
        assert frozen.wait(30) == 0
    is_right(shop)


def _stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"
