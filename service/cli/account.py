"""`unbroken account`: people who log in. The first admin is made here, and whoever is locked out is let in again."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from service.acts import accounts as acts
from service.auth.passwords import Passwords
from service.cli.acting import user_of_machine
from service.cli.asking import asked_password
from service.domain.identity.accounts import WITH_CODE
from service.domain.identity.caller import grant_from, written
from service.settings import read_settings
from service.store.identity.accounts import accounts
from service.store.identity.credentials import much_tried
from service.store.identity.grants import grants_of_account
from service.store.migrate import refuse_unmigrated
from service.store.pool import Connection, connect

app = typer.Typer(no_args_is_help=True, help="People who log in: add them, grant them roles, let them in again.")

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="What they type to log in.")]
Granted = Annotated[list[str], typer.Argument(metavar="ROLE[@SITE]...", help="A role, everywhere or at one site.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept in the audit trail.")]


@contextmanager
def _database() -> Iterator[Connection]:
    with connect(read_settings().required_database_url(), application="account") as connection:
        refuse_unmigrated(connection)
        yield connection


@app.command("add")
def add(
    login: Login,
    name: Annotated[str, typer.Option(help="As it is printed beside what they do.")],
    role: Annotated[list[str], typer.Option(metavar="ROLE[@SITE]", help="What they may do; several are given each.")],
) -> None:
    """Make an account. Its password is asked for, or read from standard input."""
    granted = [grant_from(one) for one in role]
    with _database() as connection:
        password = asked_password(f"Password of {login}")
        new = acts.NewAccount(login, name)
        made = acts.add_account(connection, user_of_machine(), new, password, granted, Passwords())
    typer.echo(f"{made.login} can log in: {made.name}, {', '.join(role)}")
    if any(one.role in WITH_CODE for one in granted):
        typer.echo(
            "quality and admin log in with a code of an app besides: at the first login the page /account shows how; "
            "until then these roles do not count"
        )


@app.command("list")
def list_() -> None:
    """List all accounts, with what they may do."""
    with _database() as connection:
        found = accounts(connection)
        granted = {one.id: grants_of_account(connection, one.id) for one in found}
        tried = {one.login: one for one in much_tried(connection, 1)}
    for one in found:
        state = "deactivated" if one.deactivated_at else "with code" if one.code_since else "password alone"
        typer.echo(
            f"{one.login:<20} {one.name:<30} {state:<15} {', '.join(map(written, granted[one.id])) or 'nothing'}"
        )
        if failed := tried.get(one.login):
            typer.echo(f"{'':<20} {failed.failures} failed tries, the last {failed.failed_at:%Y-%m-%d %H:%M} UTC")
    if not found:
        typer.echo("there are none; `unbroken account add LOGIN --name NAME --role admin` makes the first")


@app.command("deactivate")
def deactivate(login: Login, reason: Reason = "") -> None:
    """Let nobody in by an account any more; what was done by it stays."""
    with _database() as connection:
        account = acts.account_named(connection, login)
        acts.deactivate(connection, user_of_machine(), account, datetime.now(UTC), reason or None)
    typer.echo(f"{account.login} is deactivated, and its keys let nobody in")


@app.command("reset-password")
def reset_password(
    login: Login,
    without_code: Annotated[
        bool, typer.Option("--without-code", help="The phone and the recovery codes are lost too: set up an app anew.")
    ] = False,
) -> None:
    """Give an account another password, which is asked for, or read from standard input; its sessions end."""
    with _database() as connection:
        account = acts.account_named(connection, login)
        password = asked_password(f"New password of {account.login}")
        acts.reset_password(
            connection,
            user_of_machine(),
            account,
            password,
            Passwords(),
            datetime.now(UTC),
            without_code=without_code,
        )
    typer.echo(f"{account.login} has another password" + (", and no app for codes" if without_code else ""))


@app.command("grant")
def grant(login: Login, roles: Granted, reason: Reason = "") -> None:
    """Let an account do more."""
    with _database() as connection:
        account = acts.account_named(connection, login)
        acts.grant(connection, user_of_machine(), account, [grant_from(one) for one in roles], reason or None)
    typer.echo(f"{account.login} is granted {', '.join(roles)}")


@app.command("revoke")
def revoke(login: Login, roles: Granted, reason: Reason = "") -> None:
    """Let an account do less, from its next request on."""
    revoked = [grant_from(one) for one in roles]
    with _database() as connection:
        account = acts.account_named(connection, login)
        acts.revoke(connection, user_of_machine(), account, revoked, datetime.now(UTC), reason or None)
    typer.echo(f"{account.login} is not granted {', '.join(roles)} any more")


@app.command("unlock")
def unlock(login: Login) -> None:
    """Open an account that failed tries have closed."""
    with _database() as connection:
        account = acts.account_named(connection, login)
        acts.unlock(connection, user_of_machine(), account, datetime.now(UTC))
    typer.echo(f"{account.login} can log in again")
