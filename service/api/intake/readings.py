"""Readings over HTTP."""

from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from service.acts.intake import Bringing, take
from service.api.callers import TheCaller
from service.api.database import Connections, Now, TheSettings
from service.api.permitted import TheAccess
from service.api.schemas.fields import DeviceName
from service.api.schemas.intake import readings as schemas
from service.api.schemas.intake.readings import READINGS_BODY
from service.domain.brought import Way
from service.domain.instant import from_datetime
from service.domain.softening import why_readings_soften
from service.formats.coldchain_v1 import decode
from service.formats.dialect import LARGEST_PAYLOAD_BYTES
from service.formats.reading import Rejection
from service.store.intake.refusals import Refusal, note_refusals
from service.store.retry import retried
from service.store.series.readings import Stored

router = APIRouter(prefix="/v1", tags=["readings"])


@router.post("/readings", openapi_extra=READINGS_BODY)
async def send_readings(
    request: Request,
    connections: Connections,
    caller: TheCaller,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    logger_id: Annotated[DeviceName, Query(description="The logger that measured.")],
    site_id: Annotated[DeviceName | None, Query(description="Where it is, if it was never heard before.")] = None,
) -> schemas.Taken:
    """An MQTT payload over HTTP: one object, an array, or `{"readings": […]}`; of an array, the good elements."""
    payload = await _body(request)

    def store() -> schemas.Taken:
        received_at_us = from_datetime(now)
        if access.limited:
            with connections.connection() as connection:
                access.refuse_other_logger(connection, logger_id, site_id)
        try:
            decoded = decode(payload, logger_id, received_at_us, settings.clock())
        except Rejection as rejection:
            # Whoever calls itself by the name of a foreign device says nothing of that.
            if rejection.code != "reserved_name":
                with connections.connection() as connection:
                    note_refusals(connection, [Refusal(logger_id, rejection.code, now)])
            raise
        with connections.connection() as connection:
            # What a logger sends by its own key is no act of anybody.
            waits = why_readings_soften(by_device=caller.logger_id == logger_id)
            bringing = Bringing(Way.HTTP, BytesIO(payload), logger_id, settings.documents_cap_bytes, waits=True)
            brought = None if waits is None else bringing
            stored = retried(take)(connection, caller.actor, decoded.readings, received_at_us, brought, site_id)
            if decoded.rejection is not None:
                note_refusals(connection, [Refusal(logger_id, decoded.rejection.code, now)])
        return _taken(stored, decoded.rejection)

    return await run_in_threadpool(store)


async def _body(request: Request) -> bytes:
    """The whole body; one that is too large is read to its end, so that the answer is heard, and not kept."""
    payload, size = bytearray(), 0
    async for chunk in request.stream():
        size += len(chunk)
        if size <= LARGEST_PAYLOAD_BYTES:
            payload += chunk
    if size > LARGEST_PAYLOAD_BYTES:
        raise Rejection(
            "too_large", f"the body has {size} bytes; {LARGEST_PAYLOAD_BYTES} are allowed: send smaller arrays"
        )
    return bytes(payload)


def _taken(stored: Stored, rejection: Rejection | None) -> schemas.Taken:
    return schemas.Taken(
        stored=stored.new,
        known=stored.known,
        conflicting=stored.conflicting,
        rejected=None if rejection is None else schemas.NotTaken(code=rejection.code, explanation=str(rejection)),
    )
