"""Accounts: who can log in, or could once."""

from datetime import datetime

from service.domain.identity.accounts import Account
from service.errors import NotFoundError
from service.store.new_rows import new_row
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns, one_row, one_value

BY_LOGIN = Order({"login": str})

#: Held by whoever takes an admin away, so that no two do it who each leave it to the other.
_LAST_ADMIN = 7_243_010


def add_account(connection: Connection, login: str, name: str, *, is_demo: bool) -> Account:
    """A new account, without anything granted.

    Raises:
        ConflictError: somebody has or had this login.
    """
    with new_row("login", login):
        made = one_row(
            connection,
            Account,
            f"INSERT INTO accounts (login, name, is_demo) VALUES (%s, %s, %s) RETURNING {columns(Account)}",
            [login, name, is_demo],
        )
    if made is None:
        raise AssertionError("an INSERT gives its row")
    return made


def accounts(connection: Connection, part: Part = WHOLE) -> list[Account]:
    """All accounts, by login."""
    return rows_of_part(connection, Account, f"SELECT {columns(Account)} FROM accounts", {}, BY_LOGIN, part)


def account(connection: Connection, account_id: int) -> Account:
    """One account.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, Account, f"SELECT {columns(Account)} FROM accounts WHERE id = %s", [account_id])
    if row is None:
        raise NotFoundError(f"there is no account {account_id}; `unbroken account list` lists them")
    return row


def account_of_login(connection: Connection, login: str) -> Account | None:
    """The account of a login; None: there is none."""
    return one_row(connection, Account, f"SELECT {columns(Account)} FROM accounts WHERE login = %s", [login])


def lock_admins(connection: Connection) -> None:
    """Until the transaction is over nobody else takes an admin away."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LAST_ADMIN])


def other_admins(connection: Connection, account_id: int) -> int:
    """How many other accounts in use are admin everywhere."""
    return int(
        one_value(
            connection,
            "SELECT count(*) FROM grants JOIN accounts ON accounts.id = account_id WHERE role = 'admin' "
            "AND site_id IS NULL AND revoked_at IS NULL AND deactivated_at IS NULL AND account_id <> %s",
            [account_id],
        )
    )


def deactivate(connection: Connection, account_id: int, at: datetime) -> None:
    """Nobody logs in by it any more."""
    connection.execute("UPDATE accounts SET deactivated_at = %s WHERE id = %s", [at, account_id])


def note_password(connection: Connection, account_id: int, at: datetime) -> None:
    """It has another password since then."""
    connection.execute("UPDATE accounts SET password_set_at = %s WHERE id = %s", [at, account_id])


def note_code(connection: Connection, account_id: int, since: datetime | None) -> None:
    """Since when a code is asked for; None: none is."""
    connection.execute("UPDATE accounts SET code_since = %s WHERE id = %s", [since, account_id])


def note_pin(connection: Connection, account_id: int, at: datetime | None) -> None:
    """It has another PIN since then; None: it has none."""
    connection.execute("UPDATE accounts SET pin_set_at = %s WHERE id = %s", [at, account_id])


def note_unlock(connection: Connection, account_id: int, at: datetime) -> None:
    """It was opened again after failed tries."""
    connection.execute("UPDATE accounts SET unlocked_at = %s WHERE id = %s", [at, account_id])
