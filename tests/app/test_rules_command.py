"""``heedful rules``: which hold when, and how others differ from them."""

import json
from pathlib import Path
from uuid import uuid4

import pytest

from schemas import admin
from streams.broker import EmbeddedBroker
from streams.cli import main
from streams.preparing import prepare
from streams.rule_log import configured, rules_topic
from streams.settings import Settings

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
    empty = settings.but(prefix=prefix)
    plans = admin.plans(empty.prefix, empty.deployment, 1)
    rules = [plan for plan in plans if plan.name == rules_topic(empty)]
    admin.create(empty.kafka.librdkafka(), rules, None)
    code, _, err = said(capsys, "diff", *options(empty))
    assert code == 2
    assert "There are no rules in the log yet. `heedful worker` publishes those of its settings" in err


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
