"""The composition root: every part of Unbroken as one command."""

from collections.abc import Callable
from importlib.metadata import version
from typing import Annotated, NoReturn

import typer

from service.cli import rejected
from service.cli.alert_test import alert_test
from service.cli.doctor import doctor
from service.cli.doors import alerts, ingest
from service.cli.evaluate import evaluate
from service.cli.import_file import import_file
from service.cli.judge import judge
from service.cli.migrate import migrate
from service.cli.on_call import on_call
from service.cli.serve import serve
from service.cli.simulate import simulate
from service.cli.up import up
from service.errors import UnbrokenError
from service.settings import warn_of_unknown_settings
from service.signals import end_on_signal
from service.store.pool import DatabaseAwayError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    # Passwords and secrets are among the values of variables.
    pretty_exceptions_show_locals=False,
)


def _say_version(asked: bool) -> None:
    if asked:
        typer.echo(f"unbroken {version('unbroken')}")
        raise typer.Exit


@app.callback()
def unbroken(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say which version this is, and exit."),
    ] = False,
) -> None:
    """Whether a lot's cold chain was unbroken, and why.

    Settings are environment variables, or lines of a file `.env`; .env.example describes them.
    """


_PANELS: dict[str, dict[str, Callable[..., None]]] = {
    "Everything on one machine": {"up": up},
    "Each part as a process of its own": {
        "migrate": migrate,
        "ingest": ingest,
        "evaluate": evaluate,
        "alerts": alerts,
        "serve": serve,
    },
    "Files of loggers": {"judge": judge, "import": import_file, "simulate": simulate},
    "Whether all is well": {"doctor": doctor, "on-call": on_call, "alert-test": alert_test},
}
for _panel, _commands in _PANELS.items():
    for _name, _command in _commands.items():
        app.command(_name, rich_help_panel=_panel)(_command)
app.add_typer(rejected.app, name="rejected", rich_help_panel="Whether all is well")


def main() -> None:
    """Run the command line; our own errors are one line and exit status 2."""
    end_on_signal("unbroken")
    warn_of_unknown_settings()
    try:
        app(prog_name="unbroken")
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
