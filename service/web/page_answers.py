"""What a browser gets where a page cannot be shown; programs, and all of the API, get problem documents."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import cast

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from service.acts.kiosk import NotKnownAtKioskError
from service.auth.identification import FromElsewhereError, NoKioskError
from service.errors import ForbiddenError, NotFoundError, NotIdentifiedError, UnbrokenError
from service.store.pool import DatabaseAwayError, OtherSchemaError
from service.web.answering import away
from service.web.frame import frame_of_device, framed
from service.web.identity.kiosks import asked_again
from service.web.identity.login import login_asked
from service.web.lots.one_lot import unknown_lot
from service.web.rendering import page

_Handler = Callable[[Request, Exception], Response]


def add_page_answers(app: FastAPI) -> None:
    """A browser gets a page; everybody else, and all of the API, what they got."""
    others = cast(_Handler, app.exception_handlers[HTTPException])
    ours = cast(_Handler, app.exception_handlers[UnbrokenError])

    def around(request: Request) -> AbstractContextManager[None]:
        return framed(frame_of_device(request))

    def shown(request: Request, template: str, status: int, **given: str) -> Response:
        with around(request):
            return page(template, status, **given)

    def missing(request: Request, error: Exception) -> Response:
        if _of_pages(request) and isinstance(error, HTTPException) and error.status_code == 404:
            return shown(request, "missing.html", 404)
        return others(request, error)

    def hidden(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/lots/"):
            with around(request):
                return unknown_lot(request.path_params["lot_id"], datetime.now(UTC))
        return shown(request, "missing.html", 404) if _of_pages(request) else ours(request, error)

    def forbidden(request: Request, error: Exception) -> Response:
        return shown(request, "forbidden.html", 403, why=str(error)) if _of_pages(request) else ours(request, error)

    def from_elsewhere(request: Request, error: Exception) -> Response:
        return shown(request, "elsewhere.html", 403, why=str(error)) if _of_pages(request) else ours(request, error)

    async def nobody(request: Request, error: Exception) -> Response:
        if _of_pages(request) and "authorization" not in request.headers:
            with around(request):
                if isinstance(error, NoKioskError):
                    return page("no_kiosk.html", 401, why=str(error))
                if isinstance(error, NotKnownAtKioskError):
                    return await asked_again(request, error)
                return await login_asked(request, error)
        return ours(request, error)

    for kind, handler in (
        (HTTPException, missing),
        (NotFoundError, hidden),
        (ForbiddenError, forbidden),
        (FromElsewhereError, from_elsewhere),
        (NotIdentifiedError, nobody),
    ):
        app.add_exception_handler(kind, handler)
    for unusable in (*DatabaseAwayError, *OtherSchemaError):
        app.add_exception_handler(unusable, _or_away(cast(_Handler, app.exception_handlers[unusable])))


def _or_away(others: _Handler) -> _Handler:
    def handler(request: Request, error: Exception) -> Response:
        # Whoever asks for a page gets one, also a program that did not say that it reads HTML.
        is_page = not getattr(request.scope.get("route"), "include_in_schema", True)
        return away(request, error) if is_page else others(request, error)

    return handler


def _of_pages(request: Request) -> bool:
    return not request.url.path.startswith("/v1/") and "text/html" in request.headers.get("accept", "")
