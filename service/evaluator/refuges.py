"""Containers that are well and to which the lots of one that is not can be taken."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.instant import from_datetime, to_datetime
from service.domain.refuge import Candidate, why_not
from service.store.moves import containers_like
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Refuge:
    """A healthy container of the same profile, and how many lots are in it."""

    container_id: str
    name: str
    site_id: str
    site_name: str
    same_site: bool
    lots: int
    measured_at: datetime


def refuges(connection: Connection, container_id: str, now: datetime) -> list[Refuge]:
    """Healthy containers of a container's profile, those of its own site first."""
    now_us = from_datetime(now)
    return [
        Refuge(
            row["id"],
            row["name"],
            row["site_id"],
            row["site_name"],
            row["same_site"],
            row["lots"],
            # A room with a declared temperature is measured for ever.
            to_datetime(min(row["measured_until_us"], now_us)),
        )
        for row in containers_like(connection, container_id)
        if why_not(Candidate(row["max_gap_s"], row["measured_until_us"], row["beyond"], row["alarmed"]), now_us) is None
    ]
