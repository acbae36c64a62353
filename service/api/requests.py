"""What of a request is looked at before its route: how it is asked, and whether all of it is understood."""

import re
from collections.abc import Iterable

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.params import Body, Form
from pydantic.fields import FieldInfo
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from service.errors import RefusedError

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

#: The weight of what is not wanted at all.
_REFUSED = re.compile(r"(^|;)q=0(\.0*)?(;|$)")


def allowed_methods(routes: Iterable[BaseRoute], scope: Scope) -> str:
    """The methods that an address takes, as the header ``Allow`` lists them."""
    routes = list(routes)
    taken = [
        method
        for method in _METHODS
        if any(route.matches({**scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ", ".join(["GET", "HEAD", *taken[1:]] if "GET" in taken else taken)


def refuse_unknown_parameters(request: Request) -> None:
    """A filter misspelt, or not there yet, would otherwise be answered as if it had been heeded."""
    if not request.query_params:
        return
    known = sorted(_query_parameters(request.scope["route"].dependant))
    for name in request.query_params:
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "there are none here"
            raise RefusedError(name, f"there is no such query parameter; {there_are}")


def _query_parameters(dependant: Dependant) -> set[str]:
    """Those of a route itself, and of all that it depends on."""
    of_others = (_query_parameters(other) for other in dependant.dependencies)
    return {parameter.alias for parameter in dependant.query_params}.union(*of_others)


def refuse_other_media_types(request: Request) -> None:
    """A body in another form than the route reads, or an answer wanted in another than it gives."""
    if request.method == "GET":
        if not admits_json(request.headers.get("accept", "")):
            raise HTTPException(406, "the answer is JSON; ask with Accept: application/json, or without that header")
        return
    body = request.scope["route"].body_field
    if body is None or not _has_body(request):
        return
    # Of a form too, for which FastAPI notes that of the simpler kind.
    wanted = "multipart/form-data" if isinstance(body.field_info, Form) else media_type_of(body.field_info)
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != wanted:
        sent = f"not {given[:80]}" if given else "with that header"
        raise HTTPException(415, f"send the body with Content-Type: {wanted}, {sent}")


def media_type_of(body: FieldInfo) -> str:
    """Of the body that a route reads."""
    return body.media_type if isinstance(body, Body) else "application/json"


def _has_body(request: Request) -> bool:
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def admits_json(accept: str) -> bool:
    """Whether a header ``Accept`` admits JSON; an empty one admits everything, and browsers show it instead of HTML."""
    ranges = [one.replace(" ", "").lower().partition(";") for one in accept.split(",") if one.strip()]
    wanted = {kind for kind, _, parameters in ranges if not _REFUSED.search(parameters)}
    return not ranges or bool(wanted & {"*/*", "application/*", "application/json", "text/html"})
