"""The page on which admins make the device that they hold a kiosk, and let one show nothing any more."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import RedirectResponse, Response

from service.acts import kiosk as acts
from service.auth.access import access_of
from service.auth.cookies import cookie_name
from service.domain.wall_clock import zone_named
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.identity.kiosks import kiosks
from service.store.pool import Connection
from service.store.registry.sites import sites
from service.web.answering import answered
from service.web.forms import A_REASON, in_one_line, sentence
from service.web.identity import kept
from service.web.kiosk import keep_token
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False, prefix="/kiosks")

_LARGEST_ID = (1 << 63) - 1

Text = Annotated[str, Form()]
KioskId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]

_Act = Callable[[Connection, datetime], Response]


@router.get("")
def show_kiosks(request: Request) -> Response:
    """Which devices show answers without a login, and a form to make this device one of them."""
    return answered(request, lambda connection, _settings, _now: _shown(request, connection))


@router.post("")
def enrol_kiosk(request: Request, name: Text = "", site: Text = "") -> Response:
    """From now on this device is a kiosk, and nobody is logged in here."""
    access = access_of(request)

    def enrol(connection: Connection, now: datetime) -> Response:
        if not site:
            raise RefusedError("site", "choose the site whose answers it is to show")
        access.refuse_elsewhere(connection, "site", site.replace("\0", ""), "site")
        token = acts.enrol_kiosk(connection, access.caller, in_one_line(name), site.replace("\0", ""), now)
        led_on = RedirectResponse("/", 303)
        is_tls = request.url.scheme == "https"
        keep_token(request, led_on, token)
        led_on.delete_cookie(cookie_name(request), secure=is_tls, httponly=True, samesite="lax")
        return led_on

    return _done(request, enrol, {"name": in_one_line(name), "site": site})


@router.post("/{kiosk_id}/revoke")
def end_kiosk(request: Request, kiosk_id: KioskId, reason: Text = "") -> Response:
    """It shows nothing any more."""
    actor = access_of(request).caller.actor

    def revoke(connection: Connection, now: datetime) -> Response:
        acts.revoke_kiosk(connection, actor, kiosk_id, now, in_one_line(reason, A_REASON))
        return RedirectResponse("/kiosks", 303)

    return _done(request, revoke)


async def asked_again(request: Request, error: Exception) -> Response:
    """A form was sent from this kiosk, and nobody is known by what was typed there: all but that is kept."""
    form = await request.form()
    fields = [field for field in kept.read(kept.written(form)) if not field.name.startswith("kiosk_")]
    login = form.get("kiosk_name")
    shown = {"why": sentence(str(error)), "path": request.url.path, "fields": fields}
    return page("who_at_kiosk.html", 401, **shown, login=in_one_line(login) if isinstance(login, str) else "")


def _done(request: Request, act: _Act, asked: dict[str, str] | None = None) -> Response:
    def do(connection: Connection, _settings: Settings, now: datetime) -> Response:
        try:
            return act(connection, now)
        except UnbrokenError as error:
            return _shown(request, connection, why=sentence(str(error)), asked=asked)

    return answered(request, do)


def _shown(request: Request, connection: Connection, *, why: str = "", asked: dict[str, str] | None = None) -> Response:
    at = access_of(request).acts
    there = {site.id: site for site in sites(connection, seen_at=at)}
    return page(
        "kiosks.html",
        422 if why else 200,
        why=why,
        asked=asked or {"name": "", "site": ""},
        sites=[site for site in there.values() if site.retired_at is None],
        kiosks=[
            {
                "id": one.id,
                "name": one.name,
                "site": there[one.site_id].name,
                "by": one.enrolled_by,
                "since": moment(one.enrolled_at, zone := zone_named(there[one.site_id].time_zone)),
                "seen": None if one.last_seen_at is None else moment(one.last_seen_at, zone),
                "revoked": None if one.revoked_at is None else moment(one.revoked_at, zone),
            }
            for one in kiosks(connection, seen_at=at)
        ],
    )
