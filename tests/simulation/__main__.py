"""``python -m tests.simulation SEED [SEED]``: one history, told; or all from one seed to before another."""

import sys
import time

from tests.simulation.history import verify


def main(first: int, behind: int | None = None) -> None:
    """Ends with the first history that isn't right."""
    if behind is None:
        print(*verify(first).steps, "all is right", sep="\n")
        return
    began = time.process_time()
    for seed in range(first, behind):
        verify(seed)
    rate = (behind - first) / (time.process_time() - began)
    print(f"{behind - first} histories, all right; {rate:.0f} in a second of one processor")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
