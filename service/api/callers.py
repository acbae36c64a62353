"""Who calls the API."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from service.auth.cookies import asked_by, stay_of
from service.auth.identification import caller_of, names_somebody
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller
from service.domain.identity.permissions import PERMISSIONS
from service.errors import NotIdentifiedError
from service.store.pool import Connection


def identified(request: Request) -> Caller | None:
    """Whoever a request comes from; None: nobody we know. What anybody may use asks no database who it is.

    Raises:
        NotIdentifiedError: the key or session does not count, and why.
        FromElsewhereError: another site's page asks in the name of whoever is logged in.
    """
    if not _must_be_known(request):
        return None
    with request.app.state.pool.connection() as connection:
        return identified_on(connection, request)


def identified_on(connection: Connection, request: Request) -> Caller | None:
    """The same, where there is a connection already."""
    if not _must_be_known(request):
        return None
    return caller_of(connection, asked_by(request), stay_of(request.app.state.settings), datetime.now(UTC))


def _must_be_known(request: Request) -> bool:
    return PERMISSIONS[request.scope["route"].name].roles is not None and names_somebody(asked_by(request))


#: For what anybody may use.
AnyCaller = Annotated[Caller | None, Depends(identified)]


async def _caller(caller: AnyCaller) -> Caller:
    if caller is None:
        raise NotIdentifiedError("nobody knows who asks: send an API key as `Authorization: Bearer …`, or log in")
    return caller


TheCaller = Annotated[Caller, Depends(_caller)]


async def _actor(caller: TheCaller) -> Actor:
    return caller.actor


#: In whose name a route records what it records.
TheActor = Annotated[Actor, Depends(_actor)]
