"""Readings that contradict one that had come before."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from service.domain.alerting.rules import Conflicts
from service.domain.instant import from_datetime
from service.domain.series.quality import Quality
from service.store.instants import parameter
from service.store.pool import Connection
from service.store.rows import all_rows, all_values

_COUNTING = f"({Quality.OK:d}, {Quality.HI:d}, {Quality.LO:d}, {Quality.IMPOSSIBLE:d})"
#: HI, LO and what no probe can show as infinities.
_LOW = "CASE {0}.quality WHEN 0 THEN {0}.temperature_c WHEN 1 THEN 'Infinity' ELSE '-Infinity' END"
_HIGH = "CASE {0}.quality WHEN 0 THEN {0}.temperature_c WHEN 2 THEN '-Infinity' ELSE 'Infinity' END"


@dataclass(frozen=True, slots=True)
class _OfProbe:
    container_id: str
    logger_id: str
    probe: str
    count: int
    since_at: datetime
    from_at: datetime
    until_at: datetime
    coldest_c: float
    warmest_c: float


def conflicts_since(connection: Connection, since_us: int) -> dict[str, tuple[Conflicts, ...]]:
    """By container, what its judged probes said of it twice and differently, of what became known since an instant."""
    rows = all_rows(
        connection,
        _OfProbe,
        f"""
        SELECT container_id, logger_id, probe, count(*) AS count, min(second.received_at) AS since_at,
               min(measured_at) AS from_at, max(measured_at) AS until_at,
               least(min({_LOW.format("first")}), min({_LOW.format("second")})) AS coldest_c,
               greatest(max({_HIGH.format("first")}), max({_HIGH.format("second")})) AS warmest_c
        FROM reading_conflicts AS second JOIN readings AS first USING (series_id, measured_at)
        JOIN series ON series.id = series_id JOIN attachments USING (series_id)
        WHERE second.recorded_at >= %s AND second.quality IN {_COUNTING} AND first.quality IN {_COUNTING}
              AND place <> 'ambient' AND measured_at >= greatest(attachments.from_at, commissioned_at)
              AND commissioned_at IS NOT NULL AND measured_at < coalesce(attachments.until_at, 'infinity')
        GROUP BY container_id, logger_id, probe ORDER BY container_id, logger_id, probe
        """,
        [parameter(since_us)],
    )
    found: defaultdict[str, list[Conflicts]] = defaultdict(list)
    for row in rows:
        found[row.container_id].append(
            Conflicts(
                row.logger_id,
                row.probe,
                row.count,
                from_datetime(row.since_at),
                from_datetime(row.from_at),
                from_datetime(row.until_at),
                row.coldest_c,
                row.warmest_c,
            )
        )
    return {container_id: tuple(some) for container_id, some in found.items()}


def lots_in(connection: Connection, container_id: str, from_us: int, until_us: int, now_us: int) -> tuple[str, ...]:
    """The lots that were in a container at any time in [from_us, until_us], and still live."""
    found = all_values(
        connection,
        "SELECT DISTINCT lot_id FROM stays JOIN lots ON lots.id = lot_id "
        "WHERE container_id = %s AND tstzrange(from_at, until_at) && tstzrange(%s, %s, '[]') "
        "AND coalesce(life_ends_at, 'infinity') > %s ORDER BY lot_id",
        [container_id, parameter(from_us), parameter(until_us), parameter(now_us)],
    )
    return tuple(found)
