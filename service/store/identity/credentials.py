"""What proves that somebody is who they say: hashes and secrets, of which nothing else is ever told."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.errors import NotFoundError
from service.store.pool import Connection
from service.store.rows import all_rows, columns, one_row, one_value


@dataclass(frozen=True, slots=True)
class Credentials:
    """The secrets of an account, and how it was tried.

    Attributes:
        code_secret: what its codes are made of; None: it has none.
        new_code_secret: one that was shown and not confirmed yet.
        code_step: of the last code that was taken.
        pin_hash: of what they type at a kiosk; None: they have no PIN.
        failures: tries that failed since the last that did not.
    """

    account_id: int
    password_hash: str
    code_secret: str | None
    new_code_secret: str | None
    code_step: int
    failures: int
    failed_at: datetime | None
    closed_until: datetime | None
    pin_hash: str | None


@dataclass(frozen=True, slots=True)
class Tried:
    """An account at which passwords were tried."""

    login: str
    failures: int
    failed_at: datetime
    closed_until: datetime | None


def add_credentials(connection: Connection, account_id: int, password_hash: str) -> None:
    """Those of a new account."""
    connection.execute(
        "INSERT INTO credentials (account_id, password_hash) VALUES (%s, %s)", [account_id, password_hash]
    )


def credentials(connection: Connection, account_id: int) -> Credentials:
    """Those of an account.

    Raises:
        NotFoundError: there is no such account.
    """
    row = one_row(
        connection, Credentials, f"SELECT {columns(Credentials)} FROM credentials WHERE account_id = %s", [account_id]
    )
    if row is None:
        raise NotFoundError(f"there is no account {account_id}; `unbroken account list` lists them")
    return row


def locked_credentials(connection: Connection, account_id: int) -> Credentials:
    """Those of an account, which nobody else changes until the transaction is over.

    Raises:
        NotFoundError: there is no such account.
    """
    connection.execute("SELECT FROM credentials WHERE account_id = %s FOR UPDATE", [account_id])
    return credentials(connection, account_id)


def set_password(connection: Connection, account_id: int, password_hash: str) -> None:
    """Another password."""
    connection.execute("UPDATE credentials SET password_hash = %s WHERE account_id = %s", [password_hash, account_id])


def set_pin(connection: Connection, account_id: int, pin_hash: str | None) -> None:
    """Another PIN; None: none any more."""
    connection.execute("UPDATE credentials SET pin_hash = %s WHERE account_id = %s", [pin_hash, account_id])


def note_failure(
    connection: Connection, account_id: int, failures: int, at: datetime, closed_until: datetime | None
) -> None:
    """One more try failed."""
    connection.execute(
        "UPDATE credentials SET failures = %s, failed_at = %s, closed_until = %s WHERE account_id = %s",
        [failures, at, closed_until, account_id],
    )


def forget_failures(connection: Connection, account_id: int) -> None:
    """Whoever it is got in, or an admin opened it."""
    connection.execute(
        "UPDATE credentials SET failures = 0, closed_until = NULL WHERE account_id = %s AND failures > 0", [account_id]
    )


def offer_code(connection: Connection, account_id: int, secret: str) -> None:
    """A secret that is shown, to be confirmed by a code."""
    connection.execute("UPDATE credentials SET new_code_secret = %s WHERE account_id = %s", [secret, account_id])


def take_code(connection: Connection, account_id: int, secret: str | None, step: int) -> None:
    """From now on codes are made of this secret; None: there are no codes."""
    connection.execute(
        "UPDATE credentials SET code_secret = %s, new_code_secret = NULL, code_step = %s WHERE account_id = %s",
        [secret, step, account_id],
    )


def note_step(connection: Connection, account_id: int, step: int) -> None:
    """The code of this step was taken."""
    connection.execute("UPDATE credentials SET code_step = %s WHERE account_id = %s", [step, account_id])


def replace_recovery_codes(connection: Connection, account_id: int, hashes: Iterable[bytes]) -> None:
    """New codes for who has lost the phone; those before are of no use any more."""
    connection.execute("DELETE FROM recovery_codes WHERE account_id = %s", [account_id])
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO recovery_codes (sha256, account_id) VALUES (%s, %s)",
            [(one, account_id) for one in hashes],
        )


def use_recovery_code(connection: Connection, account_id: int, sha256: bytes, at: datetime) -> bool:
    """Use one up; False: it is none of these, or was used."""
    done = connection.execute(
        "UPDATE recovery_codes SET used_at = %s WHERE sha256 = %s AND account_id = %s AND used_at IS NULL",
        [at, sha256, account_id],
    )
    return done.rowcount == 1


def recovery_codes_left(connection: Connection, account_id: int) -> int:
    """How many can still be used."""
    return int(
        one_value(
            connection, "SELECT count(*) FROM recovery_codes WHERE account_id = %s AND used_at IS NULL", [account_id]
        )
    )


def much_tried(connection: Connection, least: int) -> list[Tried]:
    """Accounts at which so many tries have failed, those tried most first."""
    return all_rows(
        connection,
        Tried,
        "SELECT login, failures, failed_at, closed_until FROM credentials JOIN accounts ON accounts.id = account_id "
        "WHERE failures >= %s ORDER BY failures DESC, login",
        [least],
    )
