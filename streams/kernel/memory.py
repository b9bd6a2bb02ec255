"""How much memory records on their way may take up in a worker, at most: computed from its settings.

State comes on top, which follows from how many keys there are (``room.py``), and so does what came within the
lateness: of that there is as much as customers do in that time.
"""

from streams.kernel.config import FETCH_BYTES, PRODUCED_BYTES, KernelConfig

AS_OBJECTS = 10
"""An event that waits takes up so many times its bytes in the log: 3 (clicks unread) to 9 (carts)."""


def bound(config: KernelConfig, tasks: int, brokers: int) -> int:
    """Bytes, of a worker with so many tasks on a cluster of so many brokers.

    One look takes out of the queue what is in it, and may give it to any task.
    """
    fetched = config.queue_limit + brokers * FETCH_BYTES
    waiting = tasks * config.waiting_limit + config.queue_limit
    return fetched + AS_OBJECTS * waiting + tasks * PRODUCED_BYTES
