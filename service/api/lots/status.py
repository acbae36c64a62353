"""The status of a lot: the one thing that is asked by the thousand, and so has the shortest way."""

from datetime import datetime
from typing import Annotated

import msgspec
from fastapi import APIRouter, Query, Request, Response

from service.answers.stored import status_now
from service.api.database import Now
from service.api.permitted import permitted_at_once
from service.api.requests import refuse_other_media_types, refuse_unknown_parameters
from service.api.schemas.fields import Id, Instant
from service.api.schemas.lots.status import Status
from service.domain.answers.standing import Document
from service.domain.instant import SECOND_US, from_datetime
from service.errors import NotFoundError, RefusedError
from service.settings import Settings
from service.store.lots.answer_history import answer_known_at
from service.store.lots.answers import behind_since
from service.store.lots.lots import lot
from service.store.lots.verdicts import lapsed
from service.store.pool import Connection

router = APIRouter(prefix="/v1/lots", tags=["lots"])


@router.get("/{lot_id}/status", response_model=Status)
def get_lot_status(
    lot_id: Id,
    request: Request,
    now: Now,
    at: Annotated[Instant | None, Query(description="What was known then, as it was recorded.")] = None,
) -> Response:
    """May this lot be used, as of now, and why; or what was answered at an earlier time.

    That answer's `as_of` is when it was last recorded anew: until `at`, verdict and reasons stayed the same.
    """
    settings: Settings = request.app.state.settings
    with permitted_at_once(request) as connection:
        refuse_unknown_parameters(request)
        refuse_other_media_types(request)
        if at is None:
            told = status_now(connection, lot_id, settings, now)
        else:
            told = _status_known_at(connection, settings, lot_id, at, now)
    # As it is stored: to check each field of it again takes longer than to read it.
    return Response(msgspec.json.encode(told), media_type="application/json")


def _status_known_at(connection: Connection, settings: Settings, lot_id: str, at: datetime, now: datetime) -> Document:
    if at > now:
        raise RefusedError("at", f"{at.isoformat()} lies in the future; leave it out to ask for now")
    lot(connection, lot_id)
    known = answer_known_at(connection, lot_id, at)
    if known is None:
        raise NotFoundError(f"at {at.isoformat()} nothing was known of lot {lot_id!r}; ask for a later time")
    allowed_us = round(settings.evaluator_behind_s * SECOND_US)
    waits_since_us = behind_since(connection, [lot_id], settings.evaluator_behind_s).get(lot_id)
    waited = waits_since_us is not None and waits_since_us + allowed_us < from_datetime(at)
    if waited or lapsed(connection, lot_id, from_datetime(at), allowed_us):
        raise NotFoundError(
            f"what was told of lot {lot_id!r} at {at.isoformat()} is not recorded: the evaluator was not at work, and "
            "the verdict before may not have held any more; take it as not proven, or ask for another time"
        )
    # What was not told yet when it was recorded is null now.
    whole = {**dict.fromkeys(Status.model_fields), **known.status}
    return Status(**whole).model_dump(mode="json")
