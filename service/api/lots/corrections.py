"""Corrections of what people recorded: nothing is overwritten, and everybody sees whose verdict got better by one."""

from typing import Any

from fastapi import APIRouter

from service.acts import corrections
from service.api.acts import ActRoute
from service.api.database import Database, Now
from service.api.future import refuse_future
from service.api.schemas import corrections as schemas
from service.domain.verdicts.causes import is_better
from service.domain.verdicts.verdict import Verdict
from service.errors import RefusedError

router = APIRouter(prefix="/v1/corrections", tags=["corrections"], route_class=ActRoute)

_COLUMNS = {
    "container_id": "container_id",
    "from_": "from_at",
    "until": "until_at",
    "commissioned_at": "commissioned_at",
}


@router.post("", status_code=201)
def add_correction(correction: schemas.CorrectionIn, connection: Database, now: Now) -> schemas.Correction:
    """Supersede what was recorded of a placement, an attachment or its commissioning, or withdraw it.

    Of a calibration, a clock mend or an absence there is no other version: withdraw it, and record what is right.
    """
    change = None if correction.replacement is None else _change(correction.kind, correction.replacement)
    for field, column in _COLUMNS.items():
        if field != "container_id":
            refuse_future(f"replacement.{field.rstrip('_')}", (change or {}).get(column), now)
    with connection.transaction():
        correction_id = corrections.correct(
            connection,
            kind=correction.kind,
            row_id=correction.row_id,
            change=change,
            reason=correction.reason,
            recorded_by=correction.recorded_by,
        )
    return _correction(corrections.corrections(connection, correction_id)[0])


def _change(kind: schemas.Kind, replacement: schemas.Replacement) -> dict[str, Any]:
    _, changeable = corrections.CORRECTABLE[kind]
    change = {}
    for field in replacement.model_fields_set:
        named = f"replacement.{field.rstrip('_')}"
        if _COLUMNS[field] not in changeable:
            known = ", ".join(x.rstrip("_") for x, column in _COLUMNS.items() if column in changeable)
            raise RefusedError(
                named, f"a {kind} has no such thing to correct; {f'there is {known}' if known else 'withdraw it'}"
            )
        change[_COLUMNS[field]] = value = getattr(replacement, field)
        if value is None and field in {"container_id", "from_"}:
            raise RefusedError(named, "it cannot be taken away; leave it out, or withdraw the whole")
    return change


@router.get("")
def list_corrections(connection: Database) -> list[schemas.Correction]:
    """Every change of time already judged, newest first: what it replaced, who did it, why, and whose verdicts changed.

    Beside corrections: back-dated moves and attachments, calibrations, mended clocks, absences, door graces, ranges.
    """
    return [_correction(row) for row in corrections.corrections(connection)]


def _correction(row: dict[str, Any]) -> schemas.Correction:
    effects = row["effects"]
    better = [is_better(Verdict(effect["verdict"]), Verdict(effect["was"])) for effect in effects]
    return schemas.Correction(
        **row,
        improved=[effect for effect, up in zip(effects, better, strict=True) if up],
        worsened=[effect for effect, up in zip(effects, better, strict=True) if not up],
    )
