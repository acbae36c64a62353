"""A freezer as benchmarks fill their cold stores with, and its readings."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from benchmarks.acting import BENCHMARK
from service.acts.attachments import attach
from service.acts.containers import add_container
from service.acts.lots import register_lot
from service.domain.corrections import Word
from service.domain.lots.placements import Placement
from service.domain.series.quality import qualities_of
from service.formats.columns import Columns
from service.store.lots.lots import NewLot
from service.store.lots.placements import add_placement
from service.store.pool import Connection
from service.store.registry.attachments import NewAttachment
from service.store.registry.loggers import register_logger
from service.store.series.readings import SeriesIds, copy_readings, rows_of

Times = NDArray[np.int64]
Temperatures = NDArray[np.float64]

#: The history of a cold store may begin long ago, or later than now.
_ANY_CLOCK_S = 100 * 365 * 86_400


def add_freezer(
    connection: Connection, name: str, *, site: str, profile_id: str, lot_ids: Sequence[str], since: datetime
) -> None:
    """A freezer, its logger of the same name, and lots of the product "product" that were in it from the start."""
    add_container(connection, BENCHMARK, name, site, name, "freezer", profile_id)
    register_logger(connection, name, site, "", -100.0, 50.0)
    with connection.transaction():
        attach(
            connection,
            NewAttachment(
                id=name,
                container_id=name,
                logger_id=name,
                probe="",
                place="air",
                from_at=since,
                until_at=None,
                commissioned_at=since,
            ),
            Word(BENCHMARK, since, scan_delay_s=0, clock_tolerance_s=_ANY_CLOCK_S),
        )
        for lot_id in lot_ids:
            register_lot(
                connection,
                NewLot(
                    id=lot_id, product_id="product", lot_number=lot_id, units=1, life_starts_at=since, life_ends_at=None
                ),
                Word(BENCHMARK, since, scan_delay_s=0, clock_tolerance_s=_ANY_CLOCK_S),
            )
            add_placement(connection, Placement(lot_id, lot_id, name, since, None))


def copy_unmarked(
    connection: Connection, ids: SeriesIds, name: str, times_us: Times, temperatures_c: Temperatures
) -> None:
    """Readings of a freezer, without marks: what is judged is asked for."""
    count = len(times_us)
    columns = Columns(
        [(name, "")],
        np.zeros(count, dtype=np.int64),
        {
            "measured_at": times_us,
            "received_at": times_us,
            "temperature_c": temperatures_c,
            "quality": qualities_of(temperatures_c),
            "humidity_pct": np.full(count, np.nan),
            "battery_v": np.full(count, np.nan),
            "seq": np.full(count, -1),
            "stamped_on_arrival": np.zeros(count, dtype=np.bool_),
        },
    )
    with connection.transaction():
        copy_readings(connection, ids, rows_of(columns))
