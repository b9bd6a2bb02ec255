"""Work in a thread lives and dies with its process."""

import subprocess
import sys

CRASHES = """
import logging
from mode import Worker
from streams.threaded import Threaded

class Work:
    def run(self, stop):
        {body}
    def status(self):
        return {{}}

logging.basicConfig()
hosted = Threaded(Work())
Worker(hosted, override_logging=False, redirect_stdouts=False, quiet=True).execute_from_commandline()
"""


def ran(body: str) -> subprocess.CompletedProcess[str]:
    script = CRASHES.format(body=body)
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60
    )


def test_work_that_raises_ends_the_process_with_an_error_and_says_why() -> None:
    done = ran("raise ValueError('no state')")
    assert done.returncode == 1
    assert "no state" in done.stderr


def test_work_that_ends_by_itself_ends_the_process_with_an_error() -> None:
    done = ran("return None")
    assert done.returncode == 1
    assert "ended by itself" in done.stderr


def test_on_sigterm_the_work_ends_in_order() -> None:
    body = "import os, signal; os.kill(os.getpid(), signal.SIGTERM); stop.wait(); print('in order')"
    done = ran(body)
    assert (done.returncode, done.stdout) == (0, "in order\n")
