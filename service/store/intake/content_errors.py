"""Whose fault an error is: of what was to be stored, or of the database's own state.

No list of errors is whole: an index may not take a long name, a trigger may refuse one value in words of its own. So
where an error does not say it, the database is asked for something else: if it takes that, it was the content.
"""

import secrets

import numpy as np

from service.domain.instant import SECOND_US
from service.domain.series.quality import Quality
from service.formats.columns import Columns
from service.store.pool import Connection, is_away, is_of_database, refuses_row
from service.store.series.readings import SeriesIds, ensure_series, rows_of, store_readings

_MOST_ROWS = 10_000
#: A number that no logger sends, so that whatever a value is refused for, this one is not.
_TEMPERATURE_C = -79.015625


def is_caused_by_content(connection: Connection, error: Exception, now_us: int, rows: int = 1) -> bool:
    """Whether storing it again would fail again, whatever the state of the database.

    Args:
        rows: how many readings were to be stored: as many are tried in their place.
    """
    if not is_of_database(error) or refuses_row(error):
        return True
    return not is_away(error) and accepts_other_readings(connection, now_us, rows)


def accepts_other_readings(connection: Connection, now_us: int, rows: int = 1) -> bool:
    """Whether the database takes other readings now: as many of a logger that nobody has, rolled back at once."""
    count = min(max(1, rows), _MOST_ROWS)
    key = (f"unbroken trial {secrets.token_hex(8)}", "")
    columns = Columns(
        [key],
        np.zeros(count, dtype=np.int64),
        {
            "measured_at": now_us - SECOND_US * np.arange(count, dtype=np.int64),
            "received_at": np.full(count, now_us),
            "temperature_c": np.full(count, _TEMPERATURE_C),
            "quality": np.full(count, Quality.OK, dtype=np.int16),
            "humidity_pct": np.full(count, np.nan),
            "battery_v": np.full(count, np.nan),
            "seq": np.full(count, -1),
            "stamped_on_arrival": np.zeros(count, dtype=np.bool_),
        },
    )
    ids: SeriesIds = {}
    try:
        with connection.transaction(force_rollback=True):
            ensure_series(connection, ids, [key], {})
            store_readings(connection, ids, rows_of(columns))
    except Exception:  # whatever it says: it takes nothing
        return False
    return True
