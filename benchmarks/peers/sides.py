"""Who is measured: what runs, what it promises, and what it doesn't do here."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from benchmarks.broker import Place
from benchmarks.peers import build
from benchmarks.processes import module
from schemas import topics
from schemas.control import Heartbeat
from schemas.published import SUBJECT_OF
from schemas.registry import FileRegistry

JAVA = ("-Xms1g", "-Xmx3g", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
OPENED = tuple(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in ("java.lang", "java.util"))
"""What Flink reaches into."""

Commands: TypeAlias = list[Sequence[str]]


class Side(NamedTuple):
    """One engine. ``commands``: its processes, for a place and a folder of its own; raises Unavailable.

    ``slow``: it gets fewer events. ``reads_committed``: it sees no event before its transaction ends.
    """

    name: str
    guarantee: str
    commands: Callable[[Place, Path], Commands]
    lacks: str
    slow: bool = False
    reads_committed: bool = True


def write_schemas(folder: Path) -> Path:
    """The schemas that a peer reads and writes, as files SUBJECT@ID.avsc."""
    registry = FileRegistry()
    of_topics = [topic.subject for topic in (*topics.INPUTS, *topics.OUTPUTS)]
    for subject in (*of_topics, SUBJECT_OF[Heartbeat]):
        number = registry.id_of(subject)
        (folder / f"{subject}@{number}.avsc").write_text(registry.text_of(number) or "")
    return folder


def _heedful(workers: int) -> Callable[[Place, Path], Commands]:
    def commands(place: Place, _: Path) -> Commands:
        address = (place.broker.bootstrap, place.prefix, "apache")
        return [module("benchmarks.kernel", role, *address) for role in ("visits", "care")] * workers

    return commands


def _faust(place: Place, _: Path) -> Commands:
    address = (place.broker.bootstrap, place.prefix)
    return [module("benchmarks.plain_detect", *address, str(place.partitions))]


def _java(name: str, main: str, *options: str) -> Callable[[Place, Path], Commands]:
    def commands(place: Place, folder: Path) -> Commands:
        classpath = build.classpath(name)
        schemas, state = _folders(folder)
        arguments = (place.broker.bootstrap, place.prefix, str(schemas), str(state))
        return [("java", *JAVA, *options, "-cp", classpath, main, *arguments)]

    return commands


def _python(name: str) -> Callable[[Place, Path], Commands]:
    def commands(place: Place, folder: Path) -> Commands:
        python = str(build.python(name))
        schemas, state = _folders(folder)
        arguments = (place.broker.bootstrap, place.prefix, str(schemas), str(state))
        return [(python, "-m", f"benchmarks.peers.{name}.main", *arguments)]

    return commands


def _folders(folder: Path) -> tuple[Path, Path]:
    schemas, state = folder / "schemas", folder / "state"
    schemas.mkdir()
    state.mkdir()
    return write_schemas(schemas), state


HEEDFUL = """\
beside it, in two kernels with a topic of facts between them: who is who across devices; events that come late
or twice, and what they prove false; dead letters; likely causes; every clock of a contact; decisions and
outreach; the state of each customer and contact, published. No peer does any of these."""
TWICE = """\
the same with two workers of each kernel, on the same cores. Where each has a core of its own, they are as
much faster as their CPU per event stays what it is with one."""
KAFKA_STREAMS = """\
deadlines wait in a queue on the heap, which a restart fills from the store; a punctuator looks at it every
100 ms of wall clock. State in memory, with a changelog; one thread."""
FLINK = """\
exactly once by snapshots of the whole state (heap, files on this machine) instead of a changelog through the
broker; in production they would need a storage of their own. One process, parallelism 1."""
FAUST = """\
exactly once: it commits past messages in flight, acknowledges what failed, and reads what was not committed
(so its time begins when publishing does). Deadlines live in memory beside the tables: lost in a restart."""
QUIX = """\
a state can be reached only while a record of its key is handled, and nothing wakes a key up: what waits is
held in memory as well, and a restart remembers it only with the key's next event. State in RocksDB."""
BYTEWAX = """\
exactly once: after a restart the signals since the last snapshot (every 100 ms, SQLite) are said again. Its
timers know the wall clock only: a second step, keyed by partition, waits for event time. No consumer group.
"""

SIDES = (
    Side("heedful", "exactly once", _heedful(1), HEEDFUL),
    Side("heedful twice", "exactly once", _heedful(2), TWICE),
    Side(
        "Kafka Streams",
        "exactly once",
        _java("kafka-streams", "heedful.peer.streams.Main"),
        KAFKA_STREAMS,
    ),
    Side("Flink", "exactly once", _java("flink", "heedful.peer.flink.Main", *OPENED), FLINK),
    Side("Quix Streams", "exactly once", _python("quix"), QUIX, slow=True),
    Side("Bytewax", "state exactly, signals at least once", _python("bytewax"), BYTEWAX, slow=True),
    Side("plain Faust", "at least once", _faust, FAUST, slow=True, reads_committed=False),
)


def scratch() -> "tempfile.TemporaryDirectory[str]":
    """A folder for one side of one round."""
    return tempfile.TemporaryDirectory(prefix="heedful-peers-")
