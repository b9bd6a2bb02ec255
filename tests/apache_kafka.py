"""Apache Kafka out of Maven's artifacts: one real KRaft broker for the tests that only it can pass."""

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams import children
from tests.maven import jars

VERSION = "4.3.1"
ARTIFACTS = {"org.apache.kafka:kafka_2.13": VERSION, "org.slf4j:slf4j-simple": "1.7.36"}
PLACES = """process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{broker},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{broker}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/logs
"""
PROPERTIES = """offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
share.coordinator.state.topic.replication.factor=1
log.cleaner.backoff.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
"""


@dataclass(frozen=True)
class ApacheKafka:
    """A running broker."""

    bootstrap: str
    pid: int


def missing() -> str | None:
    """What this machine lacks to run it; None: nothing."""
    lacks = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    return f"Apache Kafka needs {' and '.join(lacks)}, not found on this machine" if lacks else None


@contextmanager
def apache_kafka(
    properties: Mapping[str, str] | None = None, measured: bool = False
) -> Iterator[ApacheKafka]:
    """A broker on free loopback ports for as long as the block runs; its data goes with it.

    ``properties``: those of somebody else, kept but for addresses and folders. ``measured``: see ``java``.
    """
    port = children.free_port()
    with tempfile.TemporaryDirectory(prefix="heedful-kafka-") as folder:
        places = PLACES.format(broker=port, controller=children.free_port(), folder=folder)
        said = (_without_places(properties) if properties else PROPERTIES) + places
        bootstrap = f"127.0.0.1:{port}"
        with started(Path(folder), said, {"bootstrap.servers": bootstrap}, measured=measured) as pid:
            yield ApacheKafka(bootstrap, pid)


@contextmanager
def started(
    folder: Path, properties: str, client: Mapping[str, str], *format_: str, measured: bool = False
) -> Iterator[int]:
    """A broker with these properties, which name ``folder``, once it answers ``client``; its process id.

    ``format_``: more options for formatting its folder. ``measured``: see ``java``.
    """
    config = folder / "server.properties"
    config.write_text(properties)
    formatting = ["format", "-t", cluster_id(), "-c", str(config), "--standalone", *format_]
    _run(java("kafka.tools.StorageTool", *formatting))
    with open(folder / "output", "wb") as output:
        process = children.start(java("kafka.Kafka", str(config), measured=measured), output)
    try:
        _wait(process, client, folder / "output")
        yield process.pid
    finally:
        process.kill()
        process.wait()


def cluster_id() -> str:
    """A name for a new cluster."""
    return _run(java("kafka.tools.StorageTool", "random-uuid")).strip().splitlines()[-1]


def java(main: str, *arguments: str, heap: str = "512m", measured: bool = False) -> list[str]:
    """The command that runs a class of Apache Kafka. ``measured``: compiled as well as in production, which
    pays after a minute; a test is over by then.
    """
    classpath = f"{jars(f'kafka-{VERSION}', ARTIFACTS)}/*"
    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    quick = [] if measured else ["-XX:TieredStopAtLevel=1"]
    return ["java", f"-Xmx{heap}", *quick, quiet, "-cp", classpath, main, *arguments]


def _without_places(properties: Mapping[str, str]) -> str:
    """Places are written behind them, and hold: what stands further down in a file does."""
    named = ("inter.broker.listener.name", "controller.quorum.voters")
    return "".join(f"{name}={value}\n" for name, value in properties.items() if name not in named)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _wait(process: subprocess.Popen[bytes], settings: Mapping[str, str], output: Path) -> None:
    client = AdminClient({**settings, "log_level": 0})
    until = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < until:
        try:
            if client.list_topics(timeout=1).brokers:
                return
        except KafkaException:
            continue
    raise AssertionError(f"Apache Kafka doesn't come up: {output.read_text(errors='replace')[-2000:]}")
