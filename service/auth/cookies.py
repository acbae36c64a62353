"""What an HTTP request says of who asks."""

from datetime import timedelta

from starlette.requests import Request

from service.auth import identification
from service.domain.identity.sessions import Stay
from service.settings import Settings


def asked_by(request: Request) -> identification.Request:
    """What of it tells who asks."""
    return identification.Request(
        request.method, request.headers, token_of(request), own_origins(request), kiosk_token_of(request)
    )


def token_of(request: Request) -> str:
    """The token of the session that its cookie names; empty: none."""
    return request.cookies.get(cookie_name(request), "")


def cookie_name(request: Request) -> str:
    """The name of the cookie of a session: over TLS one that no neighbour of ours can set."""
    return identification.TLS_COOKIE if request.url.scheme == "https" else identification.PLAIN_COOKIE


def kiosk_token_of(request: Request) -> str:
    """The token of the kiosk that a device is; empty: it is none."""
    return request.cookies.get(kiosk_cookie_name(request), "")


def kiosk_cookie_name(request: Request) -> str:
    """The name of the cookie of a kiosk: likewise."""
    is_tls = request.url.scheme == "https"
    return identification.TLS_KIOSK_COOKIE if is_tls else identification.PLAIN_KIOSK_COOKIE


def own_origins(request: Request) -> frozenset[str]:
    """Where our own pages are: where the request was sent to."""
    return frozenset({f"{request.url.scheme}://{request.headers.get('host', '')}"})


def stay_of(settings: Settings) -> Stay:
    """How long somebody stays logged in."""
    return Stay(timedelta(minutes=settings.session_idle_min), timedelta(hours=settings.session_hours))
