"""The command line as somebody meets it first."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from service.cli.main import app

ROOT = Path(__file__).parents[3]

#: Loads a program, and at one of the last of its imports somebody presses Ctrl-C.
_INTERRUPTED = """
import os, runpy, signal, sys

class Impatient:
    def find_spec(self, name, *rest):
        if name == "service.domain.instant":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Impatient())
runpy.run_module({program!r}, run_name="__main__", alter_sys=True)
"""


def test_it_says_which_version_it_is() -> None:
    """Whoever reports a fault is asked for it."""
    assert CliRunner().invoke(app, ["--version"]).stdout == f"unbroken {version('unbroken')}\n"


def test_help_names_every_part_of_the_service() -> None:
    """A newcomer finds each process as a command of its own."""
    said = CliRunner().invoke(app, ["--help"]).stdout
    commands = set(re.findall(r"^│ ([a-z-]+) ", said, re.MULTILINE))
    assert {"up", "migrate", "ingest", "evaluate", "alerts", "serve"} <= commands


@pytest.mark.parametrize(("program", "name"), [("service", "unbroken"), ("ingest", "ingest"), ("alerts", "alerts")])
def test_ctrl_c_while_it_loads_ends_in_one_line(program: str, name: str) -> None:
    """Whoever thinks better of it in the first second sees no traceback."""
    done = subprocess.run(
        [sys.executable, "-c", _INTERRUPTED.format(program=program)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"{name}: stopped\n")
