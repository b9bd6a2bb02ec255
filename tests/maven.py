"""Jars out of Maven's repositories, fetched once per machine."""

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

POM = """<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>heedful</groupId><artifactId>for-tests</artifactId><version>1</version><dependencies>{}</dependencies>
</project>"""
DEPENDENCY = """
<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"""


def jars(name: str, artifacts: Mapping[str, str]) -> Path:
    """The folder of these artifacts (``group:artifact`` and version) and of what they need."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "heedful", name)
    if not cache.is_dir():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache.parent) as fresh:
            _fetch(Path(fresh), artifacts)
            _publish(Path(fresh, "jars"), cache)
    return cache


def _fetch(folder: Path, artifacts: Mapping[str, str]) -> None:
    wanted = [DEPENDENCY.format(*named.split(":"), version) for named, version in artifacts.items()]
    (folder / "pom.xml").write_text(POM.format("".join(wanted)))
    copy = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={folder / 'jars'}"]
    subprocess.run(copy, cwd=folder, check=True, stdin=subprocess.DEVNULL)


def _publish(jars: Path, cache: Path) -> None:
    """Whole or not at all. Another run may have been first; its jars are the same."""
    try:
        jars.rename(cache)
    except OSError:
        if not cache.is_dir():
            raise
