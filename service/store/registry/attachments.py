"""Which series measured which container, and when."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from service.domain.exposure.container import threshold_of, thresholds_of
from service.domain.instant import BEGINNING_US, from_datetime, temperature_text
from service.domain.profiles import Direction, Profile
from service.domain.series.mending import present
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, NotFoundError, RefusedError
from service.store.dirty import mark_containers
from service.store.instants import or_beginning, or_end, parameter
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.registry.containers import container
from service.store.registry.profiles import all_profiles
from service.store.row_locks import lock_series


@dataclass(frozen=True, slots=True)
class Attached:
    """Part of a judged attachment: the series counts for the container over [from_us, until_us).

    Commissioning and absences are counted in; between two absences there is a part of its own.
    """

    series_id: int
    container_id: str
    from_us: int
    until_us: int
    range_min_c: float | None
    range_max_c: float | None
    door_grace_s: int


@dataclass(frozen=True, slots=True)
class AttachedLogger:
    """A logger that judged a container over [from_us, until_us)."""

    logger_id: str
    from_us: int
    until_us: int


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
        RefusedError: the logger is not registered, or cannot measure what the container's profile limits.
        NotFoundError: no such container.
        ConflictError: the probe is attached then, or the id is taken.
    """
    refuse_small_range(connection, container_id, logger_id, place)
    series_id = series_of(connection, logger_id, probe)
    lock_series(connection, series_id)
    try:
        with new_row("attachment", attachment_id), connection.transaction():
            connection.execute(
                "INSERT INTO attachments "
                "(id, series_id, container_id, place, from_at, until_at, commissioned_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s)",
                [attachment_id, series_id, container_id, place, from_at, until_at, commissioned_at],
            )
    except psycopg.errors.ExclusionViolation as error:
        raise ConflictError(
            f"probe {probe!r} of logger {logger_id!r} is attached to a container during that time already; "
            "end that attachment first"
        ) from error
    mark_containers(connection, [container_id], Cause.ATTACHMENT)


def refuse_small_range(connection: Connection, container_id: str, logger_id: str, place: str) -> None:
    """Check that a logger may stand for a container.

    Raises:
        RefusedError: the logger is not registered, or cannot measure what the container's profile limits.
        NotFoundError: no such container.
    """
    profile_key = container(connection, container_id).profile_key
    logger = _registered(connection, logger_id)
    if place != "ambient":
        profile = all_profiles(connection)[profile_key]
        if why := why_range_is_too_small(logger, profile):
            raise RefusedError("logger_id", why)


def _registered(connection: Connection, logger_id: str) -> dict[str, Any]:
    row = connection.execute(
        "SELECT id, registered_at, range_min_c, range_max_c FROM loggers WHERE id = %s", [logger_id]
    ).fetchone()
    if row is None or row["registered_at"] is None:
        known = "was heard, but is not registered" if row else "is not known"
        raise RefusedError("logger_id", f"logger {logger_id!r} {known}; register it first")
    return row


def series_of(connection: Connection, logger_id: str, probe: str) -> int:
    """The id of a registered logger's probe, heard yet or not."""
    connection.execute(
        "INSERT INTO series (logger_id, probe) VALUES (%s, %s) ON CONFLICT DO NOTHING", [logger_id, probe]
    )
    [row] = connection.execute(
        "SELECT id FROM series WHERE (logger_id, probe) = (%s, %s)", [logger_id, probe]
    ).fetchall()
    return int(row["id"])


def why_range_is_too_small(logger: dict[str, Any], profile: Profile) -> str | None:
    """Why a logger cannot watch a profile's limits: "HI" or "LO" would not tell on which side of one it is.

    None if it can, or its range is not known.
    """
    low = -math.inf if logger["range_min_c"] is None else logger["range_min_c"]
    high = math.inf if logger["range_max_c"] is None else logger["range_max_c"]
    # The limits in the order the profile has them, and then whatever else it asks about.
    for direction, threshold_c in (*map(threshold_of, profile.limits), *thresholds_of([profile])):
        above = direction is Direction.ABOVE
        if not (low <= threshold_c < high if above else low < threshold_c <= high):
            return (
                f"logger {logger['id']!r} measures {_range_text(low, high)}, which does not span "
                f"{temperature_text(threshold_c)}, a limit of profile {profile.id!r}; use a logger that does"
            )
    return None


