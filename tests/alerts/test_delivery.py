"""How a message reaches a webhook or a service, and what happens if it doesn't."""

import asyncio
import hashlib
import hmac
import logging

import pytest
from pydantic import SecretStr

from schemas.ids import derive
from schemas.outputs import AlertDelivery, DeadLetter
from streams.edges.delivery import Webhook, target_of
from streams.edges.outbox import Outbox
from streams.errors import FixConfiguration, Unavailable
from streams.kernel.deadletters import Origin
from streams.rules.alerts.notices import Digest, Message, message_id
from streams.sections import AlertTarget
from tests.alerts.receiver import receiving
from tests.alerts.telling import NOON, an_alert, rate

SECRET = "very secret"
RULE = rate(above=0.8, to=("ops",))
RETRY = (1_000, 10_000)


@pytest.fixture
def receiver():
    with receiving() as found:
        yield found


def sent(address, message=None):
    asyncio.run(Webhook(address, SECRET).send(message or Message("m1", (an_alert(),)), NOON))


def test_a_call_is_signed_as_documented(receiver):
    """The recipe of streams/alerts/README.md."""
    sent(receiver.url)
    [call] = receiver.calls
    timestamp = call.headers["Heedful-Timestamp"]
    expected = hmac.new(SECRET.encode(), timestamp.encode() + b"." + call.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(call.headers["Heedful-Signature"], f"v1={expected}")
    assert timestamp == str(NOON // 1000)
    assert call.headers["Idempotency-Key"] == call.said["message_id"] == "m1"


def test_it_says_what_stands_on_the_topic(receiver):
    sent(receiver.url)
    said = receiver.calls[0].said
    assert (said["title"], said["test"]) == ("rate 1", False)
    assert said["alerts"][0]["event_id"] == "notice-1"
    assert said["alerts"][0]["occurred_at"] == "2025-09-15T12:00:00.000Z"


@pytest.mark.parametrize("status", [199 + 101, 302, 404, 500, 503])
def test_any_other_answer_is_a_failure(receiver, status):
    receiver.status = status
    with pytest.raises(Unavailable, match=f"HTTP {status}"):
        sent(receiver.url)
    assert len(receiver.calls) == 1


def test_nobody_there_is_a_failure_that_names_no_address(receiver):
    with pytest.raises(Unavailable) as failed:
        sent("http://127.0.0.1:1/token-in-the-address")
    assert "token" not in str(failed.value)
    assert failed.value.__cause__ is None


def test_apprise_delivers(receiver):
    """Its own JSON, as to any of the services that it knows."""
    address = receiver.url.replace("http://", "json://")
    asyncio.run(target_of("ops", AlertTarget(url=SecretStr(address))).send(Message("m", (an_alert(),)), NOON))
    [call] = receiver.calls
    assert call.said["title"] == "rate 1"


def test_apprise_that_fails_says_nothing_secret(receiver, caplog):
    receiver.status = 500
    address = receiver.url.replace("http://", "json://")
    target = target_of("ops", AlertTarget(url=SecretStr(address)))
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable) as failed:
        asyncio.run(target.send(Message("m", (an_alert(),)), NOON))
    assert "token" not in str(failed.value) + repr(target) + "".join(
        record.getMessage() for record in caplog.records if record.name.startswith(("apprise", "streams"))
    )


def test_an_address_that_apprise_does_not_know_is_refused_without_being_shown():
    with pytest.raises(FixConfiguration) as refused:
        target_of("ops", AlertTarget(url=SecretStr("nosuch://token-in-the-address")))
    assert "alerting.targets.ops.url" in str(refused.value)
    assert "token" not in str(refused.value)


class Box:
    """An outbox, what it posted, and the records of cx.alerts that it was given."""

    def __init__(self, receiver, posted=(), rules=(RULE,), most=10):
        self.posted = []
        webhook = AlertTarget(webhook=SecretStr(receiver.url), secret=SecretStr(SECRET))
        self.outbox = Outbox(
            {"ops": target_of("ops", webhook)}, rules, Digest(most, 600_000), RETRY, 86_400_000, self._post
        )
        for record in posted:
            self.outbox.heard(record)

    async def _post(self, key, record):
        self.posted.append(record)

    def take(self, *numbers, **said):
        for number in numbers:
            origin = Origin("cx.alerts", 0, number, NOON, b"key", b"value")
            self.outbox.take(an_alert(number, **said), origin)
        return self

    def work(self, *seconds):
        for after in seconds:
            asyncio.run(self.outbox.work(NOON + after * 1_000))
        return self

    @property
    def deliveries(self):
        return [record for record in self.posted if isinstance(record, AlertDelivery)]

    @property
    def outcomes(self):
        return [(record.notice_id, record.outcome, record.tries) for record in self.deliveries]


def test_it_is_told_once_however_often_it_is_heard_of(receiver):
    box = Box(receiver).take(1, 1).work(0).take(1).work(1, 2)
    assert len(receiver.taken) == 1
    assert box.outcomes == [("notice-1", "delivered", 1)]


def test_it_is_tried_again_with_growing_pauses(receiver):
    receiver.statuses = [500, 503]
    box = Box(receiver).take(1).work(0)
    calls = [len(box.work(after) and receiver.calls) for after in (0.9, 1, 5, 10.9, 11, 12)]
    assert calls == [1, 2, 2, 2, 3, 3]
    assert box.outcomes == [("notice-1", "delivered", 3)]
    assert len({call.headers["Idempotency-Key"] for call in receiver.calls}) == 1


def test_what_no_try_could_do_becomes_a_dead_letter(receiver):
    receiver.status = 500
    box = Box(receiver).take(1).work(0, 1, 11, 12)
    [letter] = [record for record in box.posted if isinstance(record, DeadLetter)]
    assert (letter.topic, letter.offset, letter.stage) == ("cx.alerts", 1, "deliver ops")
    assert (letter.reason, letter.detail, letter.value) == ("handler_failed", "HTTP 500", b"value")
    assert box.outcomes == [("notice-1", "refused", 3)]
    assert len(receiver.calls) == 3
    assert "token" not in str(box.posted)


def test_those_behind_it_are_told_after_all(receiver):
    receiver.statuses = [500, 500, 500]
    box = Box(receiver).take(1).work(0).take(2).work(1, 11, 12)
    assert [outcome[:2] for outcome in box.outcomes] == [("notice-1", "refused"), ("notice-2", "delivered")]


def test_a_restart_tells_what_was_not_told_and_nothing_again(receiver):
    before = Box(receiver).take(1).work(0)
    receiver.status = 500
    before.take(2).work(1)
    receiver.status = 200
    after = Box(receiver, before.posted).take(1, 2).work(2, 3)
    assert [call.said["alerts"][0]["event_id"] for call in receiver.taken] == ["notice-1", "notice-2"]
    assert after.outcomes == [("notice-2", "delivered", 1)]


def test_many_become_one_message(receiver):
    box = Box(receiver, most=3).take(1, 2, 3, 4).work(0)
    [call] = receiver.taken
    assert call.said["title"] == "4 alerts: rate 4 raised"
    assert {outcome[1] for outcome in box.outcomes} == {"digested"}
    assert {record.message_id for record in box.deliveries} == {
        message_id("ops", [an_alert(number) for number in (1, 2, 3, 4)])
    }


def test_what_nobody_is_to_be_told_goes_nowhere(receiver):
    box = Box(receiver).take(1, name="another rule").work(0)
    assert (receiver.calls, box.posted) == ([], [])


def test_what_is_outdated_is_noted_and_not_told(receiver):
    box = Box(receiver).take(1, processed_at=NOON - 86_400_001).work(0, 1)
    assert receiver.calls == []
    assert [outcome[1] for outcome in box.outcomes] == ["outdated"]


def test_the_same_outcome_noted_twice_has_one_id(receiver):
    ids = [Box(receiver).take(1).work(0).deliveries[0].event_id for _ in range(2)]
    assert ids == [derive("delivery", "notice-1", "ops", "delivered")] * 2
