"""How much one key may hold, so that no key can stop its task.

Whatever a key holds is in its changelog value: events that wait for the clock, ids that are remembered, the
processor's state (carts, contacts). A producer sends up to 16 MiB; a key that would come near it, as one
does under which a source tells of everybody, takes no more until it has forgotten something.
"""

KEY_BYTES = 6 * 2**20
"""So much a key may hold. What follows from an event may be twice as long as the event, and then some."""
LARGE = 2**20
"""Less than this is not kept account of: a key can't get from here to the limit unnoticed."""


class Room:
    """The account of one task: what each large key held when it was last written, and what came since."""

    def __init__(self) -> None:
        self._held: dict[str, int] = {}
        self._came: dict[str, int] = {}

    def take(self, key: str, size: int) -> bool:
        """Whether there is room for ``size`` bytes more; then they are taken."""
        came = self._came.get(key, 0) + size
        if self._held.get(key, LARGE) + came > KEY_BYTES:
            return False
        self._came[key] = came
        return True

    def holds(self, key: str, size: int) -> None:
        """The key was written, and is so long."""
        if size > LARGE:
            self._held[key] = size
        elif self._held:
            self._held.pop(key, None)

    def written(self) -> None:
        """Every key that changed was written."""
        self._came.clear()
