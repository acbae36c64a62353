"""`unbroken key`: API keys of programs and of loggers that send over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from service.acts import keys as acts
from service.acts.accounts import account_named
from service.cli.acting import user_of_machine
from service.domain.identity.caller import grant_from, written
from service.domain.instant import rfc3339
from service.errors import SettingError
from service.local.privately import write_privately
from service.settings import read_settings
from service.store.identity.keys import keys
from service.store.identity.sessions import grants_from
from service.store.migrate import refuse_unmigrated
from service.store.pool import Connection, connect

app = typer.Typer(no_args_is_help=True, help="API keys: what programs, and loggers over HTTP, are known by.")


@contextmanager
def _database() -> Iterator[Connection]:
    with connect(read_settings().required_database_url(), application="key") as connection:
        refuse_unmigrated(connection)
        yield connection


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What it is for, as 'importer in Basel'.")],
    account: Annotated[str, typer.Option(metavar="LOGIN", help="The account it acts for.")] = "",
    logger: Annotated[str, typer.Option(metavar="ID", help="Or the logger that sends its own readings by it.")] = "",
    role: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE[@SITE]", help="What it may do, as far as its account may; several are given each."),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=acts.LONGEST.days, help="How long it is good for.")] = 365,
    file: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Write it there, for its owner alone to read, and do not show it."),
    ] = None,
) -> None:
    """Make a key, and show it: nobody can show it again."""
    if bool(account) == bool(logger):
        raise SettingError("give --account LOGIN with --role, or --logger ID: a key belongs to one of them")
    now, good_for = datetime.now(UTC), timedelta(days=days)
    with _database() as connection:
        if logger:
            made = acts.add_logger_key(connection, user_of_machine(), logger, name, now, good_for)
        else:
            granted = [grant_from(one) for one in role or ()]
            owner = account_named(connection, account)
            made = acts.add_account_key(connection, user_of_machine(), owner, name, granted, now, good_for)
    if file is None:
        typer.echo(made.whole)
    else:
        write_secret(file, made.whole)
        typer.echo(f"{made.prefix}… is in {file}")
    typer.echo(f"good until {rfc3339((now + good_for).replace(microsecond=0))}", err=True)


def write_secret(file: Path, secret: str) -> None:
    """A file that its owner alone may read.

    Raises:
        SettingError: it cannot be written.
    """
    try:
        write_privately(file, f"{secret}\n")
    except OSError as error:
        raise SettingError(f"{file} cannot be written: {error.strerror}; the key is lost, make another one") from error


@app.command("list")
def list_() -> None:
    """List all keys, the newest first: how they begin, and never the whole."""
    now = datetime.now(UTC)
    with _database() as connection:
        found = keys(connection)
    for one in found:
        state = (
            "revoked" if one.revoked_at else "expired" if one.expires_at <= now else f"until {one.expires_at:%Y-%m-%d}"
        )
        used = f"used {one.last_used_at:%Y-%m-%d %H:%M} UTC" if one.last_used_at else "never used"
        owner = one.login or f"logger {one.logger_id}"
        granted = ", ".join(map(written, grants_from(one.granted)))
        typer.echo(f"{one.prefix}…  {state:<16} {used:<27} {owner:<20} {granted:<20} {one.name}")
    if not found:
        typer.echo("there are none")


@app.command("revoke")
def revoke(
    prefix: Annotated[str, typer.Argument(metavar="BEGINNING", help="How it begins, as the list shows it.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept in the audit trail.")] = "",
) -> None:
    """Let nobody in by a key, from the next request on."""
    shown = prefix.removesuffix("…")
    with _database() as connection:
        acts.revoke_key(connection, user_of_machine(), shown, datetime.now(UTC), reason or None)
    typer.echo(f"{shown}… lets nobody in any more")
