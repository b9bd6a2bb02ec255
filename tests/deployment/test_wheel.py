"""The wheel, installed with the lock where no checkout is: it has all that it needs."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB = ROOT / "dashboards" / "web"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".heedful", "build", "dist", "*.egg-info", "__pycache__")


def ran(*words: str | Path, cwd: Path) -> str:
    """What a command prints; nothing of this checkout reaches it through the environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HEEDFUL", "PYTHON"))}
    done = subprocess.run(words, cwd=cwd, env=kept, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of commands of an environment with the locked versions and the wheel."""
    folder = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, folder / "source", ignore=LEFT_OUT)
    pip = ("-m", "pip", "--quiet", "--disable-pip-version-check")
    build = ("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", folder / "dist", folder / "source")
    ran(sys.executable, *pip, *build, cwd=folder)
    shutil.rmtree(folder / "source")
    ran(sys.executable, "-m", "venv", folder / "clean", cwd=folder)
    python = folder / "clean" / "bin" / "python"
    locked = ("install", "--require-hashes", "--only-binary", ":all:", "-r", ROOT / "requirements.lock")
    ran(python, *pip, *locked, cwd=folder)
    [wheel] = (folder / "dist").iterdir()
    ran(python, *pip, "install", "--no-deps", wheel, cwd=folder)
    return python.parent


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_runs_in_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    heedful = installed / "heedful"
    assert "Notice the customer" in ran(heedful, "--help", cwd=tmp_path)
    assert "all in order" in ran(heedful, "schemas", "check", cwd=tmp_path)
    assert "asyncapi" in ran(heedful, "schemas", "asyncapi", cwd=tmp_path)
    ran(heedful, "vectors", cwd=tmp_path)
    example = ROOT / "examples/one_customer.jsonl"
    signals = tmp_path / "signals.jsonl"
    ran(heedful, "replay", "--format", "jsonl", example, "--out", signals, cwd=tmp_path)
    assert '"kind":"abandoned"' in signals.read_text().replace(" ", "")
    place = ran(installed / "python", "-c", "import streams; print(streams.__path__[0])", cwd=tmp_path)
    assert not Path(place.strip()).is_relative_to(ROOT)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_file_that_is_no_code_is_inside(installed: Path, tmp_path: Path) -> None:
    """Migrations, contracts, vectors, panels, pages: whatever is checked in, but documents."""
    tracked = ran("git", "ls-files", "schemas", "sinks", "streams", "dashboards", cwd=ROOT).splitlines()
    wanted = [name for name in tracked if not name.endswith((".md", "/.gitattributes", "/.gitignore"))]
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    inside = Path(ran(installed / "python", "-c", code, cwd=tmp_path).strip())
    assert [name for name in wanted if not (inside / name).exists()] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_serves_the_live_page(installed: Path, tmp_path: Path) -> None:
    """The demo of the installed package: the page, and every file that the page names, as checked in."""
    demo = subprocess.Popen(
        [installed / "heedful", "demo", "--rate", "20"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    assert demo.stdout
    try:
        said = next(line for line in demo.stdout if "look for yourself" in line)
        url = said.split()[-1]
        page = body(url)
        assert page == (WEB / "index.html").read_bytes()
        named = {name.decode() for name in re.findall(rb'"/live/([\w.]+)"', page)}
        assert {"live.js", "live.css"} <= named
        for name in named:
            assert body(f"{url}live/{name}") == (WEB / name).read_bytes()
        assert body(f"{url}live/echarts.min.js") == (WEB / "vendor" / "echarts.min.js").read_bytes()
    finally:
        demo.send_signal(signal.SIGINT)
        demo.communicate(timeout=120)


def body(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        return bytes(answer.read())


def test_what_is_said_of_the_package_is_whole() -> None:
    assert PROJECT["license"] == "Apache-2.0"
    assert (ROOT / PROJECT["readme"]).exists()
    assert all((ROOT / name).exists() for name in PROJECT["license-files"])
    assert set(PROJECT["optional-dependencies"]) == {"embedded", "chdb", "dev"}
    assert PROJECT["scripts"] == {"heedful": "streams.cli:main"}
    assert "Programming Language :: Python :: 3.11" in PROJECT["classifiers"]


def test_the_lock_has_every_dependency() -> None:
    locked = {
        line.split("==")[0] for line in (ROOT / "requirements.lock").read_text().splitlines() if "==" in line
    }
    extras = PROJECT["optional-dependencies"].values()
    for named in [*PROJECT["dependencies"], *(each for extra in extras for each in extra)]:
        name = named.split(">")[0].split("[")[0].strip()
        assert name == "heedful" or name in locked, named
