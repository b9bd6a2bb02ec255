"""The day that is compared holds everything that a help desk may tell, and all that follows is said."""

from typing import Any, get_args

import pytest

from schemas import topics
from schemas.events import SupportEvent
from schemas.words import (
    ContactChannel,
    ContactSignalKind,
    ContactStatus,
    MessageKind,
    Priority,
    SupportType,
)
from streams.rules.contact_settings import ClockName
from streams.simulator.settings import MINUTE
from tests.builders import World, minutes
from tests.replay.a_day import END, LATENESS, RULES, as_it_came

WORDS: dict[str, Any] = {
    "type": SupportType,
    "kind": MessageKind,
    "status": ContactStatus,
    "priority": Priority,
    "channel": ContactChannel,
}
UNSAID = {"unknown", "withdrawn"}
"""Nothing that comes in time proves false."""


@pytest.fixture(scope="module")
def day() -> list[Any]:
    return as_it_came()


@pytest.fixture(scope="module")
def signals(day: list[Any]) -> list[Any]:
    return World(RULES, LATENESS / MINUTE).hear(*day).until(minutes(END)).said(topics.CONTACT_SIGNALS)


@pytest.mark.parametrize(("field", "words"), WORDS.items(), ids=WORDS)
def test_everything_is_told(day: list[Any], field: str, words: Any) -> None:
    told = {getattr(event, field) for event in day if isinstance(event, SupportEvent)}
    assert set(get_args(words)) - {"unknown"} <= told


def test_every_kind_of_signal_is_said(signals: list[Any]) -> None:
    assert set(get_args(ContactSignalKind)) - UNSAID <= {one.kind for one in signals}


def test_every_clock_runs_and_every_policy_is_in_force(signals: list[Any]) -> None:
    assert {*get_args(ClockName), "customer_wait", "callback", "group_ownership", "acknowledgement"} <= {
        one.clock for one in signals
    }
    assert {one.policy for one in signals} == {
        None,
        *(policy.name for policy in RULES.active(0).contacts.policies),
    }


@pytest.mark.parametrize("step", ["50%", "75%", "+1h"])
def test_every_step_of_the_ladders_comes(signals: list[Any], step: str) -> None:
    assert step in {one.step for one in signals}
