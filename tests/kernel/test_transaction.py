"""What a transaction says, on its way to the broker."""

from dataclasses import replace

import pytest
from confluent_kafka import Consumer

from schemas import topics
from streams.kernel import transaction
from streams.kernel.transaction import PATIENCE, Transaction
from tests.kernel.counting import Noting
from tests.kernel.harness import MakeBench

pytestmark = pytest.mark.broker

MUCH_LONGER = 5 * round(PATIENCE * 1_000)


def test_a_commit_sends_at_once_what_waits_for_others(
    make: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it fails: what waits does so for much longer than the commit has patience."""
    monkeypatch.setattr(transaction, "GATHERED_FOR", MUCH_LONGER)
    here = make(1)
    changelog, clicks = here.config.internal(Noting.name, "changelog"), here.config.named(topics.CLICKSTREAM)
    says = Transaction(replace(here.config, transaction_timeout=2 * MUCH_LONGER), here.config.prefix)
    member = Consumer(here.config.consumer("read_committed", {"group.id": here.config.prefix}))
    says.produce(changelog, b"key", b"value")
    assert here.raw(changelog, "read_uncommitted") == []
    says.commit({(clicks, 0): 7}, member.consumer_group_metadata())
    assert here.raw(changelog) == [(b"key", b"value")]
    assert here.committed(here.config.prefix, clicks) == {0: 7}
    member.close()
    says.close()
