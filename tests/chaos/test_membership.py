"""Workers that come and go: every second or two, or one after the other for an upgrade."""

import signal
from contextlib import ExitStack
from random import Random
from threading import Event

import pytest

from tests.chaos import day
from tests.chaos.shop import PROCESSORS, Shop, is_right
from tests.chaos.traffic import a_day, at_work, ended, flowing
from tests.kernel.harness import until

pytestmark = [pytest.mark.chaos, pytest.mark.kafka, pytest.mark.long, pytest.mark.timeout(600)]

SEED = 7
GUESTS = 24
SETTLED_WITHIN = 60.0
"""Seconds after the last one has come or gone: a session's time-out, the rebalance, restores."""
UPGRADED_WITHIN = 60.0
"""Seconds from a worker's end until its successor of the same name is through with what was sent since."""
NAMES = ("worker-0", "worker-1")
KEPT_FOR = 60_000
"""Milliseconds that a worker with a name may be away."""


def test_a_storm_of_rebalances(shop: Shop) -> None:
    """Guests join either kernel for a second or two; one half ends in order, the other by ``kill -9``."""
    random = Random(SEED)
    with at_work(shop) as traffic:
        traffic.recovery()
        for number in range(GUESTS):
            with ExitStack() as guests:
                crowd = [guests.enter_context(shop.process(kernel)) for kernel in PROCESSORS]
                traffic.flows_for(random.uniform(1.0, 4.0))
                if number % 2:
                    for guest in crowd:
                        guest.terminate()
                    assert {guest.wait(60) for guest in crowd} <= {0, -signal.SIGTERM}
        took = traffic.recovery()
        print(f"after {GUESTS} guests: recovered in {took:.1f} s")
        assert took < SETTLED_WITHIN
    is_right(shop)


def test_an_upgrade_of_workers_with_names(shop: Shop) -> None:
    """Each is stopped and started again: it goes on with its own task, and the others never lose theirs."""
    with ExitStack() as started:
        workers = {
            (kernel, name): started.enter_context(
                shop.process(kernel, instance=name, session_timeout=KEPT_FOR)
            )
            for kernel in PROCESSORS
            for name in NAMES
        }
        hurry = Event()
        with flowing(shop, a_day(shop.shoppers, hurry), day.end(shop.shoppers)) as traffic:
            traffic.recovery()
            until(lambda: all(has_its_share(shop, *worker) for worker in workers), "the work is shared")
            settled = {worker: assignments(shop, *worker) for worker in workers}
            for worker in workers:
                kernel, name = worker
                workers[worker].terminate()
                assert workers[worker].wait(60) == 0
                workers[worker] = started.enter_context(
                    shop.process(kernel, instance=name, session_timeout=KEPT_FOR)
                )
                took = traffic.recovery()
                print(f"{name} of {kernel} replaced: recovered in {took:.1f} s")
                assert took < UPGRADED_WITHIN
                settled[worker] = [*settled[worker], settled[worker][-1]]
                assert {each: assignments(shop, *each) for each in workers} == settled
            hurry.set()
        ended(shop, {k: [p for (kernel, _), p in workers.items() if kernel == k] for k in PROCESSORS})
    is_right(shop)


def has_its_share(shop: Shop, kernel: str, name: str) -> bool:
    """Whether the last that it was given is one of the two tasks."""
    given = assignments(shop, kernel, name)
    return bool(given) and given[-1] in (f"{kernel}: assigned [0]", f"{kernel}: assigned [1]")


def assignments(shop: Shop, kernel: str, name: str) -> list[str]:
    """What a worker was given, each time that it was given something."""
    lines = shop.log(kernel, name).read_text().splitlines()
    return [line for line in lines if line.startswith(f"{kernel}: assigned")]
