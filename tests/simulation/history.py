"""One seed, one history, one verdict: ``python -m tests.simulation SEED`` tells it again."""

from tests.builders import minute
from tests.simulation.checking import check
from tests.simulation.world import Parts, World

DECIDED = 20 * 60
"""Minutes until every cart and contact is decided; second copies may come long after."""
FORGOTTEN = 70 * 24 * 60
"""Minutes until nothing is remembered any more."""


class Wrong(AssertionError):
    """A history that isn't right, with its seed and all that happened in it."""

    def __init__(self, seed: int, world: World, why: Exception) -> None:
        self.why = why
        told = "\n".join(world.steps)
        super().__init__(
            f"{told}\n{type(why).__name__}: {why}\nTold again by: python -m tests.simulation {seed}"
        )


def verify(seed: int, parts: Parts | None = None) -> World:
    """Raises Wrong if the history of this seed isn't right, at the end of log, deadlines, memory."""
    world = World(seed, parts)
    try:
        check(world.run())
        check(world.reach(minute(DECIDED)))
        check(world.reach(minute(FORGOTTEN)))
    except Exception as why:
        # Whatever it is: nothing that the kernel raises belongs in a history that ends well.
        raise Wrong(seed, world, why) from why
    return world
