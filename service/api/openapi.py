"""What the API says of itself at /openapi.json: names for generators of clients, words for people."""

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic.json_schema import models_json_schema

from service.api.problems import PROBLEM_TYPE
from service.api.schemas.problems import Problem

#: For FastAPI: which API this is, and whose.
INFORMATION: dict[str, Any] = {
    "title": "Unbroken",
    "version": "1",
    "summary": "Whether a lot's cold chain was unbroken: yes, no, or not proven, and why.",
    "description": "Times are RFC 3339 with an offset, and are answered in UTC. Spans of time are half-open: "
    "`from` belongs to them, `until` does not. Names that end in `_s` are seconds, in `_c` degrees Celsius. Every "
    "error is a problem document (RFC 9457) that says what was wrong with what. Every address that takes GET takes "
    "HEAD.",
    "license_info": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    "servers": [{"url": "/", "description": "This service"}],
    "openapi_tags": [
        {"name": "lots", "description": "Where lots were, what was measured of them, and whether they may be used."},
        {"name": "scan", "description": "What a scanned code leads to, and what codes of other kinds stand for."},
        {"name": "shipments", "description": "What is under way between sites, and what was found when it arrived."},
        {
            "name": "registry",
            "description": "What there is: sites, profiles, products, containers and loggers, and which probe measures "
            "which container.",
        },
        {"name": "readings", "description": "Readings sent by HTTP, and files that loggers wrote."},
        {
            "name": "documents",
            "description": "Files that people brought: certificates, evidence, what loggers wrote.",
        },
        {
            "name": "corrections",
            "description": "What was measured or recorded wrongly, put right beside it: calibrations, clocks, absences "
            "of probes, and corrections.",
        },
        {
            "name": "papers",
            "description": "What beside the temperature decides whether a lot may be used, and what quality decides.",
        },
        {
            "name": "signatures",
            "description": "What quality signs: with its password given again, bound to the very record.",
        },
        {"name": "custody", "description": "Who answers for a lot, and how that is handed over."},
        {"name": "checks", "description": "That somebody looked at the containers of a site, and what they saw."},
        {"name": "kiosks", "description": "Devices that show the answers of a site without a login."},
        {"name": "alerts", "description": "What is wrong now, who answers, and what people are told and not told of."},
        {
            "name": "rejected messages",
            "description": "Messages that could not be taken: to be read, mended and sent on.",
        },
        {
            "name": "audit",
            "description": "Who did what, when and why, in a sealed trail.",
        },
        {"name": "live", "description": "What has changed, told as it changes."},
        {"name": "health", "description": "Whether the service lives and is ready, and figures for monitoring."},
    ],
}

#: Answers of every kind that is no success: status, name and words.
_PROBLEMS = (
    ("400", "NotReadable", "The request is not readable"),
    ("401", "NotIdentified", "Nobody knows who asks: send an API key, or log in"),
    ("403", "NotAllowed", "Whoever asks lacks a role, which the answer names"),
    ("404", "NotFound", "There is no such thing"),
    ("406", "NotAcceptable", "The answer is JSON, and `Accept` does not admit it"),
    ("409", "Conflict", "It contradicts what is recorded"),
    ("413", "TooLarge", "It is far too large"),
    ("415", "UnsupportedMediaType", "The body is of another `Content-Type` than this takes"),
    ("422", "Refused", "A field is wrong; `errors` names it"),
    ("429", "TooMany", "Asked too often; `Retry-After` says when to ask again"),
    ("503", "Unavailable", "The database is away, or others come first; `Retry-After` says when to ask again"),
)
_OF_CALLERS = {"401", "403", "429"}
_OF_READING = {*_OF_CALLERS, "404", "406", "422", "503"}
_OF_HEALTH = {"422", "503"}


def operation_id(route: APIRoute) -> str:
    """The name of the route's function as clients have it: that of ``list_lots`` is ``listLots``."""
    first, *others = route.name.split("_")
    return first + "".join(word.capitalize() for word in others)


class DescribedApi(FastAPI):
    """An application whose problems stand once in its description, not once a route and status."""

    def openapi(self) -> dict[str, Any]:
        """The description; made once."""
        if self.openapi_schema is None:
            self.openapi_schema = _with_problems(_with_names_of_pages(super().openapi()))
        return self.openapi_schema


def _with_names_of_pages(document: dict[str, Any]) -> dict[str, Any]:
    """A page of `Lot` is a `LotPage`; Pydantic calls it `Page_Lot_`, whatever the model says."""
    named: dict[str, Any] = json.loads(re.sub(r"\bPage_([A-Za-z]+)_", r"\1Page", json.dumps(document)))
    return named


def _with_problems(document: dict[str, Any]) -> dict[str, Any]:
    _, problem = models_json_schema([(Problem, "serialization")], ref_template="#/components/schemas/{model}")
    components = document["components"]
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key, `unb_…`: `unbroken key add` makes one."}
    }
    schemas = {**components["schemas"], **problem["$defs"]}
    # FastAPI's own form of a refusal, which nobody is ever sent.
    components["schemas"] = {
        name: schemas[name] for name in sorted(schemas) if name not in {"HTTPValidationError", "ValidationError"}
    }
    content = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        name: {"description": description, "content": content} for _, name, description in _PROBLEMS
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            statuses = _statuses(path, method)
            operation["responses"] |= {
                status: {"$ref": f"#/components/responses/{name}"}
                for status, name, _ in _PROBLEMS
                if status in statuses
            }
    return document


def _statuses(path: str, method: str) -> set[str]:
    """Which problems may be the answer."""
    if not path.startswith("/v1/"):
        return _OF_HEALTH | _OF_CALLERS if path == "/metrics" else _OF_HEALTH
    return _OF_READING if method == "get" else {status for status, _, _ in _PROBLEMS} - {"406"}
