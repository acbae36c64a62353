"""Kiosks: devices that show the answers of a site without a login. Each is enrolled on itself, by its page /kiosks."""

from typing import Annotated

from fastapi import APIRouter, Path

from service.acts import kiosk as acts
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import LARGEST_ID
from service.api.schemas.identity import kiosks as schemas
from service.store.identity.kiosks import Kiosk, kiosk, kiosks
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/kiosks", tags=["kiosks"], route_class=ActRoute)

KioskId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


@router.get("")
def list_kiosks(connection: Database, asked: Paging, seen_at: TheSites) -> Page[schemas.Kiosk]:
    """Devices that were enrolled, newest first, also those revoked."""
    return page(asked, NEWEST_FIRST, kiosks(connection, asked.part(NEWEST_FIRST), seen_at), _kiosk)


@router.post("/{kiosk_id}/revoke")
def revoke_kiosk(
    kiosk_id: KioskId, revocation: schemas.RevocationIn, connection: Database, actor: TheActor, now: Now
) -> schemas.Kiosk:
    """Let a device show nothing any more, from its next request on."""
    acts.revoke_kiosk(connection, actor, kiosk_id, now, revocation.reason)
    return _kiosk(kiosk(connection, kiosk_id))


def _kiosk(one: Kiosk) -> schemas.Kiosk:
    return schemas.Kiosk(
        id=one.id,
        name=one.name,
        site_id=one.site_id,
        enrolled_by=one.enrolled_by,
        enrolled_at=one.enrolled_at,
        last_seen_at=one.last_seen_at,
        revoked_at=one.revoked_at,
    )
