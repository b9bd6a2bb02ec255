"""Settings come from one file and the environment, are checked whole, and name what is wrong and where."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from streams.clock import SimulatedClock, WallClock
from streams.errors import FixConfiguration
from streams.located import line_of
from streams.settings import Settings, load
from streams.wiring import kernel_config

SHOW = """
from streams.settings import load
settings = load()
print(settings.prefix, settings.rules, settings.clickhouse.password.get_secret_value())
"""


@pytest.fixture(autouse=True)
def _nothing_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HEEDFUL_SETTINGS", "HEEDFUL_CONFIG"):
        monkeypatch.delenv(name, raising=False)


def written(text: str) -> Settings:
    Path("heedful.toml").write_text(text)
    return load()


def refusal(text: str) -> str:
    with pytest.raises(FixConfiguration) as refused:
        written(text)
    return str(refused.value)


def test_without_a_file_the_defaults_hold() -> None:
    settings = load()
    assert (settings.prefix, settings.deployment, settings.partitions) == ("cx", "cx", 4)
    assert isinstance(settings.clock.clock(), WallClock)


def test_a_file_is_read_with_durations_as_text() -> None:
    settings = written(
        'prefix = "shop"\nlateness = "5m"\n[clock]\nkind = "simulated"\nstart = 7\nspeed = 600.0\n'
    )
    assert (settings.prefix, settings.deployment, settings.lateness) == ("shop", "shop", 300_000)
    assert settings.clock.clock() == SimulatedClock(7, 0, 600.0)


def test_standbys_are_off_unless_asked_for() -> None:
    assert kernel_config(load()).standbys == 0
    assert kernel_config(written("[kernel]\nstandbys = 1")).standbys == 1


def test_the_environment_stands_above_the_file_key_by_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEEDFUL_KAFKA__BOOTSTRAP", "other:9092")
    settings = written('[kafka]\nkind = "embedded"\nbootstrap = "one:9092"\n')
    assert (settings.kafka.bootstrap, settings.kafka.kind) == ("other:9092", "embedded")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('\n[kafka]\nkind = "rabbit"', "heedful.toml:3: kafka.kind: ", id="a value"),
        pytest.param("[kafka]\n\nkafkaa = 1", "heedful.toml:3: kafka.kafkaa: there is", id="a key"),
        pytest.param("[kafak]", "heedful.toml:1: kafak: there is no setting", id="a table"),
        pytest.param('lateness = "ten"', "heedful.toml:1: lateness: 'ten' is no", id="a duration"),
        pytest.param('[kafka]\nsecurity = "sasl_ssl"', "heedful.toml:1: kafka: security", id="a combination"),
        pytest.param("[kernel]\nstandbys = -1", "heedful.toml:2: kernel.standbys: ", id="a number"),
        pytest.param(
            '[kafka]\nkind = "embedded"\n[kernel]\nstandbys = 1',
            "heedful.toml:4: kernel.standbys: the embedded broker shows aborted",
            id="what the broker can't do",
        ),
        pytest.param('prefix = "a b"', "heedful.toml:1: prefix: 'a b' can't be part", id="a name"),
        pytest.param("prefix =", "heedful.toml: ", id="no TOML"),
        pytest.param(
            '[outreach]\nmode = "loud"',
            "heedful.toml:2: outreach.mode: 'loud' is no mode; write off, shadow, allow-list or live",
            id="a mode",
        ),
        pytest.param("[outreach]\nmode = 1", "heedful.toml:2: outreach.mode: 1 is no mode", id="no word"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text: str, expected: str) -> None:
    assert refusal(text).startswith(expected)


def test_a_file_that_is_not_utf_8_is_refused_with_its_line() -> None:
    Path("heedful.toml").write_bytes(b'prefix = "a"\n# caf\xe9\n')
    with pytest.raises(FixConfiguration, match=r"^heedful\.toml:2: not UTF-8$"):
        load()


def test_a_file_is_utf_8_in_any_locale_with_or_without_a_byte_order_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("locale.getencoding", lambda: "latin-1")
    Path("heedful.toml").write_bytes(b'\xef\xbb\xbfdata_dir = "caf\xc3\xa9"\n')
    assert load().data_dir == Path("caf\u00e9")


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEEDFUL_PARTITIONS", "many")
    assert refusal("").startswith("HEEDFUL_PARTITIONS: ")


def test_a_misspelt_variable_is_not_overlooked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEEDFUL_PERFIX", "x")
    assert refusal("") == "HEEDFUL_PERFIX: there is no setting of this name"


def test_a_file_asked_for_must_be_there() -> None:
    with pytest.raises(FixConfiguration, match=r"elsewhere\.toml: can't be read"):
        load(Path("elsewhere.toml"))


def test_secrets_are_shown_by_nothing_but_what_needs_them() -> None:
    kafka = '[kafka]\nsecurity = "sasl_ssl"\nusername = "me"\npassword = "hush"\n'
    settings = written(f'{kafka}[clickhouse]\npassword = "hush"\n')
    shown = f"{settings!r} {settings} {settings.model_dump_json()} {settings.model_dump()}"
    assert "hush" not in shown
    assert settings.kafka.librdkafka()["sasl.password"] == "hush"


def test_a_child_gets_the_same_settings_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = written(
        'prefix = "a"\n[clickhouse]\npassword = "hush"\n[rules.abandonment.cart]\nafter = "30m"\n'
    )
    monkeypatch.setenv("HEEDFUL_PREFIX", "b")
    command = [sys.executable, "-c", SHOW]
    child = subprocess.run(command, env=settings.environment(), capture_output=True, text=True, check=True)
    assert child.stdout.strip() == "a {'abandonment': {'cart': {'after': '30m'}}} hush"


def test_changed_settings_are_checked_and_the_deployment_follows_the_prefix() -> None:
    assert load().but(prefix="t1").deployment == "t1"
    assert written('deployment = "prod"').but(prefix="t1").deployment == "prod"
    with pytest.raises(FixConfiguration, match="partitions"):
        load().but(partitions=0)


def test_rules_pass_through_untouched() -> None:
    assert written('[outreach]\nmode = "live"').outreach == {"mode": "live"}


@pytest.mark.parametrize(
    ("path", "line"),
    [("a", 1), ("t.b", 3), ("t.u.c", 5), ("t.u.d.e", 6), ("t.missing", 2), ("z", None)],
)
def test_lines_are_found(path: str, line: int | None) -> None:
    text = 'a = 1\n[t]\nb = "x"\n[t.u]\n"c" = 2\nd.e = 3\n'
    assert line_of(text, path.split(".")) == line


def test_handed_over_settings_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEEDFUL_SETTINGS", json.dumps({"prefix": "handed"}))
    assert load().prefix == "handed"
