"""A page made from the database, or one that says plainly that there is no answer now."""

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from fastapi import Request
from fastapi.responses import Response

from service.auth.links import without_links
from service.settings import Settings
from service.store.pool import Connection, DatabaseAwayError, OtherSchemaError
from service.web.frame import frame_of, frame_of_device, framed
from service.web.rendering import page
from service.web.words import moment

log = structlog.get_logger()


def answered(request: Request, show: Callable[[Connection, Settings, datetime], Response]) -> Response:
    """What `show` makes of the database now, or the page that says that it cannot be used."""
    now = datetime.now(UTC)
    try:
        with request.app.state.pool.connection() as connection, framed(frame_of(connection, request)):
            return show(connection, request.app.state.settings, now)
    except (*DatabaseAwayError, *OtherSchemaError) as error:
        return away(request, error)


def away(request: Request, error: Exception) -> Response:
    """The page that says that the database cannot be used, and why."""
    with framed(frame_of_device(request)):
        return _away(request, error)


def _away(request: Request, error: Exception) -> Response:
    now = moment(datetime.now(UTC))
    if isinstance(error, OtherSchemaError):
        log.error(
            "the database's schema is not this version's",
            path=without_links(request.url.path),
            error=" ".join(str(error).split()),
        )
        return page("away.html", 503, as_of=now, why="is not yet that of this version")
    log.warning("database away", error=str(error).strip())
    return page("away.html", 503, as_of=now, why="cannot be reached")
