"""Loggers' own files over HTTP: one at a time and each a piece at a time, so that none costs others their answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, cast

from fastapi import APIRouter, Depends, File, Form, Request, UploadFile
from starlette.concurrency import run_in_threadpool

from service.acts.intake import take_file
from service.api.database import Connections, Now, TheSettings
from service.api.schemas.fields import Text
from service.api.schemas.readings import IMPORT_BODY, Imported, UnitName
from service.domain.instant import from_datetime, to_datetime
from service.errors import BusyError
from service.formats.files import parse_file, refuse_too_large
from service.store.intake.csv_mappings import csv_mapping

router = APIRouter(prefix="/v1", tags=["readings"])

#: An import waits so long for those before it, and holds no thread meanwhile.
_PATIENCE_S = 10.0


class Turns:
    """Whose turn it is: the numbers of one file are in memory at a time."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[None]:
        """Wait for a turn and have it.

        Raises:
            BusyError: others took too long.
        """
        try:
            await asyncio.wait_for(self._lock.acquire(), _PATIENCE_S)
        except TimeoutError:
            raise BusyError("another file is being imported; nothing of this one was, so send it again") from None
        try:
            yield
        finally:
            self._lock.release()


def _turns(request: Request) -> Turns:
    return cast(Turns, request.app.state.import_turns)


@router.post("/imports", openapi_extra=IMPORT_BODY)
async def import_file(
    connections: Connections,
    settings: TheSettings,
    now: Now,
    turns: Annotated[Turns, Depends(_turns)],
    file: Annotated[UploadFile, File(description="A logger's own file: Berlinger text, or CSV.")],
    zone: Annotated[Text | None, Form(description="Time zone of the logger's clock, such as Europe/Zurich.")] = None,
    logger_id: Annotated[Text | None, Form(description="Whose readings these are, if the file does not say.")] = None,
    model: Annotated[Text | None, Form(description="The logger's model, whose CSV columns were saved.")] = None,
    unit: Annotated[UnitName | None, Form(description="Of the temperatures, if the file does not say it.")] = None,
    time_format: Annotated[
        Text | None, Form(description="How times are written, as of strptime, if the file leaves it open.")
    ] = None,
) -> Imported:
    """Import a logger's own file: all of it, or nothing."""

    def store() -> Imported:
        refuse_too_large(file.file, settings.largest_import_bytes)
        columns = None
        if model:
            with connections.connection() as connection:
                columns = csv_mapping(connection, model)
        found = parse_file(
            file.file,
            zone or None,
            logger_id=logger_id or None,
            columns=columns,
            unit=unit,
            time_format=time_format or None,
            model=model or "",
        )
        with connections.connection() as connection:
            stored = take_file(connection, found, from_datetime(now), settings.clock())
        times_us = found.readings.measured_at_us
        return Imported(
            stored=stored.new,
            known=stored.known,
            conflicting=stored.conflicting,
            rejected=None,
            logger_id=found.readings.logger_id,
            model=found.model,
            readings=len(found.readings),
            first_measured_at=to_datetime(int(times_us.min())),
            last_measured_at=to_datetime(int(times_us.max())),
            own_figures=found.own_figures,
        )

    async with turns.taken():
        return await run_in_threadpool(store)
