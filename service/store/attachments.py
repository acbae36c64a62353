"""Which series measured which container, and when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from service.domain.instant import BEGINNING_US
from service.domain.profiles import Direction, Profile
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store import registry
from service.store.dirty import mark_container
from service.store.instants import or_beginning, or_end, parameter
from service.store.pool import Connection
from service.store.profiles import all_profiles
from service.store.readings import ensure_series


@dataclass(frozen=True, slots=True)
class Attached:
    """A judged attachment: the series counts for the container over [from_us, until_us), commissioning counted in."""

    series_id: int
    container_id: str
    from_us: int
    until_us: int
    range_min_c: float | None
    range_max_c: float | None


def add_attachment(
    connection: Connection,
    *,
    attachment_id: str,
    container_id: str,
    logger_id: str,
    probe: str,
    place: str,
    from_at: datetime,
    until_at: datetime | None,
    commissioned_at: datetime | None,
) -> None:
    """Attach a probe of a registered logger to a container. Call it inside a transaction.

    Raises:
        RefusedError: the logger is unknown, cannot measure what the container's profile limits, or is attached then.
        NotFoundError: no such container.
    """
    container = registry.container(connection, container_id)
    found = registry.loggers(connection, logger_id)
    if not found:
        raise RefusedError("logger_id", f"there is no logger {logger_id!r}; POST /v1/loggers registers it")
    if place != "ambient":
        profile = all_profiles(connection)[container["profile_id"], container["profile_version"]]
        if why := why_range_is_too_small(found[0], profile):
            raise RefusedError("logger_id", why)
    ids: dict[tuple[str, str], int] = {}
    ensure_series(connection, ids, [(logger_id, probe)], {})
    try:
        with registry.new_row("attachment", attachment_id), connection.transaction():
            connection.execute(
                "INSERT INTO attachments "
                "(id, series_id, container_id, place, from_at, until_at, commissioned_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [attachment_id, ids[logger_id, probe], container_id, place, from_at, until_at, commissioned_at],
            )
    except psycopg.errors.ExclusionViolation as error:
        raise ConflictError(
            f"probe {probe!r} of logger {logger_id!r} is attached to a container during that time already; "
            "end that attachment first"
        ) from error
    mark_container(connection, container_id)


def why_range_is_too_small(logger: dict[str, Any], profile: Profile) -> str | None:
    """Why a logger cannot watch a profile's limits; None if it can, or its range is not known."""
    for limit in profile.limits:
        low, high = logger["range_min_c"], logger["range_max_c"]
        blind = (limit.direction is Direction.ABOVE and high is not None and high <= limit.threshold_c) or (
            limit.direction is Direction.BELOW and low is not None and low >= limit.threshold_c
        )
        if blind:
            return (
                f"logger {logger['id']!r} measures {low} to {high} °C and so cannot tell {limit.direction} "
                f"{limit.threshold_c:g} °C, a limit of profile {profile.id!r}; use a logger whose range spans it"
            )
    return None


def change_attachment(
    connection: Connection,
    attachment_id: str,
    container_id: str,
    *,
    commissioned_at: datetime | None = None,
    until_at: datetime | None = None,
) -> None:
    """Confirm that a probe has settled, or end its attachment. Call it inside a transaction.

    Raises:
        NotFoundError: the container has no such attachment.
        RefusedError: the end is not after the start, or it has ended or is commissioned already.
    """
    row = connection.execute(
        "SELECT from_at, until_at, commissioned_at FROM attachments WHERE id = %s AND container_id = %s FOR UPDATE",
        [attachment_id, container_id],
    ).fetchone()
    if row is None:
        raise NotFoundError(f"container {container_id!r} has no attachment {attachment_id!r}")
    if commissioned_at is not None and row["commissioned_at"] is not None:
        raise ConflictError(f"attachment {attachment_id!r} was commissioned at {row['commissioned_at'].isoformat()}")
    if until_at is not None and row["until_at"] is not None:
        raise ConflictError(f"attachment {attachment_id!r} ended at {row['until_at'].isoformat()}")
    if until_at is not None and until_at <= row["from_at"]:
        raise RefusedError("until", f"it must be after the attachment's start, {row['from_at'].isoformat()}")
    connection.execute(
        "UPDATE attachments SET commissioned_at = coalesce(%s, commissioned_at), until_at = coalesce(%s, until_at) "
        "WHERE id = %s",
        [commissioned_at, until_at, attachment_id],
    )
    mark_container(connection, container_id)


def attachments(connection: Connection, container_id: str) -> list[dict[str, Any]]:
    """All attachments of a container, in order of time."""
    return connection.execute(
        "SELECT attachments.id, container_id, logger_id, probe, place, from_at, until_at, commissioned_at "
        "FROM attachments JOIN series ON series.id = series_id "
        "WHERE container_id = %s ORDER BY from_at, attachments.id",
        [container_id],
    ).fetchall()


def judged_attachments(connection: Connection, container_id: str) -> list[Attached]:
    """The attachments that count for a container's verdicts: not ambient, and commissioned."""
    rows = connection.execute(
        "SELECT series_id, container_id, greatest(from_at, commissioned_at) AS from_at, until_at, "
        "range_min_c, range_max_c FROM attachments JOIN series ON series.id = series_id "
        "JOIN loggers ON loggers.id = logger_id WHERE container_id = %s AND place <> 'ambient' "
        "AND commissioned_at IS NOT NULL AND (until_at IS NULL OR until_at > commissioned_at) ORDER BY 3, 1",
        [container_id],
    )
    return [
        Attached(
            row["series_id"],
            row["container_id"],
            or_beginning(row["from_at"]),
            or_end(row["until_at"]),
            row["range_min_c"],
            row["range_max_c"],
        )
        for row in rows
    ]


def containers_measured_by(connection: Connection, series_id: int, from_us: int, until_us: int) -> list[str]:
    """The containers a series is attached to at any time in [from_us, until_us]."""
    rows = connection.execute(
        "SELECT DISTINCT container_id FROM attachments WHERE series_id = %s "
        "AND tstzrange(from_at, until_at) && tstzrange(%s, %s, '[]') ORDER BY container_id",
        [series_id, parameter(max(from_us, BEGINNING_US)), parameter(until_us)],
    )
    return [row["container_id"] for row in rows]
