"""The database behind a request."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from service.api.callers import TheActor
from service.domain.corrections import Word
from service.settings import Settings
from service.store.pool import Connection, Pool


# What waits for nothing is no work for a thread: a hop there and back costs as much as a short query.
async def _pool(request: Request) -> Pool:
    opened: Pool = request.app.state.pool
    return opened


def _connection(request: Request) -> Iterator[Connection]:
    opened: Pool = request.app.state.pool
    with opened.connection() as connection:
        yield connection


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _now() -> datetime:
    return datetime.now(UTC)


#: One connection while the route is at work; given back before the answer goes out, however slowly that is read.
Database = Annotated[Connection, Depends(_connection, scope="function")]

#: For routes with work to do before they need a connection.
Connections = Annotated[Pool, Depends(_pool)]

TheSettings = Annotated[Settings, Depends(_settings)]
Now = Annotated[datetime, Depends(_now)]


async def _word(actor: TheActor, settings: TheSettings, now: Now) -> Word:
    return Word(actor, now, settings.scan_delay_s, settings.clock_tolerance_s)


#: Who records an act, and when; its reason is in its body.
Recorded = Annotated[Word, Depends(_word)]
