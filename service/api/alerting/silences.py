"""Silences and maintenance windows, each with its end, its author and its reason."""

from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path

from service.api.acts import ActRoute
from service.api.database import Database, Now
from service.api.schemas import alerts as schemas
from service.domain.alerting.rule_table import causes
from service.errors import RefusedError
from service.store.alerting import silences

router = APIRouter(prefix="/v1/silences", tags=["alerts"], route_class=ActRoute)

SilenceId = Annotated[int, Path(ge=1, le=schemas.LARGEST_ID)]

#: Longer is no silence but a rule that should be off, or a container out of use.
_LONGEST = timedelta(days=30)


@router.post("", status_code=201)
def add_silence(silence: schemas.SilenceIn, connection: Database, now: Now) -> schemas.Silence:
    """Tell nobody of some alerts for a while; from a later time on it is a maintenance window.

    Whoever was not told is told when it ends, if it is still so. That a lot has no time left is never silenced.
    """
    from_at = max(now, silence.from_ or now)
    _refuse(silence, from_at)
    with connection.transaction():
        silence_id = silences.add_silence(
            connection,
            site_id=silence.site_id,
            container_id=silence.container_id,
            cause=silence.cause,
            from_at=from_at,
            until_at=silence.until,
            reason=silence.reason,
            recorded_by=silence.recorded_by,
        )
    return _silence(silences.silence(connection, silence_id), now)


def _refuse(silence: schemas.SilenceIn, from_at: datetime) -> None:
    if silence.site_id is None and silence.container_id is None and silence.cause is None:
        raise RefusedError("site_id", "name a site, a container or a cause; everything at once cannot be silenced")
    if silence.cause is not None and silence.cause not in causes():
        raise RefusedError("cause", f"there is no cause {silence.cause!r}; there are {', '.join(causes())}")
    if silence.until <= from_at:
        raise RefusedError("until", f"{silence.until.isoformat()} is past; give an end that is still to come")
    if silence.until - from_at > _LONGEST:
        raise RefusedError("until", f"it is longer than {_LONGEST.days} days; silence it again when it is still needed")


@router.get("")
def list_silences(connection: Database, now: Now, state: schemas.SilenceState | None = None) -> list[schemas.Silence]:
    """Silences, newest first; those planned, in force or over if asked."""
    found = [_silence(row, now) for row in silences.silences(connection)]
    return [silence for silence in found if state in (None, silence.state)]


@router.post("/{silence_id}/end")
def end_silence(silence_id: SilenceId, end: schemas.EndSilenceIn, connection: Database, now: Now) -> schemas.Silence:
    """End a silence before its time; what is still so is told at once."""
    with connection.transaction():
        silences.end_silence(connection, silence_id, ended_by=end.recorded_by, at=now)
    return _silence(silences.silence(connection, silence_id), now)


def _silence(row: dict[str, Any], now: datetime) -> schemas.Silence:
    state = schemas.SilenceState.IN_FORCE
    if row["ended_by"] is not None or row["until_at"] <= now:
        state = schemas.SilenceState.OVER
    elif row["from_at"] > now:
        state = schemas.SilenceState.PLANNED
    return schemas.Silence(**{**row, "from": row["from_at"], "until": row["until_at"], "state": state})
