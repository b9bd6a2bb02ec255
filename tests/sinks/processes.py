"""Landing processes on a running broker, to be killed, frozen and let go."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from schemas import topics
from sinks.clickhouse.audit import audit
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.store import Store
from streams import children
from tests.sinks.harness import PATIENCE, Shore, clicks, eventually, shore

PARTITIONS = 2


@dataclass
class Coast:
    """A deployment, what was published on it, and the processes that land it."""

    bootstrap: str
    prefix: str
    embedded: bool
    folder: Path
    here: Shore = field(init=False)
    rounds: int = 0

    def begin(self, store: Store) -> "Coast":
        """Create the topics."""
        quick = {"session_timeout": 2_000, "transaction_timeout": 4_000}
        self.here = shore(store, self.bootstrap, self.prefix, PARTITIONS, self.embedded, **quick)
        return self

    @contextmanager
    def process(self, target: dict[str, str], fail_at: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """A landing process, killed at the end of the block if it hasn't ended by then."""
        said = {
            "bootstrap": self.bootstrap,
            "prefix": self.prefix,
            "embedded": self.embedded,
            "fail_at": fail_at,
            "session_timeout": 2_000,
            "transaction_timeout": 4_000,
            "doubt_after": 1_000,
            "target": target,
        }
        command = [sys.executable, "-m", "tests.sinks.landing_process", json.dumps(said)]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
        with open(self.folder / "landing.log", "ab") as log:
            process = children.start(command, log, environment)
        try:
            yield process
        finally:
            process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()

    def publish(self) -> None:
        """A round of clicks in each partition, and something that nobody can read."""
        for partition in range(PARTITIONS):
            first = (self.rounds * PARTITIONS + partition) * 20
            self.here.send(topics.CLICKSTREAM, *clicks(first, 20), partition=partition)
        self.here.send(topics.DECISIONS, b"garbage")
        self.rounds += 1

    def landed(self, lander: Lander) -> None:
        """Wait until all of it is landed."""
        for partition in range(PARTITIONS):
            self.here.wait_until_recorded(lander, topics.CLICKSTREAM, self.rounds * 20, partition)
        self.here.wait_until_recorded(lander, topics.DECISIONS, self.rounds)
        self.wait_for_letters()

    def wait_for_letters(self) -> None:
        """Until each round's dead letter is there; the same one several times is one."""
        eventually(lambda: self._letters() >= self.rounds, PATIENCE)

    def is_right(self) -> None:
        """Each row once, each dead letter once, and the audit finds nothing."""
        wanted = PARTITIONS * self.rounds * 20
        assert self.here.landed() == (wanted, wanted)
        assert self._letters() == self.rounds
        assert not audit(self.here.store.query).findings

    def _letters(self) -> int:
        """On the embedded broker letters of aborted claims are visible: there distinct ids are counted."""
        counted = "uniqExact(event_id)" if self.embedded else "count()"
        [row] = self.here.store.query(f"SELECT {counted} AS n FROM raw_dead_letters")
        return int(row["n"])


def is_frozen(process: subprocess.Popen[bytes]) -> bool:
    """Whether a process has been stopped."""
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rsplit(")", 1)[1].split()[0] == "T"
