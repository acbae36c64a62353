"""Who asks: by an API key in a header, by a session in a browser, or as a kiosk. One statement, at times two more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.auth.tokens import is_key, sha256
from service.domain.identity.accounts import in_force, of_key
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller, Grant, Role
from service.domain.identity.sessions import READS, Stay, is_activity, is_to_be_noted, why_from_elsewhere, why_over
from service.errors import ForbiddenError, NotIdentifiedError
from service.store.identity import keys, kiosks, sessions
from service.store.pool import Connection

#: By this name a browser sends a session over TLS to us alone, and takes it from us alone; without TLS it may not.
TLS_COOKIE, PLAIN_COOKIE = "__Host-unbroken", "unbroken"
#: Likewise a kiosk.
TLS_KIOSK_COOKIE, PLAIN_KIOSK_COOKIE = "__Host-unbroken-kiosk", "unbroken-kiosk"

#: How a session is known that was begun with a code beside the password.
PASSWORD, PASSWORD_AND_CODE = "password", "password and code"

_TO_DO = "ask an admin for another one (`unbroken key add`)"


class FromElsewhereError(ForbiddenError):
    """Another site's page sent this in the name of whoever is logged in."""


class NoKioskError(NotIdentifiedError):
    """This device shows nothing as a kiosk, or not any more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What of a request tells who asks.

    Attributes:
        headers: all, by their names in small letters.
        token: of the session that its cookie names; empty: none.
        own_origins: such as `https://host`, where our own pages are.
        kiosk_token: of the kiosk that its other cookie names; empty: it is none.
    """

    method: str
    headers: Mapping[str, str]
    token: str
    own_origins: frozenset[str]
    kiosk_token: str = ""


def names_somebody(request: Request) -> bool:
    """Whether there is anything by which somebody could be known."""
    return "authorization" in request.headers or bool(request.token or request.kiosk_token)


def caller_of(connection: Connection, request: Request, stay: Stay, now: datetime) -> Caller:
    """Who asks. A key counts before a session, and whoever is logged in on a kiosk before the kiosk.

    Raises:
        NotIdentifiedError: nobody, and why.
        NoKioskError: likewise, of a device that was one.
        FromElsewhereError: another site's page asks in somebody's name.
    """
    if (given := request.headers.get("authorization")) is not None:
        return _by_key(connection, given, now)
    if not request.kiosk_token:
        return _by_session(connection, request, stay, now)
    if request.token:
        try:
            return _by_session(connection, request, stay, now)
        except NotIdentifiedError:
            if request.method not in READS:
                # What somebody typed is kept through their next login.
                raise
    return _as_kiosk(connection, request, now)


def _by_key(connection: Connection, given: str, now: datetime) -> Caller:
    scheme, _, whole = given.partition(" ")
    if scheme.lower() != "bearer" or not is_key(whole.strip()):
        raise NotIdentifiedError(
            "the header Authorization holds no API key of this service; send it whole, as `Authorization: Bearer unb_…`"
        )
    found = keys.key_of(connection, sha256(whole.strip()))
    if found is None:
        raise NotIdentifiedError(f"this service has no such API key; {_TO_DO}")
    if found.revoked_at is not None:
        raise NotIdentifiedError(f"the API key {found.prefix}… was revoked; {_TO_DO}")
    if found.expires_at <= now:
        raise NotIdentifiedError(f"the API key {found.prefix}… expired on {found.expires_at:%Y-%m-%d}; {_TO_DO}")
    if found.deactivated_at is not None:
        raise NotIdentifiedError(f"the API key {found.prefix}… is of an account that is deactivated; {_TO_DO}")
    if is_to_be_noted(found.last_used_at, now):
        keys.note_use(connection, found.id, now)
    granted = sessions.grants_from(found.granted)
    if found.account_id is not None:
        granted = of_key(granted, sessions.grants_from(found.granted_account))
    name = found.owner or f"logger {found.logger_id}"
    return Caller(Actor(f"key:{found.prefix}", name, "API key"), granted, found.account_id, found.logger_id)


def _by_session(connection: Connection, request: Request, stay: Stay, now: datetime) -> Caller:
    found = sessions.session_of(connection, sha256(request.token))
    if found is None:
        raise NotIdentifiedError("nobody is logged in here; log in")
    if why := why_over(found.times, stay, now):
        raise NotIdentifiedError(f"you are logged out: {why}; log in again")
    if found.deactivated_at is not None or found.waits_for_code:
        raise NotIdentifiedError("you are not logged in yet: the code of your app is asked for; log in again")
    if why := why_from_elsewhere(request.method, request.headers, request.own_origins):
        raise FromElsewhereError(why)
    if is_to_be_noted(found.active_at, now) and is_activity(request.method, request.headers):
        sessions.note_activity(connection, found.id, now)
    granted = sessions.grants_from(found.granted)
    counting = in_force(granted, with_code=found.known_by == PASSWORD_AND_CODE, is_demo=found.is_demo)
    actor = Actor(f"account:{found.account_id}", found.name, found.known_by)
    withheld = frozenset(grant.role for grant in granted) - {grant.role for grant in counting}
    return Caller(actor, counting, found.account_id, session_id=found.id, withheld=withheld)


def kiosk_in_use(connection: Connection, token: str) -> kiosks.Kiosk:
    """The kiosk whose token this is.

    Raises:
        NoKioskError: there is none, or it was revoked.
    """
    found = kiosks.kiosk_of(connection, sha256(token))
    if found is None:
        raise NoKioskError("this device is not enrolled as a kiosk of this service")
    if found.revoked_at is not None:
        raise NoKioskError(f"this device was the kiosk {found.name!r} until an admin revoked it")
    return found


def _as_kiosk(connection: Connection, request: Request, now: datetime) -> Caller:
    found = kiosk_in_use(connection, request.kiosk_token)
    if request.method not in READS:
        raise NotIdentifiedError("a kiosk only shows what there is; log in to do something")
    if is_to_be_noted(found.last_seen_at, now):
        kiosks.note_seen(connection, found.id, now)
    actor = Actor(f"kiosk:{found.id}", found.name, "enrolled device")
    return Caller(actor, (Grant(Role.KIOSK, found.site_id),), kiosk_id=found.id)
