"""Errors as application/problem+json (RFC 9457): what was wrong with what, and what to do."""

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.errors import ConflictError, NotFoundError, RefusedError, UnbrokenError
from service.formats.reading import Rejection
from service.store.pool import DatabaseAwayError, PoolTimeoutError

log = structlog.get_logger()

#: In OpenAPI, what every route may answer beside its own.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {
            "application/problem+json": {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer"},
                        "detail": {"type": "string"},
                        "errors": {"type": "array", "items": {"type": "object"}},
                    },
                }
            }
        },
    }
    for status, description in (
        (400, "The request is not readable"),
        (404, "There is no such thing"),
        (409, "It contradicts what is recorded"),
        (422, "A field is wrong; `errors` names it"),
        (503, "The database is away"),
    )
}


def problem(status: int, title: str, detail: str, **more: Any) -> JSONResponse:
    """One problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(document, status_code=status, media_type="application/problem+json")


def add_problem_answers(app: FastAPI) -> None:
    """Make every error of this application a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(UnbrokenError, _ours)
    app.add_exception_handler(DatabaseAwayError, _away)
    app.add_exception_handler(PoolTimeoutError, _away)
    app.add_exception_handler(Exception, _unexpected)


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {
            "field": ".".join(str(part) for part in item["loc"] if part != "body") or "body",
            "problem": item["msg"],
            "given": repr(item.get("input"))[:80],
        }
        for item in found
    ]
    detail = "; ".join(f"{item['field']}: {item['problem']}" for item in errors)
    return problem(422, "A field is wrong", detail, errors=errors)


def _http(_request: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    if status == 404:
        detail = "there is nothing at this address; /docs lists what there is"
    return problem(status, {404: "Not found", 405: "Method not allowed"}.get(status, "Error"), detail)


def _ours(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, NotFoundError):
        return problem(404, "Not found", str(error))
    if isinstance(error, ConflictError):
        return problem(409, "Conflict", str(error))
    if isinstance(error, RefusedError):
        return problem(422, "Refused", str(error), errors=[{"field": error.field, "problem": str(error)}])
    if isinstance(error, Rejection):
        return problem(422, "Rejected", str(error), code=error.code)
    return problem(400, "Not possible", str(error))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", path=request.url.path, exc_info=error)
    return problem(500, "Our fault", "an unexpected error, now in the log; nothing was half-done")


def _away(_request: Request, error: Exception) -> JSONResponse:
    log.warning("database away", error=str(error).strip())
    return problem(503, "The database is away", "nothing was changed; try again in a moment")
