"""The kernel on real brokers: the embedded one and, where Java and Maven are at hand, Apache Kafka."""

import threading
from dataclasses import replace

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas import topics
from schemas.control import Clock, Hold
from schemas.topics import Output
from streams.errors import FixConfiguration, Refused
from streams.kernel.processor import Moment
from tests.kernel.counting import Notes, Noting, said
from tests.kernel.harness import CODEC, MakeBench, until
from tests.kernel.noted import START, beat, click, notes, send_time

pytestmark = pytest.mark.broker

FOR_EVER = 3_600_000


def test_events_in_signals_out(make: MakeBench) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click("b", 20), click("a", 10))
    send_time(here, 1_000)
    with here.running(Noting()):
        until(lambda: notes(here) == [("a", "b")], "the note")


class Urging(Noting):
    """Says the same to somebody who acts on it at once."""

    def wake(self, state: Notes, due: int, at: Moment, out: list[Output]) -> None:
        out.append(Output(replace(topics.PROFILES, urgent=True), "k", said(state.notes, due)))


def test_what_is_urgent_is_not_kept_waiting(make: MakeBench) -> None:
    here = make(commit_every=FOR_EVER, idle_commit_every=FOR_EVER)
    here.send(topics.CLICKSTREAM, click("a", 10))
    send_time(here, 1_000)
    with here.running(Urging()):
        until(lambda: notes(here) == [("a",)], "the note")


def test_nothing_fires_before_every_input_reached_the_time(make: MakeBench) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click("a", 10), beat(1_000))
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("read") == 2, "both records read")
        assert notes(here) == []
        here.send(topics.CART, beat(1_000), partition=0)
        until(lambda: notes(here) == [("a",)], "the note")


def test_state_survives_a_restart_and_each_note_is_made_once(make: MakeBench) -> None:
    here = make(partitions=4)
    for visitor in "abcdefgh":
        here.send(topics.CLICKSTREAM, click(f"{visitor}1", 10, visitor=visitor))
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("read") == 8, "the first half read")
    send_time(here, 50)
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("read") == 8, "the time read")
    for visitor in "abcdefgh":
        here.send(topics.CLICKSTREAM, click(f"{visitor}2", 60, visitor=visitor))
    send_time(here, 10_000)
    with here.running(Noting()) as kernel:
        until(lambda: len(notes(here)) >= 8, "all notes")
        until(lambda: kernel.status().get("keys") == 0, "everything forgotten")
    assert sorted(notes(here)) == [(f"{visitor}1", f"{visitor}2") for visitor in "abcdefgh"]


def test_two_workers_share_the_partitions_and_one_takes_over(make: MakeBench) -> None:
    here = make(partitions=4)
    with here.running(Noting()) as first:
        until(lambda: first.status().get("tasks") == 4, "one worker has all")
        with here.running(Noting()) as second:
            until(lambda: (first.status()["tasks"], second.status().get("tasks")) == (2, 2), "two each")
            for visitor in "abcdefgh":
                here.send(topics.CLICKSTREAM, click(visitor, 10, visitor=visitor))
            until(
                lambda: int(first.status().get("keys", 0)) + int(second.status().get("keys", 0)) == 8,
                "all keys held",
            )
        until(lambda: first.status().get("tasks") == 4, "one worker has all again")
        send_time(here, 10_000)
        until(lambda: len(notes(here)) >= 8, "all notes")
    assert sorted(notes(here)) == [(visitor,) for visitor in "abcdefgh"]


def test_a_silent_input_gets_heartbeats_that_move_the_clock(make: MakeBench) -> None:
    here = make(heartbeats=True, heartbeat_after=50)
    here.send(topics.CLICKSTREAM, click("a", 10))
    with here.running(Noting()):
        until(lambda: notes(here) == [("a",)], "time passes although nothing happens")


def test_a_held_partition_gets_no_heartbeats(make: MakeBench) -> None:
    here = make(heartbeats=True, heartbeat_after=50)
    hold = Hold(action="hold", received_at=START)
    here.send(topics.CLICKSTREAM, hold, click("a", 10), partition=0)
    with here.running(Noting()) as kernel:
        cart = topics.CART.named(here.config.prefix)
        until(lambda: kernel.status().get("tasks") == 1, "assigned")
        until(lambda: len(here.records(cart)) >= 3, "heartbeats in the input that isn't held")
    assert len(here.records(topics.CLICKSTREAM.named(here.config.prefix))) == 2
    assert notes(here) == []


def test_every_task_writes_its_clock_behind_its_facts(make: MakeBench) -> None:
    here = make(partitions=2)
    send_time(here, 777)
    facts = topics.FACTS.named(here.config.prefix)
    with here.running(Noting(), announces=topics.FACTS):
        until(
            lambda: Clock(task=1, tasks=2, clock=START + 777, kernel="noting") in here.records(facts),
            "the clock of task 1",
        )
        until(
            lambda: Clock(task=0, tasks=2, clock=START + 777, kernel="noting") in here.records(facts),
            "the clock of task 0",
        )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        pytest.param(b"rubbish", "not_framed", id="rubbish"),
        pytest.param(CODEC.encode(click("x", 2**43, visitor="v")), "impossible_time", id="a time in 2109"),
    ],
)
def test_bad_input_is_kept_and_the_rest_goes_on(make: MakeBench, value: bytes, reason: str) -> None:
    here = make()
    name = topics.CLICKSTREAM.named(here.config.prefix)
    here.send(topics.CLICKSTREAM, click("a", 10))
    here.producer.produce(name, value=value, key="k", partition=0)
    here.producer.flush()
    here.send(topics.CLICKSTREAM, click("b", 20))
    send_time(here, 1_000)
    with here.running(Noting()):
        until(lambda: notes(here) == [("a", "b")], "the good events")
    (letter,) = here.read(topics.DEAD_LETTERS)
    assert (letter.topic, letter.offset, letter.reason, letter.value) == (name, 1, reason, value)


def test_a_reset_of_the_offsets_is_refused(make: MakeBench) -> None:
    here = make()
    here.send(topics.CLICKSTREAM, click("a", 10))
    with here.running(Noting()) as kernel:
        until(lambda: kernel.status().get("read") == 1, "read")
    consumer = Consumer(here.config.consumer("read_committed", {"group.id": here.config.internal("noting")}))
    consumer.commit(
        offsets=[TopicPartition(topics.CLICKSTREAM.named(here.config.prefix), 0, 0)], asynchronous=False
    )
    consumer.close()
    with pytest.raises(Refused, match="offsets were reset"):
        here.kernel(Noting()).run(threading.Event())


def test_a_broker_that_stalls_while_partitions_are_assigned_ends_a_session_only(make: MakeBench) -> None:
    """As a call that times out: what the client raises then is not what ``except`` catches, by itself."""
    unreachable = {"bootstrap.servers": "127.0.0.1:1", "transactional.id": "t", "log_level": 0}
    stalls = iter([Producer(unreachable)])

    def reached(step: str) -> None:
        if step == "restore.offsets":
            for producer in stalls:
                producer.init_transactions(0.1)

    here = make(reached=reached)
    here.send(topics.CLICKSTREAM, click("a", 10))
    send_time(here, 1_000)
    with here.running(Noting()) as kernel:
        until(lambda: notes(here) == [("a",)], "the note")
        assert kernel.status()["sessions"] == 2


def test_missing_topics_are_named(make: MakeBench, prefix: str) -> None:
    here = make()
    object.__setattr__(here.config, "prefix", "nobody")
    with pytest.raises(FixConfiguration, match=r"nobody\.c"):
        here.kernel(Noting()).run(threading.Event())
