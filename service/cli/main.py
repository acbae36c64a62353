"""The composition root: every part of Unbroken as one command."""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from service.errors import UnbrokenError
from service.settings import warn_of_unknown_settings
from service.signals import end_on_signal
from service.store.pool import DatabaseAwayError


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"unbroken {version('unbroken')}")
        raise typer.Exit


def unbroken(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is, and exit."),
    ] = False,
) -> None:
    """Whether a lot's cold chain was unbroken, and why.

    Settings are environment variables, or lines of a file `.env`; .env.example describes them.
    """


#: By panel of the help and name of the command: its module in this package, and what it is there.
_PANELS: dict[str, dict[str, tuple[str, str]]] = {
    "Everything on one machine": {"up": ("up", "up")},
    "Each part as a process of its own": {
        "migrate": ("migrate", "migrate"),
        "ingest": ("doors", "ingest"),
        "evaluate": ("evaluate", "evaluate"),
        "alerts": ("doors", "alerts"),
        "serve": ("serve", "serve"),
    },
    "Who may do what": {
        "account": ("account", "app"),
        "key": ("key", "app"),
    },
    "What there is": {"import-master": ("import_master", "import_master")},
    "Files of loggers": {
        "judge": ("judge", "judge"),
        "import": ("import_file", "import_file"),
        "simulate": ("simulate", "simulate"),
    },
    "Whether all is well": {
        "doctor": ("doctor", "doctor"),
        "on-call": ("on_call", "on_call"),
        "alert-test": ("alert_test", "alert_test"),
        "rejected": ("rejected", "app"),
        "audit": ("audit", "app"),
    },
}


def command_line(words: Sequence[str] = ()) -> typer.Typer:
    """The command line. Where the first of its words is a command, it has that one alone.

    To import all of them takes a second, which no process of one part needs.
    """
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        # Passwords and secrets are among the values of variables.
        pretty_exceptions_show_locals=False,
        callback=unbroken,
    )
    names = {name for commands in _PANELS.values() for name in commands}
    asked = names.intersection(words[:1]) or names
    for panel, commands in _PANELS.items():
        for name, (module, what) in commands.items():
            if name not in asked:
                continue
            command = getattr(import_module(f"service.cli.{module}"), what)
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name, rich_help_panel=panel)
            else:
                app.command(name, rich_help_panel=panel)(command)
    return app


def main() -> None:
    """Run the command line; our own errors are one line and exit status 2."""
    # While it is loaded nothing is open, and a signal ends the process at once: see service/__main__.py.
    run = command_line(sys.argv[1:])
    end_on_signal("unbroken")
    warn_of_unknown_settings()
    try:
        run(prog_name="unbroken")
    except UnbrokenError as error:
        _end(str(error), error)
    except DatabaseAwayError as error:
        _end(
            f"the database cannot do it now ({' '.join(str(error).split())}); nothing is left half done, try again",
            error,
        )


def _end(why: str, error: Exception) -> NoReturn:
    typer.echo(f"unbroken: {why}", err=True)
    raise SystemExit(2) from error
