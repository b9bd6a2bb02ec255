"""What the command refuses before it publishes anything."""

from pathlib import Path

import pytest

from streams.cli import main
from tests.formats.files import REES46, RETENTIONEERING, written


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--run", "--bootstrap", "host:9092"], "leave --bootstrap out", id="two brokers"),
        pytest.param(["--lateness", "0s"], "--run", id="lateness of others"),
        pytest.param(["--set", "rules.abandonment.cart.after=30m"], "--run", id="rules of others"),
        pytest.param(["--partitions", "4"], "--run", id="partitions of others"),
        pytest.param(["--until", "soon"], "--until soon", id="until"),
        pytest.param(["--run", "--lateness", "soon"], "--lateness", id="lateness"),
        pytest.param(["--run", "--set", "rules.nothing=1"], "nothing", id="an unknown rule"),
    ],
)
def test_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    file = written(tmp_path, REES46)
    with pytest.raises(SystemExit) as ended:
        main(["import", "--format", "rees46", str(file), *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.broker
def test_a_file_of_another_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    file = written(tmp_path, RETENTIONEERING)
    with pytest.raises(SystemExit) as ended:
        main(["import", "--format", "rees46", str(file), "--run"])
    assert ended.value.code == 2
    assert "lacks the columns event_time" in capsys.readouterr().err
