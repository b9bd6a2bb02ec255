"""A landing process to be killed or frozen: ``python -m tests.sinks.landing_process JSON``.

Lands until SIGTERM. ``target``: where rows go, as ClickHouseTarget has it.
"""

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Any

from schemas.codec import Codec
from schemas.registry import FileRegistry
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.lander import Lander
from sinks.clickhouse.store import ClickHouseTarget, open_store
from streams.failpoints import parse


def config(bootstrap: str, prefix: str, embedded: bool, fail_at: str = "", **said: Any) -> LandingConfig:
    """Small ranges, quick to notice the dead."""
    quick = {"linger": 20, "retry_after": 50, "session_timeout": 2_000 if embedded else 6_000}
    return LandingConfig(
        kafka={"bootstrap.servers": bootstrap},
        prefix=prefix,
        deployment=prefix,
        aborted_visible=embedded,
        replication=1,
        reached=parse(fail_at),
        **{**quick, **said},
    )


def main(target: dict[str, str], said: dict[str, Any]) -> None:
    """Land until told to stop."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    path = Path(target["path"]) if "path" in target else None
    store = open_store(ClickHouseTarget(url=target.get("url"), path=path))
    Lander(config(**said), Codec(FileRegistry()), store).run(stop)
    store.close()


if __name__ == "__main__":
    spoken = json.loads(sys.argv[1])
    main(spoken.pop("target"), spoken)
