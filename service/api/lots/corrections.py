"""Corrections of what people recorded: nothing is overwritten."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from service.acts import corrections as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.lots import corrections as schemas
from service.auth.access import access_to
from service.domain.identity.permissions import CORRECTS
from service.errors import RefusedError
from service.store import corrections as store
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/corrections", tags=["corrections"], route_class=ActRoute)

_COLUMNS = {
    "container_id": "container_id",
    "in_id": "in_id",
    "position": "position",
    "from_": "from_at",
    "until": "until_at",
    "commissioned_at": "commissioned_at",
}


@router.post("", status_code=201)
def add_correction(
    correction: schemas.CorrectionIn, connection: Database, actor: TheActor, now: Now, access: TheAccess
) -> schemas.Correction:
    """Supersede what was recorded of a placement, a nesting, an attachment or its commissioning, or strike it.

    Of a calibration, a clock mend or an absence there is no other version: strike it, and record what is right.
    """
    access = access_to(access.caller, CORRECTS[correction.kind])
    access.refuse_recorded_elsewhere(
        connection, correction.kind, acts.CORRECTABLE[correction.kind].table.thing, correction.row_id
    )
    for field in ("container_id", "in_id"):
        if (named := getattr(correction.replacement, field, None)) is not None:
            access.refuse_elsewhere(connection, "container", named, f"replacement.{field}")
    change = None if correction.replacement is None else _change(correction.kind, correction.replacement)
    for field, column in _COLUMNS.items():
        if column.endswith("_at"):
            refuse_future(f"replacement.{field.rstrip('_')}", (change or {}).get(column), now)
    correction_id = acts.correct(
        connection,
        actor,
        kind=correction.kind,
        row_id=correction.row_id,
        change=change,
        reason=correction.reason,
    )
    return _correction(store.correction(connection, correction_id))


def _change(kind: acts.Kind, replacement: schemas.Replacement) -> dict[str, Any]:
    changeable = acts.CORRECTABLE[kind].changeable
    change = {}
    for field in replacement.model_fields_set:
        named = f"replacement.{field.rstrip('_')}"
        if _COLUMNS[field] not in changeable:
            known = ", ".join(x.rstrip("_") for x, column in _COLUMNS.items() if column in changeable)
            raise RefusedError(
                named, f"a {kind} has no such thing to correct; {f'there is {known}' if known else 'strike it'}"
            )
        change[_COLUMNS[field]] = value = getattr(replacement, field)
        if value is None and field in {"container_id", "in_id", "from_"}:
            raise RefusedError(named, "it cannot be taken away; leave it out, or strike the whole")
    return change


@router.get("")
def list_corrections(connection: Database, asked: Paging, seen_at: TheSites) -> Page[schemas.Correction]:
    """Every change of time already judged, newest first: what it replaced, who did it, and why.

    Beside corrections: back-dated moves and attachments, calibrations, mended clocks, absences, door graces, ranges.
    """
    rows = store.corrections(connection, asked.part(NEWEST_FIRST), seen_at)
    return page(asked, NEWEST_FIRST, rows, _correction)


def _correction(row: store.Correction) -> schemas.Correction:
    return schemas.Correction(**asdict(row))
