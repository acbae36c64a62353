"""Errors as application/problem+json (RFC 9457): what was wrong with what, and what to do."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.api.field_problems import field_problems
from service.api.requests import allowed_methods
from service.auth.links import without_links
from service.errors import (
    BusyError,
    ClocksDisagreeError,
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NotIdentifiedError,
    RefusedError,
    UnbrokenError,
)
from service.formats.reading import Rejection
from service.store.pool import DatabaseAwayError, OtherSchemaError
from service.store.retry import UndoneError

log = structlog.get_logger()

#: What problem documents are sent as.
PROBLEM_TYPE = "application/problem+json"


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    # Said here too: an unexpected error is answered outside of all that wraps answers.
    said = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})}
    return JSONResponse(document, status_code=status, media_type=PROBLEM_TYPE, headers=said)


def too_large() -> JSONResponse:
    """Of a body that nobody reads."""
    return problem(413, "Far too large", "the body is far larger than what is taken here; split it")


def add_problem_answers(app: FastAPI) -> None:
    """Make every error of this application a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(UnbrokenError, _ours)
    app.add_exception_handler(ClocksDisagreeError, _clocks)
    for away in DatabaseAwayError:
        app.add_exception_handler(away, _away)
    for other in OtherSchemaError:
        app.add_exception_handler(other, _other_schema)
    for undone in UndoneError:
        app.add_exception_handler(undone, _busy)
    app.add_exception_handler(Exception, _unexpected)


def _invalid(request: Request, error: Exception) -> JSONResponse:
    errors = field_problems(request, error.errors() if isinstance(error, RequestValidationError) else [])
    detail = "; ".join(f"{one['field']}: {one['problem']}" for one in errors)
    return problem(422, "A field is wrong", detail, errors=errors)


def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    words = {
        400: ("Not readable", "the body cannot be read; send it whole, as UTF-8, in the form /docs describes"),
        404: ("Not found", "there is nothing at this address; /docs lists what there is"),
    }
    headers = error.headers
    if error.status_code == 413:
        return too_large()
    if error.status_code == 405:
        # Starlette names the methods of the first route with this address, and there is one a method.
        allowed = allowed_methods(request.app.router.routes, request.scope)
        words[405] = ("Method not allowed", f"this address takes {allowed}, and not {request.method[:20]}")
        headers = {"Allow": allowed}
    title, detail = words.get(error.status_code, (HTTPStatus(error.status_code).phrase, str(error.detail)))
    return problem(error.status_code, title, detail, headers)


#: By kind of error: status, title, and what else the answer's headers say.
_STATUSES: Mapping[type[UnbrokenError], tuple[int, str, Mapping[str, str]]] = {
    NotIdentifiedError: (401, "Not identified", {"WWW-Authenticate": "Bearer"}),
    ForbiddenError: (403, "Not allowed", {}),
    NotFoundError: (404, "Not found", {}),
    ConflictError: (409, "Conflict", {}),
    BusyError: (503, "Others come first", {"Retry-After": "10"}),
}


def _ours(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, RefusedError):
        words = "; ".join(f"{field}: {why}" for field, why in error.wrong)
        return problem(422, "Refused", words, errors=[{"field": field, "problem": why} for field, why in error.wrong])
    if isinstance(error, Rejection):
        return problem(422, "Rejected", str(error), code=error.code)
    for kind, (status, title, headers) in _STATUSES.items():
        if isinstance(error, kind):
            return problem(status, title, str(error), headers)
    return problem(400, "Not possible", str(error))


def _clocks(_request: Request, error: Exception) -> JSONResponse:
    return problem(503, "The clocks disagree", str(error))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", path=without_links(request.url.path), exc_info=error)
    return problem(500, "Our fault", "an unexpected error, now in the log; nothing was half-done")


def _away(_request: Request, error: Exception) -> JSONResponse:
    log.warning("database away", error=str(error).strip())
    return problem(
        503, "The database is away", "nothing was changed; try again in a moment", headers={"Retry-After": "1"}
    )


def _other_schema(request: Request, error: Exception) -> JSONResponse:
    log.error(
        "the database's schema is not this version's",
        path=without_links(request.url.path),
        error=" ".join(str(error).split()),
    )
    return problem(
        503,
        "The database's schema is not this version's",
        "run `unbroken migrate` of this version; nothing was changed",
    )


def _busy(_request: Request, error: Exception) -> JSONResponse:
    log.warning("given up after several tries", error=str(error).strip())
    return problem(
        503,
        "Too many at once",
        "others were changing the same; nothing was changed by this, try again in a moment",
        headers={"Retry-After": "1"},
    )
