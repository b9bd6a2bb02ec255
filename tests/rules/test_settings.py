"""Rules as configuration: defaults, errors that name the line, overrides, versions."""

from pathlib import Path

import pytest

from streams.errors import FixConfiguration, Refused
from streams.rules.book import RuleBook
from streams.rules.settings import RuleSet, load_rules, override, rules_in

FILE = Path(__file__).parents[2] / "heedful.toml"
DEFAULT = RuleSet.from_mapping({})


def test_the_documented_file_holds_the_defaults() -> None:
    assert load_rules(FILE) == DEFAULT


@pytest.mark.parametrize(
    ("stage", "minutes"), [("cart", 60), ("checkout", 30), ("payment", 10), ("unknown", 60)]
)
def test_thresholds_by_stage(stage: str, minutes: int) -> None:
    assert DEFAULT.abandonment.after(stage) == minutes * 60_000  # type: ignore[arg-type]


POLICIES = """[[rules.contacts.policies]]
name = "one"
[[rules.contacts.policies]]
name = "two"
"""


@pytest.mark.parametrize(
    ("text", "error"),
    [
        pytest.param(
            POLICIES + 'ladder = ["50%", "150%"]',
            "f:5: rules.contacts.policies.1.ladder.1: '150%' is no step: write a share such as '75%'",
            id="a step of the second policy",
        ),
        pytest.param(
            POLICIES + 'ladder = ["50%", "50%"]',
            "f:5: rules.contacts.policies.1.ladder: the same",
            id="twice",
        ),
        pytest.param(
            POLICIES + 'all = [{ field = "channel" }]',
            "f:5: rules.contacts.policies.1.all.0: write either is",
            id="a condition without a value",
        ),
        pytest.param(
            POLICIES + 'all = [{ field = "colour", is = "red" }]',
            "f:5: rules.contacts.policies.1.all.0.field: Input should be 'channel'",
            id="an unknown attribute",
        ),
        pytest.param(
            POLICIES + '[rules.contacts.policies.targets.urgent]\nfirst_reply = "5 ages"',
            "f:6: rules.contacts.policies.1.targets.urgent.first_reply.target: '5 ages' is no length",
            id="a target in a table of its own",
        ),
        pytest.param(
            POLICIES + 'pause.agent_work = ["asleep"]',
            "f:5: rules.contacts.policies.1.pause.agent_work.0: Input should be",
            id="an unknown status",
        ),
        pytest.param(
            POLICIES + 'calendar = "office"',
            "f:5: rules.contacts.policies.1.calendar: there is no calendar 'office'; write a table",
            id="an unknown calendar",
        ),
        pytest.param(
            POLICIES + "first_reply_time.fulfil_on_anything = true",
            "f:5: rules.contacts.policies.1.first_reply_time.fulfil_on_anything: there is no setting",
            id="an unknown option",
        ),
        pytest.param(
            POLICIES.replace("two", "one"),
            "f:1: rules.contacts.policies: two policies are named 'one'",
            id="one name",
        ),
        pytest.param(
            '[rules.abandonment.cart]\nafter = "29s"', "f:2: rules.abandonment.cart.after: must be from 30s"
        ),
        pytest.param(
            '[rules.abandonment.cart]\nafter = "31d"', "f:2: rules.abandonment.cart.after: must be from 30s"
        ),
        pytest.param(
            '[rules.abandonment]\ncart.after = "soon"', "f:2: rules.abandonment.cart.after: 'soon' is no"
        ),
        pytest.param(
            "[rules.abandonment.cart]\nafter = true", "f:2: rules.abandonment.cart.after: True is no"
        ),
        pytest.param(
            '\n[rules.abandonment.cart]\naftr = "5m"', "f:3: rules.abandonment.cart.aftr: there is no"
        ),
        pytest.param("[rules]\nabandonmnt = {}", "f:2: rules.abandonmnt: there is no"),
        pytest.param("[rules.contacts]\nfirst_reply = 3", "f:2: rules.contacts.first_reply: Input should be"),
        pytest.param(
            '[rules.abandonment]\nforget_after = "1h"', "f:1: rules.abandonment: forget_after must not"
        ),
        pytest.param('[outreach]\nmode = "loud"', "f:2: outreach.mode: "),
        pytest.param("[rules", "f: Expected ']'"),
    ],
)
def test_an_error_names_file_line_key_and_what_would_be_right(text: str, error: str) -> None:
    with pytest.raises(FixConfiguration) as refused:
        rules_in(text, Path("f"))
    assert str(refused.value).startswith(error)


def test_bounds_themselves_are_allowed() -> None:
    rules = override(DEFAULT, ["rules.abandonment.cart.after=30s", "rules.contacts.first_reply.target=30d"])
    assert rules.abandonment.cart.after == 30_000
    assert rules.contacts.first_reply.target == 30 * 86_400_000


def test_override_sets_what_it_names_and_nothing_else() -> None:
    rules = override(DEFAULT, ["rules.abandonment.cart.after=30m", "outreach.mode=live"])
    assert rules.abandonment.cart.after == 1_800_000
    assert rules.outreach.mode == "live"
    assert rules.contacts == DEFAULT.contacts


@pytest.mark.parametrize(
    "setting", ["rules.abandonment.cart.after", "cart.after=3m", "rules.none.such=1", "rules=1"]
)
def test_an_override_of_nothing_is_refused(setting: str) -> None:
    with pytest.raises(FixConfiguration):
        override(DEFAULT, [setting])


def test_equal_content_is_one_version_however_it_is_written() -> None:
    hour = {"rules": {"abandonment": {"cart": {"after": "1h"}}}}
    assert RuleSet.from_mapping(hour).version == DEFAULT.version
    assert override(DEFAULT, ["rules.abandonment.cart.after=59m"]).version != DEFAULT.version


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(FixConfiguration, match=r"none\.toml: can't be read"):
        load_rules(tmp_path / "none.toml")


def test_the_book_knows_what_was_active_when_and_survives_the_log() -> None:
    newer = override(DEFAULT, ["rules.abandonment.cart.after=30m"])
    book = RuleBook.single(DEFAULT).activate(newer, 100).activate(newer, 200).activate(DEFAULT, 300)
    assert [book.active(at) for at in (0, 99, 100, 299, 300)] == [DEFAULT, DEFAULT, newer, newer, DEFAULT]
    assert RuleBook.from_records(book.records().values()) == book
    assert book.of(newer.version) == newer


def test_a_book_without_the_version_refuses_and_an_empty_log_too() -> None:
    with pytest.raises(Refused, match="nosuch"):
        RuleBook.single(DEFAULT).of("nosuch")
    with pytest.raises(Refused):
        RuleBook.from_records([])
