"""What tells of a logger's health."""

from dataclasses import dataclass

import numpy as np
from psycopg.rows import class_row

from service.domain.series.health import NEWEST, Heard
from service.store.instants import from_wire, parameter
from service.store.pool import Connection

_RECORD = np.dtype(
    [("measured_at", ">i8"), ("received_at", ">i8"), ("seq", ">i8"), ("battery_v", ">f4"), ("stamped", "?")]
)
_AS_RECORD = (
    "timestamptz_send(measured_at) || timestamptz_send(received_at) || int8send(coalesce(seq, -1)) "
    "|| float4send(coalesce(battery_v, 'NaN')) || boolsend(coalesce(stamped_on_arrival, false))"
)


@dataclass(frozen=True, slots=True)
class _OfProbe:
    probe: str
    records: bytes


def load_heard(connection: Connection, logger_id: str, since_us: int) -> dict[str, Heard]:
    """Readings of a logger measured at or after `since_us`, and the newest few before it, by probe."""
    with connection.cursor(row_factory=class_row(_OfProbe), binary=True) as cursor:
        cursor.execute(
            f"""
            SELECT probe, string_agg({_AS_RECORD}, ''::bytea) AS records FROM series CROSS JOIN LATERAL (
                (SELECT * FROM readings WHERE series_id = series.id AND measured_at >= %(since)s::timestamptz)
                UNION ALL
                (SELECT * FROM readings WHERE series_id = series.id AND measured_at < %(since)s::timestamptz
                    ORDER BY measured_at DESC LIMIT %(before)s)
            ) AS wanted WHERE logger_id = %(logger)s GROUP BY probe ORDER BY probe
            """,
            {"logger": logger_id, "since": parameter(since_us), "before": NEWEST},
        )
        return {row.probe: _heard(row.records) for row in cursor}


def _heard(wire: bytes) -> Heard:
    records = np.frombuffer(wire, dtype=_RECORD)
    return Heard(
        from_wire(records["measured_at"]),
        from_wire(records["received_at"]),
        records["seq"].astype(np.int64),
        records["battery_v"].astype(np.float64),
        records["stamped"].astype(np.bool_),
    )
