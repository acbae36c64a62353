"""Loggers' own files over HTTP: one at a time and each a piece at a time, so that none costs others their answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request
from starlette.concurrency import run_in_threadpool

from service.acts.intake import take_file
from service.api.callers import TheActor
from service.api.database import Connections, Now, TheSettings
from service.api.permitted import TheAccess
from service.api.schemas.intake.imports import IMPORT_BODY, Imported, ImportIn
from service.domain.instant import from_datetime, to_datetime
from service.errors import BusyError
from service.formats.files import parse_file, refuse_too_large
from service.store.intake.csv_mappings import csv_mapping

router = APIRouter(prefix="/v1", tags=["readings"])

#: An import waits at most this long for those before it, and holds no thread meanwhile.
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
    actor: TheActor,
    access: TheAccess,
    settings: TheSettings,
    now: Now,
    turns: Annotated[Turns, Depends(_turns)],
    form: Annotated[ImportIn, Form(media_type="multipart/form-data")],
) -> Imported:
    """Import a logger's own file: all of it, or nothing."""

    def store() -> Imported:
        file = form.file.file
        refuse_too_large(file, settings.largest_import_bytes)
        columns = None
        if form.model:
            with connections.connection() as connection:
                columns = csv_mapping(connection, form.model)
        found = parse_file(
            file,
            form.time_zone or None,
            logger_id=form.logger_id or None,
            columns=columns,
            unit=form.unit,
            time_format=form.time_format or None,
            model=form.model or "",
        )
        with connections.connection() as connection:
            access.refuse_elsewhere(connection, "logger", found.readings.logger_id, "logger_id")
            stored = take_file(
                connection,
                actor,
                found,
                file,
                from_datetime(now),
                settings.clock(),
                settings.documents_cap_bytes,
            )
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
            understood=found.understood.sentences() if found.understood else [],
        )

    async with turns.taken():
        return await run_in_threadpool(store)
