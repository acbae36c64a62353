"""Certificates of Analysis, as people enter them: each a new version that counts once quality has signed it."""

from dataclasses import asdict
from datetime import date, datetime

from service.acts.parts import refuse_part
from service.domain.answers.certificate import (
    Stated,
    UnreadableItemsError,
    judge,
    latest_today,
    why_not_issued,
    why_of_another,
)
from service.domain.answers.papers import JudgedItem
from service.domain.answers.results import why_no_result
from service.domain.answers.specification import Specification
from service.domain.identity.actor import Actor
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.documents import refuse_no_document
from service.store.lots.certificates import (
    KeptCertificate,
    NewCertificate,
    add_certificate,
    certificate,
    gtin_of,
    newest_certificate,
)
from service.store.lots.lots import lot
from service.store.lots.papers import load_papers
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.specifications import specification_named
from service.store.row_locks import lock_lots


def enter_certificate(
    connection: Connection, actor: Actor, lot_id: str, stated: Stated, now: datetime, reason: str | None = None
) -> tuple[KeptCertificate, bool]:
    """Enter a lot's certificate, judged by the specification that its product asks for; whether it is a new version.

    What fails in it counts at once; all else once quality has signed it. The same once more is the same version.

    Raises:
        NotFoundError: there is no such lot.
        ConflictError: it is of another lot or product, or quality has adopted no specification for the product.
        RefusedError: a field cannot be read, or the document is not there.
    """
    with acting(connection, actor, reason):
        lock_lots(connection, [lot_id])
        refuse_part(connection, lot_id, "its certificate")
        today = latest_today(now)
        asked = asked_of(connection, lot_id)
        _refuse_another(connection, lot_id, stated)
        judged = _judged(connection, asked, stated, today)
        items = {name: value.strip() for name, value in stated.items.items()}
        new = NewCertificate(
            lot_id,
            asked.id,
            asked.version,
            stated.issued_on,
            stated.signatory,
            items,
            judged,
            stated.document_sha256,
        )
        newest = newest_certificate(connection, lot_id)
        if newest is not None and _is_same(newest, new):
            return newest, False
        version = 1 if newest is None else newest.version + 1
        what = {"certificate": {**asdict(new), "issued_on": new.issued_on.isoformat(), "version": version}}
        change_id = note_change(
            connection, Kind.CERTIFICATE, f"{lot_id}/{version}", what, [Touched(lot_id=lot_id)], Cause.PAPERS
        )
        add_certificate(connection, new, version, change_id)
        return certificate(connection, lot_id, version), True


def asked_of(connection: Connection, lot_id: str) -> Specification:
    """The specification that a certificate of a lot has to meet: the newest that quality adopted for its product.

    Raises:
        NotFoundError: there is no such lot.
        ConflictError: there is none.
    """
    product_id = lot(connection, lot_id).product_id
    asked = load_papers(connection, [lot_id])[lot_id].asked.specification
    if asked is None:
        raise ConflictError(
            f"quality has adopted no specification for product {product_id!r}, so nothing says what its certificates "
            "must state; adopt one for the product and have quality sign that, then send the certificate again"
        )
    return specification_named(connection, *asked)


def _refuse_another(connection: Connection, lot_id: str, stated: Stated) -> None:
    if stated.product_id is None and stated.gtin is None:
        raise RefusedError("product_id", "the certificate names no product; give product_id or gtin as it is stated")
    its = lot(connection, lot_id)
    if why := why_of_another(stated, its.lot_number, its.product_id, gtin_of(connection, its.product_id)):
        raise ConflictError(f"{why}; enter it for the lot it is of")


def _judged(connection: Connection, asked: Specification, stated: Stated, today: date) -> tuple[JudgedItem, ...]:
    """What becomes of each item; all that is wrong with any field is told at once."""
    wrong: list[tuple[str, str]] = []
    if why := why_not_issued(stated.issued_on, today):
        wrong.append(("issued_on", why))
    if why := why_no_result(stated.signatory, figure=False):
        wrong.append(("signatory", f"{why}: who signed it at its issuer is asked for"))
    judged: tuple[JudgedItem, ...] = ()
    try:
        judged = judge(asked, stated.items, issued_on=stated.issued_on, today=today)
    except UnreadableItemsError as error:
        wrong += error.wrong
    if stated.document_sha256 is not None:
        try:
            # Whoever reads the lot reads it: a logger's file, which they may not read, does not come out this way.
            refuse_no_document(connection, "document_sha256", stated.document_sha256, or_file=False)
        except RefusedError as error:
            wrong += error.wrong
    if wrong:
        raise RefusedError(*wrong[0], *wrong[1:])
    return judged


def _is_same(newest: KeptCertificate, new: NewCertificate) -> bool:
    return all(getattr(newest, field) == value for field, value in _fields(new).items())


def _fields(new: NewCertificate) -> dict[str, object]:
    return {field: getattr(new, field) for field in NewCertificate.__slots__}
