"""``heedful rules``: which hold when, and how others differ from them."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from streams.broker import EmbeddedBroker
from streams.cli import main
from streams.preparing import prepare
from streams.rule_log import NOTICE, configured, publish_rules, read_rules, record_rules
from streams.rules.settings import load_rules
from streams.settings import Settings
from tests.rules_in_the_log import with_rules_topic

pytestmark = pytest.mark.broker

SHORTER = '[rules.abandonment.cart]\nafter = "30m"\n'


@pytest.fixture(scope="module")
def settings(broker: EmbeddedBroker) -> Settings:
    """Of a deployment in which the defaults hold."""
    kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
    found = Settings().but(prefix=f"t{uuid4().hex[:12]}", kafka=kafka, partitions=1)
    prepare(found)
    return found


@pytest.fixture
def where(settings: Settings) -> list[str]:
    """Options that lead there."""
    return options(settings)


def options(settings: Settings) -> list[str]:
    return ["--bootstrap", settings.kafka.bootstrap, "--prefix", settings.prefix]


def said(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(["rules", *map(str, words)])
    out, err = capsys.readouterr()
    return int(str(ended.value.code or 0)), out, err


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Rules that differ in one field."""
    found = tmp_path / "tomorrow.toml"
    found.write_text(SHORTER)
    return found


def test_the_same_rules_are_no_difference(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "diff", *where)
    assert (code, out.endswith("the same.\n")) == (0, True)


def test_a_difference_is_told_by_rule_and_field_with_units(
    where: list[str], file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "diff", file, *where)
    assert code == 1
    assert "[rules.abandonment]\n  cart.after: 1h → 30m\n" in out


def test_as_json_with_the_ids_of_both_versions(
    where: list[str], file: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = said(capsys, "diff", file, "--json", *where)
    told = json.loads(out)
    assert code == 1
    assert told["old"] == configured(settings).version != told["new"]
    assert told["differences"] == [
        {"rule": "rules.abandonment", "field": "cart.after", "old": "1h", "new": "30m"}
    ]


def test_against_a_version_by_how_its_id_begins(
    where: list[str], file: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    version = configured(settings).version[:6]
    assert said(capsys, "diff", file, "--against", version, *where)[0] == 1


def test_an_unknown_version_is_refused(where: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, "diff", "--against", "xyz", *where)
    assert code == 2
    assert "--against xyz: 0 versions begin so; `heedful rules list`" in err


def test_without_a_topic_of_rules_the_way_out_is_said(
    settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = said(capsys, "diff", *options(settings.but(prefix=f"{settings.prefix}x")))
    assert code == 2
    assert "`heedful topics create`" in err


def test_without_rules_in_the_log_the_way_out_is_said(
    settings: Settings, prefix: str, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = with_rules_topic(settings.but(prefix=prefix))
    code, _, err = said(capsys, "diff", *options(empty))
    assert code == 2
    assert "There are no rules in the log yet. `heedful rules publish FILE` publishes some" in err


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            '[rules.abandonment.cart]\nafter = "soon"\n',
            ":2: rules.abandonment.cart.after: 'soon' is no length",
        ),
        ("[rules.abandonment.cart]\nafterr = 1\n", ":2: rules.abandonment.cart.afterr: there is no setting"),
        ("[rules", "tomorrow.toml: "),
    ],
    ids=["a wrong value", "an unknown field", "no TOML"],
)
def test_a_mistake_in_the_file_is_named(
    text: str, error: str, file: Path, where: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(text)
    code, _, err = said(capsys, "diff", file, *where)
    assert code == 2
    assert error in err


def test_the_versions_are_listed_with_the_time_from_which_they_hold(
    where: list[str], settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "list", *where)[1] == f"{configured(settings).version}  from the beginning  now\n"


class TestPublish:
    """Rules hold from a stated time of the log on."""

    @pytest.fixture
    def settings(self, broker: EmbeddedBroker, prefix: str) -> Settings:
        """Of a deployment of its own, in which nothing holds yet."""
        kafka = {"kind": "embedded", "bootstrap": broker.bootstrap}
        return with_rules_topic(Settings().but(prefix=prefix, kafka=kafka))

    def test_the_first_hold_from_the_beginning_of_time(
        self, settings: Settings, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        version = load_rules(file).version
        code, out, _ = said(capsys, "publish", file, "--at", "2999-01-01", *options(settings))
        assert (code, out) == (0, f"{version} holds from the beginning on.\n")

    def test_others_hold_from_a_stated_time_on(
        self, settings: Settings, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first = record_rules(settings, 0).active(0).version
        assert said(capsys, "publish", file, "--at", "2999-01-01T06:00", *options(settings))[0] == 0
        version = load_rules(file).version
        assert said(capsys, "list", *options(settings))[1] == (
            f"{first}  from the beginning  now\n{version}  from 2999-01-01 06:00:00  not yet\n"
        )

    def test_of_a_version_that_holds_again_only_the_last_time_counts(
        self, settings: Settings, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        rules, new = configured(settings), load_rules(file)
        record_rules(settings, 0)
        for at, each in ((10**9, new), (2 * 10**9, rules)):
            publish_rules(settings, each, at, 0)
        _, out, _ = said(capsys, "list", "--json", *options(settings))
        assert [(one["version"], one["now"]) for one in json.loads(out)] == [
            (rules.version, False),
            (new.version, False),
            (rules.version, True),
        ]

    def test_without_a_time_as_soon_as_every_worker_can_know(
        self, settings: Settings, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        record_rules(settings, 0)
        before = settings.clock.clock().now()
        assert said(capsys, "publish", file, *options(settings))[0] == 0
        at = read_rules(settings).activations[-1].at
        assert before <= at - NOTICE * 1_000 <= settings.clock.clock().now()

    def test_too_soon_is_refused_with_the_earliest_time(
        self, settings: Settings, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        book = record_rules(settings, 0)
        code, _, err = said(capsys, "publish", file, "--at", "2020-01-01", *options(settings))
        assert code == 2
        assert "2020-01-01T00:00:00.000Z is too soon" in err
        assert "at the earliest they may hold from 2" in err
        assert read_rules(settings).activations == book.activations

    def test_for_the_same_time_the_last_ones_count(
        self, settings: Settings, file: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        first = record_rules(settings, 0).active(0).version
        at = ("--at", "2999-01-01")
        said(capsys, "publish", file, *at, *options(settings))
        said(capsys, "publish", *at, *options(settings))
        assert {one.version for one in read_rules(settings).activations} == {first}
