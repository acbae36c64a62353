"""Errors as application/problem+json (RFC 9457): what was wrong with what, and what to do."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from service.errors import BusyError, ClocksDisagreeError, ConflictError, NotFoundError, RefusedError, UnbrokenError
from service.formats.reading import Rejection
from service.store.pool import DatabaseAwayError, OtherSchemaError
from service.store.retry import UndoneError

log = structlog.get_logger()

_PROBLEM_TYPE = "application/problem+json"

#: In OpenAPI, what every route may answer beside its own.
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": description,
        "content": {
            _PROBLEM_TYPE: {
                "schema": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail"],
                    "properties": {
                        "type": {"type": "string"},
                        "title": {"type": "string"},
                        "status": {"type": "integer", "const": status},
                        "detail": {"type": "string"},
                        "code": {"type": "string", "description": "Of a message or file that was rejected: why."},
                        "errors": {
                            "type": "array",
                            "items": {
                                "type": "object",
                                "required": ["field", "problem"],
                                "properties": {
                                    "field": {"type": "string"},
                                    "problem": {"type": "string"},
                                    "given": {"type": "string"},
                                },
                            },
                        },
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
        (503, "The database is away, or others come first; `Retry-After` says when to ask again"),
    )
}

#: Pydantic's kinds of error whose own words speak of Python.
_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "there is no such field; /docs lists those there are",
    "json_invalid": "it is no valid JSON",
    "model_attributes_type": "send a JSON object, with the header Content-Type: application/json",
    "string_too_short": "it is empty",
    "string_unicode": "it is no valid Unicode text",
}

_LONGEST_GIVEN = 80


def problem(
    status: int, title: str, detail: str, headers: Mapping[str, str] | None = None, **more: Any
) -> JSONResponse:
    """One problem document."""
    document = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(document, status_code=status, media_type=_PROBLEM_TYPE, headers=headers)


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


def _invalid(_request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [_field_error(item) for item in found]
    detail = "; ".join(f"{item['field']}: {item['problem']}" for item in errors)
    return problem(422, "A field is wrong", detail, errors=errors)


def _field_error(item: Mapping[str, Any]) -> dict[str, str]:
    kind = item["type"]
    # The first part of a place says whether it is the body, the path or the query; that of broken JSON is an offset.
    named = [] if kind == "json_invalid" else [str(part) for part in item["loc"][1:]]
    words = str(item["ctx"]["error"]) if kind == "value_error" else _WORDS.get(kind, item["msg"])
    words = words.replace("Input should", "it should").replace("String should", "it should")
    found = {"field": ".".join(named) or str(item["loc"][0]), "problem": words}
    if kind not in {"missing", "json_invalid"}:
        found["given"] = _shortly(item.get("input"))
    return found


def _shortly(given: object) -> str:
    shown = given.decode(errors="replace") if isinstance(given, bytes) else json.dumps(given, default=str)
    return shown if len(shown) <= _LONGEST_GIVEN else f"{shown[:_LONGEST_GIVEN]}…"


def _http(_request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    words = {
        400: ("Not readable", "the body cannot be read; send it whole, as UTF-8, in the form /docs describes"),
        404: ("Not found", "there is nothing at this address; /docs lists what there is"),
        405: ("Method not allowed", "this address does not take this method; /docs lists those it takes"),
    }
    title, detail = words.get(error.status_code, (HTTPStatus(error.status_code).phrase, str(error.detail)))
    return problem(error.status_code, title, detail, error.headers)


def _ours(_request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, NotFoundError):
        return problem(404, "Not found", str(error))
    if isinstance(error, ConflictError):
        return problem(409, "Conflict", str(error))
    if isinstance(error, RefusedError):
        words = f"{error.field}: {error}"
        return problem(422, "Refused", words, errors=[{"field": error.field, "problem": str(error)}])
    if isinstance(error, BusyError):
        return problem(503, "Others come first", str(error), headers={"Retry-After": "10"})
    if isinstance(error, Rejection):
        return problem(422, "Rejected", str(error), code=error.code)
    return problem(400, "Not possible", str(error))


def _clocks(_request: Request, error: Exception) -> JSONResponse:
    return problem(503, "The clocks disagree", str(error))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    log.error("a request failed", path=request.url.path, exc_info=error)
    return problem(500, "Our fault", "an unexpected error, now in the log; nothing was half-done")


def _away(_request: Request, error: Exception) -> JSONResponse:
    log.warning("database away", error=str(error).strip())
    return problem(
        503, "The database is away", "nothing was changed; try again in a moment", headers={"Retry-After": "1"}
    )


def _other_schema(request: Request, error: Exception) -> JSONResponse:
    log.error("the database's schema is not this version's", path=request.url.path, error=" ".join(str(error).split()))
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
