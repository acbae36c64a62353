"""Whether a caller may use a route, and what of what it is about: decided in one place, before the route begins."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError
from starlette.concurrency import run_in_threadpool

from service.api.callers import AnyCaller, identified_on
from service.api.schemas.fields import LARGEST_ID
from service.auth.access import Access, access_of, access_to
from service.domain.identity.caller import Caller, Sites
from service.domain.identity.permissions import PERMISSIONS
from service.errors import NotIdentifiedError
from service.store.pool import Connection, Pool
from service.store.visible import Kind

#: By the name of a part of an address: what kind of thing it names. Its part that is no name of a thing of a site, or
#: that is only found within the one before it, is `None`.
NAMED: Mapping[str, Kind | None] = {
    "site_id": "site",
    "organisation_id": "organisation",
    "handover_id": "handover",
    "container_id": "container",
    "attachment_id": None,
    "assessment_id": None,
    "logger_id": "logger",
    "lot_id": "lot",
    "alert_id": "alert",
    "silence_id": "silence",
    "calibration_id": "calibration",
    "message_id": "rejected message",
    "change_id": "change",
    "move_id": "move",
    "recall_id": "recall",
    "alias_id": "alias",
    "kiosk_id": "kiosk",
    "shipment_id": "shipment",
    "profile_id": None,
    "product_id": None,
    "specification_id": None,
    "version": None,
    "sha256": None,
    "token": None,
    "gtin": None,
    "qualifiers": None,
    "month": None,
}
_NUMBER = TypeAdapter(int)
_NUMBERED = {
    "alert_id",
    "silence_id",
    "message_id",
    "change_id",
    "move_id",
    "recall_id",
    "kiosk_id",
    "alias_id",
    "handover_id",
}


async def permitted(request: Request, caller: AnyCaller) -> None:
    """Every route depends on it.

    Raises:
        NotIdentifiedError: nobody knows who asks.
        ForbiddenError: the caller lacks a role, anywhere or at the site of what the address names.
        NotFoundError: what the address names is not there, or hidden, which looks alike.
    """
    access = _let_in(request, caller)
    if access is not None and access.acts is not None and (named := _named(request.path_params)):
        await run_in_threadpool(_refuse_by, request.app.state.pool, access, named, reads=request.method == "GET")


@contextmanager
def permitted_at_once(request: Request) -> Iterator[Connection]:
    """The same, for a route that reads and is asked by the thousand: in its own thread, over the connection it gets.

    Nothing else is decided: a hop to another thread and back, and another connection, cost as much as the answer.
    """
    opened: Pool = request.app.state.pool
    with opened.connection() as connection:
        access = _let_in(request, identified_on(connection, request))
        if access is not None and access.acts is not None:
            _refuse(connection, access, _named(request.path_params), reads=True)
        yield connection


def _let_in(request: Request, caller: Caller | None) -> Access | None:
    """What the caller may do by the route; None: anybody may use it."""
    permission = PERMISSIONS[request.scope["route"].name]
    if permission.roles is None:
        return None
    if caller is None:
        raise NotIdentifiedError("nobody knows who asks: send an API key as `Authorization: Bearer …`, or log in")
    access = request.state.access = access_to(caller, permission)
    return access


def _named(parts: Mapping[str, str]) -> list[tuple[Kind, str | int]]:
    """The things that an address names. What is no number where one belongs, the route refuses."""
    named: list[tuple[Kind, str | int]] = []
    for name, of in parts.items():
        kind = NAMED[name]
        if kind is None:
            continue
        if name not in _NUMBERED:
            named.append((kind, of.replace("\0", "")))
        elif (number := _number(of)) is not None:
            named.append((kind, number))
    return named


def _number(written: str) -> int | None:
    """A number as the route itself reads it: `+5`, `5.0` and `005` are 5 to it."""
    try:
        number = _NUMBER.validate_python(written)
    except ValidationError:
        return None
    return number if number <= LARGEST_ID else None


def _refuse_by(pool: Pool, access: Access, named: list[tuple[Kind, str | int]], *, reads: bool) -> None:
    with pool.connection() as connection:
        _refuse(connection, access, named, reads=reads)


def _refuse(connection: Connection, access: Access, named: list[tuple[Kind, str | int]], *, reads: bool) -> None:
    for kind, of in named:
        if reads:
            access.refuse_hidden(connection, kind, of)
        else:
            access.refuse_elsewhere(connection, kind, of)


async def _access(request: Request) -> Access:
    return access_of(request)


TheAccess = Annotated[Access, Depends(_access)]


async def _sites(access: TheAccess) -> Sites:
    return access.acts


#: Where the caller may see what a route lists; None: everywhere.
TheSites = Annotated[Sites, Depends(_sites)]
