"""The command line as somebody meets it first."""

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from service.cli.main import command_line

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
    assert CliRunner().invoke(command_line(), ["--version"]).stdout == f"unbroken {version('unbroken')}\n"


def test_help_names_every_part_of_the_service() -> None:
    """A newcomer finds each process as a command of its own."""
    said = CliRunner().invoke(command_line(), ["--help"]).stdout
    commands = set(re.findall(r"^│ ([a-z-]+) ", said, re.MULTILINE))
    assert {"up", "migrate", "ingest", "evaluate", "alerts", "serve"} <= commands


def test_a_command_by_itself_is_the_one_among_all() -> None:
    """A process of one part does not load the others, and is called by the same name, with the same options."""
    together = get_command(command_line()).commands
    for name, command in together.items():
        alone = get_command(command_line([name, "--help"])).commands
        assert list(alone) == [name]
        assert alone[name].callback is None or alone[name].callback.__wrapped__ is command.callback.__wrapped__
        assert [one.name for one in alone[name].params] == [one.name for one in command.params]


def test_evaluating_needs_no_web_server() -> None:
    """Each part is a process of its own, and starts within a second on a small machine."""
    loads = "import sys; from service.cli.main import command_line; command_line(['evaluate'])"
    subprocess.run([sys.executable, "-c", f"{loads}; assert 'fastapi' not in sys.modules"], cwd=ROOT, check=True)


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
