"""A landing process to be killed. Arguments: folder, bootstrap, prefix, which broker (embedded or kafka)."""

import sys
import threading
from pathlib import Path

from schemas.codec import Codec
from schemas.registry import FileRegistry
from sinks.clickhouse.config import LandingConfig
from sinks.clickhouse.embedded import EmbeddedStore
from sinks.clickhouse.lander import Lander

folder, bootstrap, prefix, broker = sys.argv[1:]
config = LandingConfig(
    kafka={"bootstrap.servers": bootstrap},
    prefix=prefix,
    deployment=prefix,
    aborted_visible=broker == "embedded",
    linger=20,
    session_timeout=2_000 if broker == "embedded" else 6_000,
    replication=1,
)
Lander(config, Codec(FileRegistry()), EmbeddedStore(Path(folder))).run(threading.Event())
