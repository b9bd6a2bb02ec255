"""What an import leaves on the inputs: a hold, the events, time as it was, and the end."""

from itertools import groupby
from pathlib import Path

import pytest

from schemas.control import Heartbeat, Hold
from schemas.jsonl import to_millis
from schemas.topics import INPUTS
from streams.broker import EmbeddedBroker
from streams.errors import FixConfiguration, FixInput, Refused
from tests.formats.files import REES46, Found, written
from tests.importing.importing import config_of, create_topics, imported, published

pytestmark = pytest.mark.broker

BEGIN, END = to_millis("2022-10-01T10:00:00Z"), to_millis("2022-10-01T10:41:39Z")


def a_file(folder: Path, rows: int = 2_500) -> Path:
    """One row a second."""
    times = (f"2022-10-01 10:{second // 60:02}:{second % 60:02} UTC" for second in range(rows))
    lines = (f"{time},cart,{n},2.50,7001,sess-{n % 7}" for n, time in enumerate(times))
    return written(folder, REES46, *lines)


def test_every_partition_is_held_and_comes_to_the_end(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    config = config_of(broker.bootstrap, prefix)
    create_topics(config, 2)
    found = imported(config, "rees46", a_file(tmp_path))
    assert (found.events, found.first, found.clock) == (2_500, BEGIN, END + 1)

    partitions = groupby(published(config, 2), key=lambda one: one[:2])
    seen = {place: [one.value for one in records] for place, records in partitions}
    assert len(seen) == 2 * len(INPUTS)
    for values in seen.values():
        assert values[0] == Hold(action="hold", received_at=BEGIN, reason="import")
        assert values[-1] == Heartbeat(received_at=END + 1 + config.lateness)
        beats = [value.received_at for value in values[:-1] if isinstance(value, Heartbeat)]
        assert beats == [to_millis("2022-10-01T10:16:40Z"), to_millis("2022-10-01T10:33:20Z")]
        times = [value.received_at for value in values[1:]]  # type: ignore[attr-defined]
        assert times == sorted(times)


def test_events_are_those_of_the_file_under_their_keys(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    config = config_of(broker.bootstrap, prefix)
    create_topics(config, 3)
    file = a_file(tmp_path, 50)
    imported(config, "rees46", file)
    events = [one for one in published(config, 3) if one.key is not None]
    assert {one.key for one in events} == {f"main/sess-{n}".encode() for n in range(7)}
    assert all(
        len({one.partition for one in events if one.key == key}) == 1 for key in {one.key for one in events}
    )
    by_id = {event.event_id: event for event in Found("rees46", [file]).events}
    assert {one.value.event_id: one.value for one in events} == by_id  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("until", "clock"),
    [
        pytest.param("+1d", to_millis("2022-10-02T10:00:49Z") + 1, id="a day after the end"),
        pytest.param("2022-10-01T10:00:09Z", to_millis("2022-10-01T10:00:09Z") + 1, id="a moment inside"),
    ],
)
def test_until(broker: EmbeddedBroker, prefix: str, tmp_path: Path, until: str, clock: int) -> None:
    config = config_of(broker.bootstrap, prefix, lateness=0)
    create_topics(config, 1)
    assert imported(config, "rees46", a_file(tmp_path, 50), until_=until).clock == clock
    assert max(one.value.received_at for one in published(config, 1)) == clock  # type: ignore[attr-defined]


def test_history_is_not_mixed_into_what_is_later(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    config = config_of(broker.bootstrap, prefix)
    create_topics(config, 1)
    file = a_file(tmp_path, 50)
    imported(config, "rees46", file)
    before = published(config, 1)
    with pytest.raises(Refused, match="--prefix"):
        imported(config, "rees46", file)
    assert published(config, 1) == before


def test_what_follows_can_be_imported_after_it(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    config = config_of(broker.bootstrap, prefix, lateness=0)
    create_topics(config, 1)
    imported(config, "rees46", a_file(tmp_path, 50))
    follows = written(tmp_path, REES46, "2022-10-01 11:00:00 UTC,cart,1,2.50,7001,sess-1", name="next")
    assert imported(config, "rees46", follows).events == 1


def test_a_future_that_nobody_would_believe(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    config = config_of(broker.bootstrap, prefix)
    create_topics(config, 1)
    with pytest.raises(Refused, match="future"):
        imported(config, "rees46", a_file(tmp_path, 5), until_="2200-01-01T00:00:00Z")
    assert published(config, 1) == []


def test_an_end_in_the_future_is_refused_with_the_way_out(
    broker: EmbeddedBroker, prefix: str, tmp_path: Path
) -> None:
    config = config_of(broker.bootstrap, prefix)
    create_topics(config, 1)
    with pytest.raises(
        Refused, match=r"time would come to 2\d{3}-.*: use another prefix, with --until naming"
    ):
        imported(config, "rees46", a_file(tmp_path, 5), until_="+36500d")


def test_nothing_to_import(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    config = config_of(broker.bootstrap, prefix)
    create_topics(config, 1)
    with pytest.raises(FixInput, match="no row"):
        imported(config, "rees46", written(tmp_path, REES46))


def test_missing_topics_are_named(broker: EmbeddedBroker, prefix: str, tmp_path: Path) -> None:
    with pytest.raises(FixConfiguration, match=f"{prefix}.clickstream"):
        imported(config_of(broker.bootstrap, prefix), "rees46", a_file(tmp_path, 5))
