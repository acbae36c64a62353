"""Every probe that is or was attached to a container, whether it counts or not, and whether one that waits sends."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from service.domain.exposure.uncounted import AttachedProbe
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.store.instants import or_end, parameter
from service.store.pool import Connection
from service.store.rows import all_rows, tuples
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class _Attached:
    id: str
    container_id: str
    name: str
    logger_id: str
    probe: str
    is_ambient: bool
    from_at: datetime
    until_at: datetime | None
    commissioned_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether nobody has commissioned it, though it is to be judged."""
        return self.commissioned_at is None and not self.is_ambient


_WAITS = "attachments.commissioned_at IS NULL AND place <> 'ambient'"

_SELECT = """
    SELECT attachments.id, container_id, containers.name, logger_id, probe, place = 'ambient' AS is_ambient,
           from_at, until_at, commissioned_at
    FROM attachments JOIN series ON series.id = attachments.series_id JOIN containers ON containers.id = container_id
"""

#: Asked only of those that wait: it opens every chunk of readings. What is older than an attachment is not looked at.
_HEARD = """
    SELECT attachments.id, newest.measured_at FROM attachments CROSS JOIN LATERAL (
        SELECT measured_at FROM readings WHERE readings.series_id = attachments.series_id
        AND measured_at >= from_at AND measured_at < coalesce(until_at, 'infinity')
        ORDER BY measured_at DESC LIMIT 1
    ) AS newest WHERE attachments.id = ANY(%s)
"""


def attached_probes(connection: Connection, container_ids: Collection[str]) -> dict[str, list[AttachedProbe]]:
    """By container, what was ever attached to it, in order of time; one to which nothing was is absent."""
    query = f"{_SELECT} WHERE container_id = ANY(%s) ORDER BY from_at, attachments.id"
    return _by_container(connection, all_rows(connection, _Attached, query, [list(container_ids)]))


def waiting_probes(connection: Connection, now_us: int, seen_at: Sites = None) -> dict[str, list[AttachedProbe]]:
    """By container that may be seen, the probes in it now that nobody has commissioned, in order of time."""
    query = (
        f"{_SELECT} WHERE {_WAITS} AND from_at <= %(now)s AND coalesce(until_at, 'infinity') > %(now)s "
        f"AND {visible('container', 'container_id', seen_at)} ORDER BY from_at, attachments.id"
    )
    given = {"now": parameter(now_us), **visible_at(seen_at)}
    return _by_container(connection, all_rows(connection, _Attached, query, given))


@dataclass(frozen=True, slots=True)
class SendingLogger:
    """A logger that is heard and attached nowhere; `registered`: it may be attached."""

    id: str
    registered: bool


def sending_unattached(
    connection: Connection, since_us: int, most: int, site_id: str | None = None, seen_at: Sites = None
) -> list[SendingLogger]:
    """Loggers in use of which readings measured since an instant arrived, and that are attached nowhere; by id.

    Args:
        site_id: only those of this site, or that send to it.
    """
    query = f"""
        SELECT loggers.id, registered_at IS NOT NULL AS registered FROM loggers
        WHERE retired_at IS NULL AND first_seen_at IS NOT NULL
        AND (%(site)s::text IS NULL OR coalesce(site_id, topic_site) = %(site)s)
        AND {visible("logger", "loggers.id", seen_at)}
        AND NOT EXISTS (SELECT FROM attachments JOIN series ON series.id = series_id
                        WHERE logger_id = loggers.id AND until_at IS NULL)
        AND EXISTS (SELECT FROM series JOIN readings ON readings.series_id = series.id
                    WHERE logger_id = loggers.id AND measured_at >= %(since)s::timestamptz)
        ORDER BY loggers.id LIMIT %(most)s
    """
    given = {"site": site_id, "since": parameter(since_us), "most": most, **visible_at(seen_at)}
    return all_rows(connection, SendingLogger, query, given)


def _by_container(connection: Connection, rows: Collection[_Attached]) -> dict[str, list[AttachedProbe]]:
    waiting = [row.id for row in rows if row.waits]
    heard_us = {x: from_datetime(at) for x, at in tuples(connection, _HEARD, [waiting])} if waiting else {}
    found: defaultdict[str, list[AttachedProbe]] = defaultdict(list)
    for row in rows:
        found[row.container_id].append(
            AttachedProbe(
                row.id,
                row.container_id,
                row.name,
                row.logger_id,
                row.probe,
                row.is_ambient,
                from_datetime(row.from_at),
                or_end(row.until_at),
                None if row.commissioned_at is None else from_datetime(row.commissioned_at),
                heard_us.get(row.id),
            )
        )
    return dict(found)
