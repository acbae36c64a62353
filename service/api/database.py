"""The database behind a request."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from service.settings import Settings
from service.store.pool import Connection


def _connection(request: Request) -> Iterator[Connection]:
    with request.app.state.pool.connection() as connection:
        yield connection


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


def _now() -> datetime:
    return datetime.now(UTC)


Database = Annotated[Connection, Depends(_connection)]
TheSettings = Annotated[Settings, Depends(_settings)]
Now = Annotated[datetime, Depends(_now)]
