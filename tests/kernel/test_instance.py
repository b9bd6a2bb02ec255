"""Two workers of one name, which none may share: the one that was there first ends, and says why."""

import threading

import pytest
from confluent_kafka import KafkaError, KafkaException

from schemas import topics
from streams.errors import FixConfiguration
from tests.apache_kafka import ApacheKafka
from tests.kernel.counting import Noting
from tests.kernel.harness import PATIENCE, bench, until
from tests.kernel.noted import click, notes, send_time

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


def test_a_worker_that_joins_anew_is_not_its_own_rival(kafka: ApacheKafka, prefix: str) -> None:
    failures = [KafkaException(KafkaError(KafkaError._TRANSPORT))]

    def fail_once(point: str) -> None:
        if point == "commit.position" and failures:
            raise failures.pop()

    made = bench(kafka.bootstrap, prefix, 1, False, instance="worker-0", reached=fail_once)
    made.send(topics.CLICKSTREAM, click("ann", 10), partition=0)
    send_time(made, 1_000)
    with made.running(Noting()) as kernel:
        until(lambda: notes(made) == [("ann",)], "the note")
        assert not failures
        assert kernel.status()["sessions"] == 2
