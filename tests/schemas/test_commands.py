"""``heedful topics`` and ``heedful schemas`` against a real broker and a real HTTP server."""

import pytest
from confluent_kafka import Consumer, KafkaError, TopicPartition

from schemas.admin import CHANGELOG, LANDED_COMPACTED, create, partitions_of, plans, settings_on_broker
from schemas.control import Hold
from schemas.errors import BrokerUnavailable, FixTopics
from schemas.published import newest
from schemas.topics import INPUTS, SUBJECTS, TOPICS
from streams.cli import main
from tests.schemas.builders import CODEC
from tests.schemas.rest_registry import rest_registry


@pytest.fixture
def heedful(monkeypatch, tmp_path, capsys):
    """Runs the command line in an empty folder; gives the exit code and what was printed."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        captured = capsys.readouterr()
        return ended.value.code or 0, captured.out, captured.err

    return run


@pytest.fixture
def on(broker, prefix):
    """The options that name the broker and a prefix of the test's own."""
    return ("--bootstrap", broker.bootstrap, "--prefix", prefix)


def reach(address):
    return {"bootstrap.servers": address}


def hold_of(bootstrap, topic, partition):
    """The last control record of a partition."""
    consumer = Consumer(
        {**reach(bootstrap), "group.id": "t", "enable.partition.eof": True, "enable.auto.commit": False}
    )
    consumer.assign([TopicPartition(topic, partition, 0)])
    last = None
    while (message := consumer.poll(30)) is not None:
        if message.error() is not None:
            assert message.error().code() == KafkaError._PARTITION_EOF
            break
        last = CODEC.decode(message.value())
    consumer.close()
    return last


@pytest.mark.broker
def test_create_creates_once(heedful, on, broker, prefix):
    code, out, _ = heedful("topics", "create", "--partitions", "3", *on)
    assert code == 0
    assert f"created {prefix}.clickstream: 3 partitions" in out
    assert f"created heedful.{prefix}.rules: 1 partition\n" in out
    count = len(plans(prefix, prefix, 3))
    assert out.endswith(f"{count} created, 0 were there.\n")
    present = partitions_of(reach(broker.bootstrap))
    assert all(present[topic.named(prefix)] == 3 for topic in TOPICS)
    code, out, _ = heedful("topics", "create", "--partitions", "3", *on)
    assert (code, out) == (0, f"0 created, {count} were there.\n")


@pytest.mark.broker
def test_other_partitions_are_refused_with_the_way_out(heedful, on, prefix):
    heedful("topics", "create", "--partitions", "2", *on)
    code, out, err = heedful("topics", "create", "--partitions", "4", *on)
    assert (code, out) == (2, "")
    others = (
        len(plans(prefix, prefix, 4)) - 3
    )  # those of one partition, rules and claims, are as they should be
    assert f"{prefix}.clickstream has 2 partitions and not 4 (and {others} others differ); set" in err
    assert "another prefix" in err


@pytest.mark.broker
def test_list_tells_what_is_missing(heedful, on, prefix):
    _, out, _ = heedful("topics", "list", *on)
    assert "missing; `heedful topics create` creates them" in out
    heedful("topics", "create", *on)
    _, out, _ = heedful("topics", "list", *on)
    assert "missing" not in out
    assert all(topic.named(prefix) in out for topic in TOPICS)


@pytest.mark.broker
def test_describe_tells_contract_and_settings(heedful, on, prefix):
    heedful("topics", "create", *on)
    code, out, _ = heedful("topics", "describe", "contacts", *on)
    assert code == 0
    for line in (
        f"{prefix}.contacts",
        "shop_id/contact_id",
        "heedful.ContactState",
        "waiting_since",
        "time?",
    ):
        assert line in out
    assert "min.compaction.lag.ms = 86400000\n" in out
    code, _, err = heedful("topics", "describe", "parcels", *on)
    assert code == 2
    assert "parcels is none of heedful's topics" in err


@pytest.mark.broker
def test_go_live_ends_the_hold_of_every_partition(heedful, on, broker, prefix):
    code, _, err = heedful("topics", "go-live", *on)
    assert code == 2
    assert "heedful topics create" in err
    heedful("topics", "create", "--partitions", "2", *on)
    code, out, _ = heedful("topics", "go-live", *on)
    assert code == 0
    for topic in INPUTS:
        assert f"{topic.named(prefix)}: live on 2 partitions" in out
        for partition in range(2):
            last = hold_of(broker.bootstrap, topic.named(prefix), partition)
            assert isinstance(last, Hold)
            assert last.action == "live"


def test_no_broker_is_said(heedful, monkeypatch):
    monkeypatch.setattr("schemas.admin.PATIENCE", 1.0)
    code, _, err = heedful("topics", "list", "--bootstrap", "127.0.0.1:1")
    assert code == 2
    assert "no broker answers at 127.0.0.1:1 (kafka.bootstrap): " in err
    with pytest.raises(BrokerUnavailable):
        create(reach("127.0.0.1:1"), plans("x", "x", 1))


@pytest.mark.kafka
def test_a_broker_in_production_keeps_the_settings(kafka, prefix):
    wanted = plans(prefix, prefix, 2)
    assert create(reach(kafka.bootstrap), wanted) == list(wanted)
    for plan in wanted:
        actual = settings_on_broker(reach(kafka.bootstrap), plan.name)
        assert actual is not None
        assert {name: actual[name] for name in plan.settings} == dict(plan.settings)
    with pytest.raises(FixTopics):
        create(reach(kafka.bootstrap), plans(prefix, prefix, 3))


def test_what_is_compacted():
    of = {plan.name: plan.settings for plan in plans("cx", "cx", 4)}
    compacted = {name for name, settings in of.items() if settings["cleanup.policy"] == "compact"}
    own = {"visits.changelog", "care.changelog", "rules", "landings"}
    assert compacted == {"cx.contacts", "cx.profiles", *(f"heedful.cx.{name}" for name in own)}
    assert of["cx.contacts"] == LANDED_COMPACTED
    assert of["heedful.cx.care.changelog"] == CHANGELOG
    assert {of[topic.name]["message.timestamp.type"] for topic in INPUTS} == {"LogAppendTime"}


def test_check_finds_all_in_order(heedful):
    code, out, _ = heedful("schemas", "check")
    assert code == 0
    assert out.endswith("all in order.\n")


def test_show(heedful):
    _, out, _ = heedful("schemas", "show")
    assert all(subject in out for subject in SUBJECTS)
    _, out, _ = heedful("schemas", "show", "cart")
    assert out.strip() == newest("cx.cart-value").text.strip()
    _, out, _ = heedful("schemas", "show", "hold", "--example")
    assert "// live" in out
    code, _, err = heedful("schemas", "show", "parcels")
    assert code == 2
    assert "there is no subject parcels" in err
    code, _, err = heedful("schemas", "show", "cart", "--version", "99")
    assert code == 2
    assert "its newest is" in err


def test_register(heedful):
    code, _, err = heedful("schemas", "register")
    assert code == 2
    assert "registry.url" in err
    with rest_registry() as server:
        code, out, _ = heedful("schemas", "register", "--url", server.url)
        again = heedful("schemas", "register", "--url", server.url)
        assert set(server.subjects) == set(SUBJECTS)
    assert (code, out) == (0, again[1])
    assert server.levels["cx.cart-value"] == "BACKWARD_TRANSITIVE"
    assert server.levels["cx.facts-value"] == "FULL_TRANSITIVE"
