"""Files that nobody of this project wrote: the numbers are known, and an analyst's way gives the same."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from schemas.jsonl import to_millis
from tests.replay import by_hand, incidents_by_hand
from tests.replay.by_hand import Left
from tests.replay.commanding import Replayed, replay, thresholds
from tests.replay.incidents_by_hand import Waited

pytestmark = [pytest.mark.data, pytest.mark.slow]


def told(found: Replayed) -> list[Left]:
    """The signals in the analyst's terms."""
    return [
        Left(signal["visitor_id"], to_millis(signal["occurred_at"]) // 1000, signal["stage"])
        for signal in found.signals()
    ]


@pytest.mark.parametrize(
    ("month", "signals", "open_episodes"), [("oct", 3, 35), ("nov", 16, 37), ("dec", 0, 47)]
)
def test_rees46(third_party: Path, tmp_path: Path, month: str, signals: int, open_episodes: int) -> None:
    file = third_party / "shop_rees46_cosmetics" / f"data_2022_{month}.csv"
    arguments = ("--identity", "session", "--lateness", "0s", "--set", "rules.abandonment.cart.after=30m")
    found = replay(tmp_path, "rees46", file, *arguments)
    assert len(found.signals()) == signals
    assert found.summary["open_episodes"] == open_episodes
    assert found.summary["signals"]["cx.signals.abandonment"]["abandoned"] == signals

    sessions = by_hand.rees46(file)
    expected, undecided = by_hand.left(sessions, after=30 * 60)
    assert (sorted(told(found)), found.summary["open_episodes"]) == (sorted(expected), undecided)


@pytest.mark.parametrize("minutes", [pytest.param(2, id="many"), pytest.param(10, id="some")])
def test_rees46_with_short_thresholds(third_party: Path, tmp_path: Path, minutes: int) -> None:
    file = third_party / "shop_rees46_cosmetics" / "data_2022_oct.csv"
    found = replay(tmp_path, "rees46", file, "--lateness", "0s", *thresholds(f"{minutes}m"))
    sessions = by_hand.rees46(file)
    expected, undecided = by_hand.left(sessions, after=minutes * 60)
    assert expected
    assert (sorted(told(found)), found.summary["open_episodes"]) == (sorted(expected), undecided)


@pytest.mark.parametrize("lateness", ["0s", "10s"])
def test_retentioneering(third_party: Path, tmp_path: Path, lateness: str) -> None:
    file = third_party / "shop_retentioneering" / "ecom.csv.gz"
    arguments = ("--identity", "session", "--until", "+1d", "--lateness", lateness)
    found = replay(tmp_path, "retentioneering", file, *arguments, *thresholds("30m"))
    signals = found.signals()
    assert Counter(signal["stage"] for signal in signals) == {"cart": 496, "checkout": 155, "payment": 205}
    assert Counter(signal["device"] for signal in signals) == {"desktop": 445, "mobile": 309, "tablet": 102}
    assert found.summary["open_episodes"] == 0
    assert (found.summary["read"], found.summary["duplicates"], found.summary["dead_letters"]) == (
        31_106,
        30,
        0,
    )

    sessions = by_hand.retentioneering(file)
    expected, undecided = by_hand.left(sessions, after=30 * 60, until=86_400)
    assert (sorted(told(found)), undecided) == (sorted(expected), 0)


def test_with_the_user_as_visitor_a_cart_lives_on_in_the_next_session(
    third_party: Path, tmp_path: Path
) -> None:
    file = third_party / "shop_retentioneering" / "ecom.csv.gz"
    arguments = ("--identity", "user", "--until", "+1d", "--lateness", "0s")
    found = replay(tmp_path, "retentioneering", file, *arguments, *thresholds("30m"))
    assert found.summary["signals"]["cx.signals.abandonment"]["recovered"] > 0
    assert all(signal["profile_id"].startswith("user_") for signal in found.signals())


@pytest.mark.parametrize(
    ("form", "file", "numbers"),
    [
        ("servicenow", "incidents_servicenow/incident_event_log_head.csv.gz", (5_998, 0, 1_653, 0)),
        ("zendesk", "helpdesk_zendesk/seeds", (68, 0, 1, 49)),
    ],
)
def test_help_desks(
    third_party: Path, tmp_path: Path, form: str, file: str, numbers: tuple[int, int, int, int]
) -> None:
    found = replay(tmp_path, form, third_party / file, "--until", "+1d")
    names = ("read", "duplicates", "unchanged", "dead_letters")
    assert tuple(found.summary[name] for name in names) == numbers
    assert found.summary["waiting_contacts"] == 0


FULL = ("requester_wait", "agent_work", "total_resolution")


def counted(found: Replayed) -> dict[str, Waited]:
    """By contact, the minutes that its clocks had counted when it was solved for the first time."""
    minutes: dict[str, dict[str, int]] = defaultdict(dict)
    for line in found.lines:
        signal = line["value"]
        if line["topic"] == "cx.signals.contact" and signal["kind"] == "fulfill" and signal["clock"] in FULL:
            minutes[signal["contact_id"]].setdefault(signal["clock"], signal["counted_ms"] // 60_000)
    return {contact: Waited(**clocks) for contact, clocks in minutes.items()}


def test_incidents_wait_as_long_as_their_log_says(third_party: Path, tmp_path: Path) -> None:
    file = third_party / "incidents_servicenow" / "incident_event_log_head.csv.gz"
    found = replay(tmp_path, "servicenow", file, "--set", "rules.contacts.forget_after=366d")
    expected = incidents_by_hand.waited(file)
    assert len(expected) == 861
    assert counted(found) == expected


def test_ticket_11071(third_party: Path, tmp_path: Path) -> None:
    found = replay(tmp_path, "zendesk", third_party / "helpdesk_zendesk" / "seeds")
    open_, on_hold, pending = 43_200, 28_800, 40_320
    assert counted(found) == {"11071": Waited(open_ + on_hold, open_, open_ + on_hold + pending)}
