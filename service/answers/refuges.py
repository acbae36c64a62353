"""Containers that are well and to which the lots of one that is not can be taken."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.alerting.refuge import Candidate, why_not
from service.domain.alerting.rules import UNDER_WAY
from service.domain.clocks import CLOCK_TOLERANCE_US, disagreement
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime, to_datetime
from service.store.clocks import times
from service.store.lots.refuges import containers_like
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Refuge:
    """A healthy container of the same profile, and how many lots are in it."""

    container_id: str
    name: str
    site_id: str
    site_name: str
    same_site: bool
    under_way: bool
    lots: int
    measured_at: datetime

    def key(self) -> tuple[int, str, int, str, str]:
        """Where it stands: those of its own site first, of a site those that stay there."""
        return int(not self.same_site), self.site_name, int(self.under_way), self.name, self.container_id


def refuges(
    connection: Connection,
    container_id: str,
    now: datetime,
    tolerance_us: int = CLOCK_TOLERANCE_US,
    seen_at: Sites = None,
) -> list[Refuge]:
    """Healthy containers of a container's profile: those of its own site first, of a site those that stay there.

    Where clocks disagree by more than `tolerance_us`, nobody knows which are measured now: none.
    """
    now_us = from_datetime(now)
    if disagreement(now_us, times(connection), tolerance_us) is not None:
        return []
    found = [
        Refuge(
            one.id,
            one.name,
            one.site_id,
            one.site_name,
            one.same_site,
            one.kind in UNDER_WAY,
            one.lots,
            # A logger's clock may run ahead of ours.
            to_datetime(min(one.measured_until_us, now_us)),
        )
        for one in containers_like(connection, container_id, seen_at)
        if one.measured_until_us is not None
        and why_not(Candidate(one.max_gap_s, one.measured_until_us, one.beyond, one.alarmed), now_us) is None
    ]
    return sorted(found, key=Refuge.key)
