"""Kiosks: devices that show the answers of one site. Of the token that each keeps only its SHA-256 is kept here."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.identity.caller import Sites
from service.errors import NotFoundError
from service.store.new_rows import new_row
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import columns, one_row, one_value
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Kiosk:
    """A device that was enrolled.

    Attributes:
        last_seen_at: when it asked for something, to the minute; None: it never did.
        revoked_at: from when on it shows nothing; None: it is in use.
    """

    id: int
    name: str
    site_id: str
    enrolled_by: str
    enrolled_at: datetime
    revoked_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tries:
    """How people tried to prove on a kiosk who they are."""

    failures: int
    failed_at: datetime | None
    closed_until: datetime | None


_KIOSK = f"SELECT {columns(Kiosk)} FROM kiosks JOIN kiosk_secrets ON kiosk_id = kiosks.id"


def add_kiosk(connection: Connection, name: str, site_id: str, sha256: bytes) -> int:
    """Enrol a device; its id.

    Raises:
        RefusedError: there is no such site.
    """
    with new_row("kiosk", name, site_id=site_id):
        kiosk_id = one_value(
            connection, "INSERT INTO kiosks (name, site_id) VALUES (%s, %s) RETURNING id", [name, site_id]
        )
    connection.execute("INSERT INTO kiosk_secrets (kiosk_id, sha256) VALUES (%s, %s)", [kiosk_id, sha256])
    return int(kiosk_id)


def kiosk_of(connection: Connection, sha256: bytes) -> Kiosk | None:
    """Whose token this is: one statement, for every request of a kiosk needs it."""
    return one_row(connection, Kiosk, f"{_KIOSK} WHERE sha256 = %s", [sha256])


def kiosk(connection: Connection, kiosk_id: int) -> Kiosk:
    """One of them.

    Raises:
        NotFoundError: there is none of that id.
    """
    found = one_row(connection, Kiosk, f"{_KIOSK} WHERE kiosks.id = %s", [kiosk_id])
    if found is None:
        raise NotFoundError(f"there is no kiosk {kiosk_id}; the page /kiosks lists them")
    return found


def kiosks(connection: Connection, part: Part = WHOLE, seen_at: Sites = None) -> list[Kiosk]:
    """All of them, the newest first; those of these sites alone."""
    query = f"{_KIOSK} WHERE {visible('kiosk', 'kiosks.id', seen_at)}"
    return rows_of_part(connection, Kiosk, query, visible_at(seen_at), NEWEST_FIRST, part)


def revoke_kiosk(connection: Connection, kiosk_id: int, at: datetime) -> None:
    """It shows nothing any more."""
    connection.execute("UPDATE kiosks SET revoked_at = %s WHERE id = %s AND revoked_at IS NULL", [at, kiosk_id])


def note_seen(connection: Connection, kiosk_id: int, at: datetime) -> None:
    """It is still there."""
    connection.execute(
        "UPDATE kiosk_secrets SET last_seen_at = greatest(last_seen_at, %s) WHERE kiosk_id = %s", [at, kiosk_id]
    )


def locked_tries(connection: Connection, kiosk_id: int) -> Tries:
    """The tries on a kiosk, which nobody else counts until the transaction is over."""
    found = one_row(
        connection, Tries, f"SELECT {columns(Tries)} FROM kiosk_secrets WHERE kiosk_id = %s FOR UPDATE", [kiosk_id]
    )
    if found is None:
        raise AssertionError(f"kiosk {kiosk_id} has secrets")
    return found


def note_tries(connection: Connection, kiosk_id: int, tries: Tries) -> None:
    """How people tried there by now."""
    connection.execute(
        "UPDATE kiosk_secrets SET failures = %s, failed_at = %s, closed_until = %s WHERE kiosk_id = %s",
        [tries.failures, tries.failed_at, tries.closed_until, kiosk_id],
    )
