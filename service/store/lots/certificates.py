"""Certificates of lots: every version as it was entered and judged."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.answers.papers import JudgedItem, Outcome
from service.errors import NotFoundError
from service.store.paging import WHOLE, Order, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import one_row, one_value


@dataclass(frozen=True, slots=True)
class NewCertificate:
    """A version of a certificate as it is entered, and what became of each item.

    Attributes:
        items: what is stated of each, by its name.
    """

    lot_id: str
    specification_id: str
    specification_version: int
    issued_on: date
    signatory: str
    items: dict[str, str]
    judged: tuple[JudgedItem, ...]
    document_sha256: str | None


@dataclass(frozen=True, slots=True)
class KeptCertificate(NewCertificate):
    """A version of a certificate as it is kept.

    Attributes:
        change_id: the change that waits, or waited, for quality's signature.
        signed_at: since when it is signed; None: it waits. signed_by: printed names.
    """

    id: int
    version: int
    recorded_by: str
    recorded_at: datetime
    change_id: int
    signed_at: datetime | None
    signed_by: list[str]


def add_certificate(connection: Connection, new: NewCertificate, version: int, change_id: int) -> None:
    """Keep a version of a certificate. Call it inside the act's transaction, with the lot locked."""
    connection.execute(
        "INSERT INTO certificates (lot_id, version, specification_id, specification_version, issued_on, signatory, "
        "items, judged, sha256, change_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, decode(%s, 'hex'), %s)",
        [
            new.lot_id,
            version,
            new.specification_id,
            new.specification_version,
            new.issued_on,
            new.signatory,
            Jsonb(new.items),
            Jsonb([asdict(item) for item in new.judged]),
            new.document_sha256,
            change_id,
        ],
    )


_SELECT = """
    SELECT certificates.id, lot_id, version, specification_id, specification_version, issued_on, signatory, items,
        judged, encode(sha256, 'hex') AS document_sha256, certificates.recorded_by, certificates.recorded_at, change_id,
        freed_at AS signed_at, ARRAY(
            SELECT printed_name FROM signatures
            WHERE record_kind = 'change' AND record_id = change_id::text ORDER BY signatures.id
        ) AS signed_by
    FROM certificates JOIN changes_to_sign ON changes_to_sign.id = change_id
"""

#: The order in which a lot's certificates are listed.
NEWEST_VERSION_FIRST = Order({"version": int}, newest_first=True)


def certificates(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[KeptCertificate]:
    """The versions of a lot's certificate, newest first."""
    return rows_of_part(
        connection, _certificate, f"{_SELECT} WHERE lot_id = %(lot)s", {"lot": lot_id}, NEWEST_VERSION_FIRST, part
    )


def newest_certificate(connection: Connection, lot_id: str) -> KeptCertificate | None:
    """The newest version of a lot's certificate; None: it has none."""
    return one_row(connection, _certificate, f"{_SELECT} WHERE lot_id = %s ORDER BY version DESC LIMIT 1", [lot_id])


def certificate(connection: Connection, lot_id: str, version: int | None = None) -> KeptCertificate:
    """A version of a lot's certificate; None: its newest.

    Raises:
        NotFoundError: there is none.
    """
    found = (
        newest_certificate(connection, lot_id)
        if version is None
        else one_row(connection, _certificate, f"{_SELECT} WHERE (lot_id, version) = (%s, %s)", [lot_id, version])
    )
    if found is None:
        which = "no certificate" if version is None else f"no version {version} of a certificate"
        raise NotFoundError(f"lot {lot_id!r} has {which}; PUT /v1/lots/{lot_id}/certificate enters one")
    return found


def _certificate(judged: list[dict[str, Any]], **row: Any) -> KeptCertificate:
    items = tuple(JudgedItem(**{**item, "outcome": Outcome(item["outcome"])}) for item in judged)
    return KeptCertificate(judged=items, **row)


def gtin_of(connection: Connection, product_id: str) -> str | None:
    """The GTIN of a product; None: it has none."""
    found: str | None = one_value(connection, "SELECT gtin FROM products WHERE id = %s", [product_id])
    return found
