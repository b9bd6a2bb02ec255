"""A kernel killed before and after each step of a commit and of a restore: nothing lost, nothing twice."""

import signal
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest

from tests.chaos import day
from tests.chaos.shop import Shop
from tests.kernel.harness import until

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]

COMMIT = ("outputs", "clock", "changelog", "position", "offsets", "done")
RESTORE = ("initialised", "offsets", "end", "done")
KILLS = [
    *(f"commit.{step}:kill:3" for step in COMMIT),
    "commit.offsets:kill-soon:3",
    *(f"restore.{step}:kill:1" for step in RESTORE),
]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def open_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Shop]:
    """Opens shops on either broker; the day is published."""
    embedded = request.param == "embedded"
    running = request.getfixturevalue("broker" if embedded else "kafka")

    def opened() -> Shop:
        shop = Shop(running.bootstrap, f"t{uuid4().hex[:12]}", embedded, tmp_path)
        shop.publish()
        return shop

    return opened


@pytest.fixture(scope="module")
def undisturbed(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, object]]:
    """The state of each kernel after a day without faults, on the embedded broker."""
    shop = Shop(
        request.getfixturevalue("broker").bootstrap,
        f"t{uuid4().hex[:12]}",
        True,
        tmp_path_factory.mktemp("undisturbed"),
    )
    shop.publish()
    for kernel in ("visits", "care"):
        shop.finish(kernel)
    return {kernel: shop.state(kernel) for kernel in ("visits", "care")}


def is_right(shop: Shop) -> None:
    """Every signal, decision, fact exists once, and nothing else."""
    for label, wanted in day.expected().items():
        if label not in ("clickstream", "cart"):
            assert shop.published(label) == wanted, label


@pytest.mark.parametrize("fail_at", KILLS)
def test_killed(
    fail_at: str, open_shop: Callable[[], Shop], undisturbed: dict[str, dict[str, object]]
) -> None:
    shop = open_shop()
    for kernel in ("visits", "care"):
        if not (kernel == "care" and fail_at.startswith("commit.clock")):
            with shop.process(kernel, fail_at) as process:
                assert process.wait(60) == -signal.SIGKILL
        shop.finish(kernel)
    is_right(shop)
    for kernel in ("visits", "care"):
        assert shop.state(kernel) == undisturbed[kernel]


@pytest.mark.parametrize("step", ["outputs", "changelog", "offsets"])
def test_a_zombie_changes_nothing(
    step: str, open_shop: Callable[[], Shop], undisturbed: dict[str, dict[str, object]]
) -> None:
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
    for kernel in ("visits", "care"):
        assert shop.state(kernel) == undisturbed[kernel]


def _stopped(pid: int) -> bool:
    with open(f"/proc/{pid}/stat") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0] == "T"
