"""Two workers of one name, which none may share: the one that was there first ends, and says why."""

import threading

import pytest

from streams.errors import FixConfiguration
from tests.apache_kafka import ApacheKafka
from tests.kernel.counting import Noting
from tests.kernel.harness import PATIENCE, bench, until

pytestmark = [pytest.mark.broker, pytest.mark.kafka]


def test_whoever_was_there_first_ends(kafka: ApacheKafka, prefix: str) -> None:
    """Else each would drive the other out, for ever."""
    made = bench(kafka.bootstrap, prefix, 1, False, instance="worker-0")
    first, ended = made.kernel(Noting()), list[BaseException]()

    def work() -> None:
        try:
            first.run(threading.Event())
        except FixConfiguration as failure:
            ended.append(failure)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    until(lambda: first.status()["tasks"] == 1, "the first has the task")
    with made.running(Noting()) as second:
        thread.join(PATIENCE)
        assert "instance 'worker-0'" in str(ended[0])
        until(lambda: second.status()["tasks"] == 1, "the second has the task")
        assert second.status()["sessions"] == 1
