"""Who calls the API, and whom a page answers."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from service.acts.kiosk import Typed, person_at
from service.auth.cookies import asked_by, stay_of
from service.auth.identification import FromElsewhereError, caller_of, names_somebody
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller
from service.domain.identity.permissions import AT_KIOSK, PERMISSIONS
from service.domain.identity.sessions import why_from_elsewhere
from service.errors import NotIdentifiedError
from service.store.pool import Connection

#: Fields of a form that is sent from a kiosk; the second is kept on no page, for its name says what it is.
KIOSK_NAME, KIOSK_PASSWORD = "kiosk_name", "kiosk_password"


async def _typed_at_kiosk(request: Request) -> Typed | None:
    """Who somebody says that they are in a form which people send from kiosks; None: it is none, or says nothing."""
    if request.method != "POST" or request.scope["route"].name not in AT_KIOSK:
        return None
    asked = asked_by(request)
    if not asked.kiosk_token or "authorization" in asked.headers:
        return None
    # What was sent was read already, or is read now, and read again by the page.
    form = await request.form()
    name, secret = form.get(KIOSK_NAME), form.get(KIOSK_PASSWORD)
    return Typed(name, secret) if isinstance(name, str) and isinstance(secret, str) else None


def identified(request: Request, typed: Annotated[Typed | None, Depends(_typed_at_kiosk)]) -> Caller | None:
    """Whoever a request comes from; None: nobody we know. What anybody may use asks no database who it is.

    Raises:
        NotIdentifiedError: the key, session or kiosk does not count, or not what was typed there, and why.
        FromElsewhereError: another site's page asks in the name of whoever is logged in.
    """
    if not _must_be_known(request):
        return None
    with request.app.state.pool.connection() as connection:
        return identified_on(connection, request) if typed is None else _person_at(connection, request, typed)


def identified_on(connection: Connection, request: Request) -> Caller | None:
    """The same, where there is a connection already."""
    if not _must_be_known(request):
        return None
    return caller_of(connection, asked_by(request), stay_of(request.app.state.settings), datetime.now(UTC))


def _person_at(connection: Connection, request: Request, typed: Typed) -> Caller:
    asked = asked_by(request)
    if why := why_from_elsewhere(asked.method, asked.headers, asked.own_origins):
        raise FromElsewhereError(why)
    return person_at(connection, asked.kiosk_token, typed, request.app.state.passwords, datetime.now(UTC))


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
