"""What the peers need to run, made once per machine: jars by Maven, environments of Python's by pip."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

HERE = Path(__file__).parent


class Unavailable(Exception):
    """A peer can't be had on this machine. Says why."""


def classpath(module: str) -> str:
    """The jars of a peer of the JVM."""
    sources = [path for part in ("detection", module) for path in HERE.glob(f"{part}/**/*") if path.is_file()]
    return f"{_once(module, [HERE / 'pom.xml', *sources], lambda folder: _maven(module, folder))}/*"


def python(peer: str) -> Path:
    """The interpreter of a peer of Python's."""
    requirements = HERE / peer / "requirements.txt"
    return _once(peer, [requirements], lambda folder: _environment(requirements, folder)) / "bin" / "python"


def _once(name: str, sources: Sequence[Path], make: Callable[[Path], None]) -> Path:
    """A folder that ``make`` filled, for sources that read like these. A half-made one is made again."""
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(sources))).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "heedful")
    folder = cache / f"peer-{name}-{digest}"
    done = folder / ".done"
    if not done.exists():
        print(f"making {name} ready, once", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder)
        done.touch()
    return folder


def _maven(module: str, folder: Path) -> None:
    """Build a copy: a checkout stays as it is."""
    with tempfile.TemporaryDirectory() as copy:
        shutil.copytree(HERE, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
        goals = ("package", "dependency:copy-dependencies", "-DincludeScope=runtime")
        _run(["mvn", "-q", "-B", "-pl", f"detection,{module}", *goals], copy)
        built = Path(copy, module, "target")
        for jar in [*built.glob("*.jar"), *built.glob("dependency/*.jar")]:
            shutil.copy(jar, folder)


def _environment(requirements: Path, folder: Path) -> None:
    _run([sys.executable, "-m", "venv", str(folder)])
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--requirement", str(requirements)])


def _run(command: Sequence[str], folder: str | None = None) -> None:
    if shutil.which(command[0]) is None:
        raise Unavailable(f"needs {command[0]}, not found on this machine")
    done = subprocess.run(
        command,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {done.stdout.strip()[-400:]}")
