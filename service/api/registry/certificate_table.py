"""A table of certificates: a row an item, and all rows of one product and lot number are one certificate."""

from collections.abc import Iterable
from functools import partial

from service.acts.certificates import enter_certificate
from service.acts.master_data import Entry
from service.api.schemas.lots.certificate_rows import CertificateRow
from service.auth.access import Access
from service.domain.answers.certificate import Stated
from service.domain.corrections import Word
from service.errors import RefusedError
from service.formats.certificate_csv import stated_with_unit
from service.formats.table import CellProblem
from service.store.lots.recalls import lots_of_number
from service.store.pool import Connection
from service.store.registry.products import product_of_gtin

#: A row, with its number.
_Row = tuple[int, CertificateRow]

#: What every row of a certificate states alike.
_ALIKE = ("issued_on", "signatory", "document_sha256")


def certificate_entries(
    rows: Iterable[_Row], word: Word, access: Access | None
) -> tuple[list[Entry], list[CellProblem]]:
    """The certificates that rows make, and what is wrong between rows."""
    certificates: dict[tuple[str | None, str | None, str], list[_Row]] = {}
    for number, row in rows:
        certificates.setdefault((row.product_id, row.gtin, row.lot_number), []).append((number, row))
    entries, problems = [], []
    for items in certificates.values():
        wrong = _contradictions(items)
        problems += wrong
        if not wrong:
            add = partial(_enter, items=items, word=word, access=access)
            entries.append(Entry(items[0][0], add, partial(_place, items)))
    return entries, problems


def _contradictions(items: list[_Row]) -> list[CellProblem]:
    first_number, first = items[0]
    found = []
    seen: dict[str, int] = {}
    for number, row in items:
        otherwise = f"row {first_number} of the same certificate says otherwise"
        found += [CellProblem(number, name, otherwise) for name in _ALIKE if getattr(row, name) != getattr(first, name)]
        before = seen.setdefault(row.item, number)
        if before != number:
            found.append(CellProblem(number, "item", f"row {before} states it already; state each item once"))
    return found


def _place(items: list[_Row], field: str) -> tuple[int, str]:
    """Where a field of the certificate stands; what stands in every row, in the first."""
    name = field.removeprefix("items.")
    if name != field:
        return next((number for number, row in items if row.item == name), items[0][0]), "value"
    return items[0][0], field if field in CertificateRow.model_fields else "row"


def _enter(connection: Connection, *, items: list[_Row], word: Word, access: Access | None) -> tuple[str, bool]:
    """Enter the certificate for the lot that it names."""
    first = items[0][1]
    lot_id = _lot_of(connection, first, access)
    stated = Stated(
        first.lot_number,
        first.issued_on,
        first.signatory,
        {row.item: stated_with_unit(row.value, row.unit or "") for _, row in items},
        first.product_id,
        first.gtin,
        first.document_sha256,
    )
    kept, is_new = enter_certificate(connection, word.actor, lot_id, stated, word.now, word.reason)
    return f"{lot_id}/{kept.version}", is_new


def _lot_of(connection: Connection, row: CertificateRow, access: Access | None) -> str:
    """The lot that a certificate names.

    Raises:
        RefusedError: there is none, or it is hidden, which looks alike; or there are several, from when that was not
            refused.
        ForbiddenError: the caller may see it, and no more.
    """
    product_id = row.product_id
    if product_id is None and row.gtin is not None:
        product_id = product_of_gtin(connection, row.gtin)
        if product_id is None:
            raise RefusedError("gtin", f"there is no product with GTIN {row.gtin}; register it first")
    if product_id is None:
        raise RefusedError("product_id", "it names no product; fill in product_id or gtin")
    found = lots_of_number(connection, product_id, None, row.lot_number, None if access is None else access.sees)
    if not found:
        words = f"there is no lot number {row.lot_number!r} of product {product_id!r}; register the lot first"
        raise RefusedError("lot_number", words)
    if len(found) > 1:
        words = f"several lots of product {product_id!r} bear the number {row.lot_number!r}: {', '.join(found)}"
        raise RefusedError("lot_number", f"{words}; enter the certificate of each by its id, with PUT")
    if access is not None:
        access.refuse_elsewhere(connection, "lot", found[0])
    return found[0]
