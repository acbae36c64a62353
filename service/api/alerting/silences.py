"""Silences and maintenance windows, each with its end, its author and its reason."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from service.acts import silences as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.alerting import silences as schemas
from service.api.schemas.fields import LARGEST_ID
from service.domain.alerting.silence import RecordedSilence, Silence, SilenceState
from service.store.alerting.silences import silences
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/silences", tags=["alerts"], route_class=ActRoute)

SilenceId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.post("", status_code=201)
def add_silence(
    silence: schemas.SilenceIn, connection: Database, actor: TheActor, now: Now, access: TheAccess
) -> schemas.Silence:
    """Tell nobody of some alerts for a while; from a later time on it is a maintenance window.

    Whoever was not told is told when it ends, if it is still so. That a lot has no time left is never silenced.
    """
    if silence.site_id is None and silence.container_id is None:
        access.refuse_not_everywhere("what concerns alerts of all sites")
    if silence.site_id is not None:
        access.refuse_elsewhere(connection, "site", silence.site_id, "site_id")
    if silence.container_id is not None:
        access.refuse_elsewhere(connection, "container", silence.container_id, "container_id")
    from_at = max(now, silence.from_ or now)
    wanted = Silence(silence.site_id, silence.container_id, silence.cause, from_at, silence.until)
    recorded = acts.record_silence(connection, actor, wanted, reason=silence.reason)
    return _silence(recorded, now)


@router.get("")
def list_silences(
    connection: Database, now: Now, asked: Paging, seen_at: TheSites, state: SilenceState | None = None
) -> Page[schemas.Silence]:
    """Silences, newest first; those planned, in force or over if asked."""
    found = silences(connection, state, now, asked.part(NEWEST_FIRST), seen_at)
    return page(asked, NEWEST_FIRST, found, lambda one: _silence(one, now))


@router.post("/{silence_id}/end")
def end_silence(
    silence_id: SilenceId, end: schemas.EndSilenceIn, connection: Database, actor: TheActor, now: Now
) -> schemas.Silence:
    """End a silence before its time; what is still so is told at once."""
    return _silence(acts.end_silence(connection, actor, silence_id, reason=end.reason, at=now), now)


def _silence(silence: RecordedSilence, now: datetime) -> schemas.Silence:
    return schemas.Silence(
        id=silence.id,
        state=silence.state(now),
        site_id=silence.site_id,
        container_id=silence.container_id,
        cause=silence.cause,
        **{"from": silence.from_at},
        until=silence.until_at,
        planned_until=silence.planned_until,
        reason=silence.reason,
        recorded_by=silence.recorded_by,
        recorded_at=silence.recorded_at,
        ended_by=silence.ended_by,
    )
