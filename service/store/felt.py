"""How far a change of what a probe said can be felt beyond its own end."""

from datetime import datetime

from service.domain.series.quality import Quality
from service.store.pool import Connection
from service.store.rows import one_value


def felt_until(connection: Connection, series_id: int, until_at: datetime) -> datetime | None:
    """Until when it matters what a series said before `until_at`; None: without an end.

    A probe that was beyond a limit when it fell silent may be so until it is heard again: up to the second reading
    behind that no absence takes away. Where the logger's clock was mended nobody says which reading that is.
    """
    until: datetime | None = one_value(
        connection,
        "SELECT measured_at FROM readings WHERE series_id = %(series)s AND quality = %(ok)s "
        "AND measured_at >= %(until)s AND NOT EXISTS (SELECT FROM absences JOIN recorded_attachments AS attached "
        "ON attached.id = attachment_id WHERE attached.series_id = readings.series_id "
        "AND measured_at >= absences.from_at AND measured_at < absences.until_at) "
        "AND NOT EXISTS (SELECT FROM clock_mends JOIN series USING (logger_id) WHERE series.id = readings.series_id) "
        "ORDER BY measured_at OFFSET 1 LIMIT 1",
        {"series": series_id, "until": until_at, "ok": Quality.OK},
    )
    return until
