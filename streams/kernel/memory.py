"""How much memory records on their way may take up in a worker, at most: computed from its settings.

State comes on top, which follows from how many keys there are (``room.py``), and so does what came within the
lateness: of that there is as much as customers do in that time.
"""

from schemas.looking import LOOK_BYTES
from streams.kernel.config import FETCH_BYTES, PRODUCED_BYTES, KernelConfig

AS_OBJECTS = 10
"""An event that waits takes up so many times its bytes in the log: 3 (clicks unread) to 9 (carts)."""


def bound(config: KernelConfig, tasks: int, brokers: int) -> int:
    """Bytes, of a worker with so many tasks on a cluster of so many brokers.

    One look gives what it takes to any task, and its last helping is in the queue before.
    """
    fetched = config.queue_limit + brokers * FETCH_BYTES
    waiting = tasks * config.waiting_limit + LOOK_BYTES + fetched
    return fetched + AS_OBJECTS * waiting + tasks * PRODUCED_BYTES