def _range_text(low: float, high: float) -> str:
    ends = ("from", low), ("to", high)
    return " ".join(f"{word} {temperature_text(end)}" for word, end in ends if math.isfinite(end))


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
        RefusedError: the end is not after the start.
        ConflictError: it has ended or is commissioned already.
    """
    lock_unchanged(connection, attachment_id, container_id, commissioned_at=commissioned_at, until_at=until_at)
    connection.execute(
        "UPDATE attachments SET commissioned_at = coalesce(%s, commissioned_at), until_at = coalesce(%s, until_at) "
        "WHERE id = %s",
        [commissioned_at, until_at, attachment_id],
    )
    mark_containers(connection, [container_id], Cause.ATTACHMENT)


def lock_unchanged(
    connection: Connection,
    attachment_id: str,
    container_id: str,
    *,
    commissioned_at: datetime | None = None,
    until_at: datetime | None = None,
) -> None:
    """Take an attachment for oneself that can still be given these; raises as `change_attachment` does."""
    lock_series(connection, attachment(connection, container_id, attachment_id)["series_id"])
    # Once more: whoever had the probe before may have changed it.
    row = attachment(connection, container_id, attachment_id)
    if commissioned_at is not None and row["commissioned_at"] is not None:
        raise ConflictError(
            f"attachment {attachment_id!r} was commissioned at {row['commissioned_at'].isoformat()}; leave it as it is"
        )
    if until_at is not None and row["until_at"] is not None:
        raise ConflictError(f"attachment {attachment_id!r} ended at {row['until_at'].isoformat()}; leave it as it is")
    if until_at is not None and until_at <= row["from_at"]:
        raise RefusedError("until", f"it must be after the attachment's start, {row['from_at'].isoformat()}")


def attachment(connection: Connection, container_id: str, attachment_id: str) -> dict[str, Any]:
    """When one attachment of a container began, was commissioned and ended, of which series and in which place.

    Raises:
        NotFoundError: the container has no such attachment.
    """
    row = connection.execute(
        "SELECT series_id, place, from_at, until_at, commissioned_at FROM attachments "
        "WHERE id = %s AND container_id = %s",
        [attachment_id, container_id],
    ).fetchone()
    if row is None:
        raise NotFoundError(
            f"container {container_id!r} has no attachment {attachment_id!r}; "
            f"GET /v1/containers/{container_id}/attachments lists those it has"
        )
    return row


def attachments(connection: Connection, container_id: str) -> list[dict[str, Any]]:
    """All attachments of a container, in order of time."""
    return connection.execute(
        "SELECT attachments.id, series_id, container_id, logger_id, probe, place, from_at, until_at, commissioned_at "
        "FROM attachments JOIN series ON series.id = series_id "
        "WHERE container_id = %s ORDER BY from_at, attachments.id",
        [container_id],
    ).fetchall()


def judged_attachments(connection: Connection, container_ids: Collection[str]) -> dict[str, list[Attached]]:
    """By container, the attachments that count for its verdicts: not ambient, commissioned, cut by their absences."""
    rows = connection.execute(
        "SELECT series_id, container_id, greatest(from_at, commissioned_at) AS from_at, until_at, "
        "range_min_c, range_max_c, CASE WHEN place = 'air' THEN door_grace_s ELSE 0 END AS door_grace_s, "
        "array(SELECT ARRAY[absences.from_at, absences.until_at] FROM absences "
        "WHERE attachment_id = split_part(attachments.id, '~', 1)) AS absences "
        "FROM attachments JOIN series ON series.id = series_id "
        "JOIN loggers ON loggers.id = logger_id JOIN containers ON containers.id = container_id "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' "
        "AND commissioned_at IS NOT NULL AND (until_at IS NULL OR until_at > commissioned_at) ORDER BY 3, 1",
        [list(container_ids)],
    )
    found: dict[str, list[Attached]] = {container_id: [] for container_id in container_ids}
    for row in rows:
        absences = [(from_datetime(from_at), from_datetime(until_at)) for from_at, until_at in row["absences"]]
        found[row["container_id"]] += [
            Attached(
                row["series_id"],
                row["container_id"],
                from_us,
                until_us,
                row["range_min_c"],
                row["range_max_c"],
                row["door_grace_s"],
            )
            for from_us, until_us in present(or_beginning(row["from_at"]), or_end(row["until_at"]), absences).tolist()
        ]
    return found


def loggers_without_range(connection: Connection, container_ids: Collection[str]) -> dict[str, list[AttachedLogger]]:
    """By container, the judged loggers of which it is not recorded what they can measure; without any it is absent."""
    rows = connection.execute(
        "SELECT container_id, logger_id, greatest(from_at, commissioned_at) AS from_at, until_at "
        "FROM attachments JOIN series ON series.id = series_id JOIN loggers ON loggers.id = logger_id "
        "WHERE container_id = ANY(%s) AND place <> 'ambient' AND commissioned_at IS NOT NULL "
        "AND (range_min_c IS NULL OR range_max_c IS NULL)",
        [list(container_ids)],
    )
    found: defaultdict[str, list[AttachedLogger]] = defaultdict(list)
    for row in rows:
        one = AttachedLogger(row["logger_id"], or_beginning(row["from_at"]), or_end(row["until_at"]))
        found[row["container_id"]].append(one)
    return found


def containers_measured_by(connection: Connection, series_id: int, from_us: int, until_us: int) -> list[str]:
    """The containers a series is attached to at any time in [from_us, until_us]."""
    rows = connection.execute(
        "SELECT DISTINCT container_id FROM attachments WHERE series_id = %s "
        "AND tstzrange(from_at, until_at) && tstzrange(%s, %s, '[]') ORDER BY container_id",
        [series_id, parameter(max(from_us, BEGINNING_US)), parameter(until_us)],
    )
    return [row["container_id"] for row in rows]


def containers_of(connection: Connection, logger_ids: Sequence[str]) -> list[str]:
    """The containers that any of these loggers was ever attached to."""
    rows = connection.execute(
        "SELECT DISTINCT container_id FROM attachments JOIN series ON series.id = series_id "
        "WHERE logger_id = ANY(%s) ORDER BY container_id",
        [list(logger_ids)],
    )
    return [row["container_id"] for row in rows]
