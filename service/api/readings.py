"""Readings over HTTP, and files of loggers."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from starlette.concurrency import run_in_threadpool

from service.api.database import Connections, Now, TheSettings
from service.api.schemas import readings as schemas
from service.api.schemas.fields import DeviceName, Text
from service.api.schemas.readings import IMPORT_BODY, READINGS_BODY
from service.domain.instant import from_datetime, to_datetime
from service.errors import RefusedError
from service.formats.coldchain_v1 import decode
from service.formats.dialect import LARGEST_PAYLOAD_BYTES
from service.formats.files import parse_file
from service.formats.reading import Rejection
from service.store.csv_mappings import csv_mapping
from service.store.intake import take, take_file
from service.store.readings import Stored

router = APIRouter(prefix="/v1", tags=["readings"])

#: A ten-year file of a five-minute logger has about 30 MB.
_LARGEST_FILE_BYTES = 64 << 20


@router.post("/readings", openapi_extra=READINGS_BODY)
async def take_readings(
    request: Request,
    connections: Connections,
    settings: TheSettings,
    now: Now,
    logger_id: Annotated[DeviceName, Query(description="The logger that measured.")],
    site: Annotated[DeviceName | None, Query(description="Where it is, if it was never heard before.")] = None,
) -> schemas.Taken:
    """An MQTT payload over HTTP: one object, an array, or `{"readings": […]}`; of an array, the good elements."""
    payload = await _body(request)

    def store() -> schemas.Taken:
        received_at_us = from_datetime(now)
        decoded = decode(payload, logger_id, received_at_us, settings.clock())
        with connections.connection() as connection:
            stored = take(connection, decoded.readings, received_at_us, site)
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


@router.post("/imports", openapi_extra=IMPORT_BODY)
def import_file(
    connections: Connections,
    settings: TheSettings,
    now: Now,
    file: Annotated[UploadFile, File(description="A logger's own file: Berlinger text, or CSV.")],
    zone: Annotated[Text | None, Form(description="Time zone of the logger's clock, such as Europe/Zurich.")] = None,
    logger_id: Annotated[Text | None, Form(description="Whose readings these are, if the file does not say.")] = None,
    model: Annotated[Text | None, Form(description="The logger's model, whose CSV columns were saved.")] = None,
) -> schemas.Imported:
    """Import a logger's own file: all of it, or nothing."""
    content = file.file.read(_LARGEST_FILE_BYTES + 1)
    if len(content) > _LARGEST_FILE_BYTES:
        raise RefusedError("file", f"it is larger than {_LARGEST_FILE_BYTES >> 20} MB; split it")
    columns = None
    if model:
        with connections.connection() as connection:
            columns = csv_mapping(connection, model)
    found = parse_file(content, zone or None, logger_id=logger_id or None, columns=columns, model=model or "")
    with connections.connection() as connection:
        stored = take_file(connection, found, from_datetime(now), settings.clock())
    times_us = [reading.measured_at_us for reading in found.readings]
    return schemas.Imported(
        **_taken(stored, None).model_dump(),
        logger_id=found.readings[0].logger_id,
        model=found.model,
        readings=len(found.readings),
        first_measured_at=to_datetime(min(times_us)),
        last_measured_at=to_datetime(max(times_us)),
        own_figures=found.own_figures,
    )
