"""The morning check of a site: recorded, and listed."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from service.acts.checks import record_check
from service.api.acts import ActRoute
from service.api.callers import TheActor
from service.api.database import Database, Now
from service.api.paging import Page, Paging, page
from service.api.permitted import TheAccess, TheSites
from service.api.schemas.checks import checks as schemas
from service.api.schemas.fields import Id, Instant
from service.domain.checks.seen import ContainerSeen, Odd
from service.domain.instant import to_datetime
from service.store.checks.checks import Check, checks
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/checks", tags=["checks"], route_class=ActRoute)


@router.post("", status_code=201)
def add_check(
    check: schemas.CheckIn, connection: Database, actor: TheActor, now: Now, access: TheAccess
) -> schemas.Check:
    """Record that a site was looked at: each container's coldest and warmest since its last check, and what was odd.

    It is no signature. The next check begins where this one ends.
    """
    access.refuse_elsewhere(connection, "site", check.site_id, "site_id")
    recorded = record_check(
        connection, actor, check.site_id, comment=check.comment, shown_at=check.as_of or now, now=now
    )
    return _check(recorded)


@router.get("")
def list_checks(
    connection: Database,
    asked: Paging,
    seen_at: TheSites,
    site_id: Id | None = None,
    from_: Annotated[Instant | None, Query(alias="from", description="Made at this time or later.")] = None,
    until: Annotated[Instant | None, Query(description="Made before this time.")] = None,
) -> Page[schemas.Check]:
    """Morning checks, newest first; of one site, and made in a time, if asked."""
    part = asked.part(NEWEST_FIRST)
    found = checks(connection, part, seen_at, site_id=site_id, from_at=from_, until_at=until)
    return page(asked, NEWEST_FIRST, found, _check)


def _check(one: Check) -> schemas.Check:
    return schemas.Check(
        id=one.id,
        site_id=one.site_id,
        **{"from": one.from_at},
        until=one.until_at,
        containers=[_container(container) for container in one.seen.containers],
        others=[_odd(odd) for odd in one.seen.others],
        comment=one.comment,
        recorded_by=one.recorded_by,
        recorded_at=one.recorded_at,
    )


def _container(one: ContainerSeen) -> schemas.ContainerSeen:
    return schemas.ContainerSeen(
        container_id=one.id,
        name=one.name,
        allowed=one.allowed,
        coldest_c=one.coldest_c,
        warmest_c=one.warmest_c,
        now_c=one.now_c,
        coldest_proven_c=one.coldest_proven_c,
        warmest_proven_c=one.warmest_proven_c,
        now_proven_c=one.now_proven_c,
        now_at=_at(one.now_us),
        beyond=one.beyond,
        odd=[_odd(odd) for odd in one.odd],
    )


def _odd(one: Odd) -> schemas.Odd:
    return schemas.Odd(text=one.text, **{"from": _at(one.from_us)}, until=_at(one.until_us), asks=one.asks)


def _at(instant_us: int | None) -> datetime | None:
    return None if instant_us is None else to_datetime(instant_us)
