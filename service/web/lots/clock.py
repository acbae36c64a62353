"""By whose clock the times of a lot are told, and typed: its site's."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.domain.wall_clock import known_zone, zone_name
from service.store.lots.lots import Lot
from service.store.pool import Connection
from service.store.registry.sites import Site, site
from service.web.frame import frame


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock on a wall: its zone, and where it hangs and what its time is called, in words."""

    zone: tzinfo
    place: str


def clock_of(connection: Connection, its: Lot, now: datetime) -> Clock:
    """The clock of the site where a lot is; where it is nowhere, the one that goes for the whole page."""
    return clock_at(None if its.site_id is None else site(connection, its.site_id), now)


def clock_at(there: Site | None, now: datetime) -> Clock:
    """The same, where the site is known; None: it is nowhere."""
    if there is None:
        zone = frame().zone
        return Clock(zone, zone_name(now, zone))
    zone = known_zone(there.time_zone) or frame().zone
    return Clock(zone, f"{there.name}, {zone_name(now, zone)}")
