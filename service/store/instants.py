"""Between PostgreSQL's timestamptz and our integer microseconds."""

from collections.abc import Iterable
from datetime import datetime

import numpy as np

from service.domain.instant import BEGINNING_US, END_US, from_datetime, to_datetime

#: PostgreSQL counts binary timestamps from 2000-01-01.
POSTGRES_EPOCH_US = 946_684_800_000_000


def parameter(instant_us: int) -> datetime | str:
    """An instant as a query parameter; beyond the years 1 to 9999 it is one of PostgreSQL's infinities."""
    try:
        return to_datetime(instant_us)
    except OverflowError:
        return "-infinity" if instant_us < 0 else "infinity"


def parameters(instants_us: Iterable[int]) -> list[str]:
    """Instants as one parameter, an array: of its infinities and of instants proper, psycopg makes no list."""
    return [str(parameter(instant_us)) for instant_us in instants_us]


def or_beginning(when: datetime | None) -> int:
    """A column's instant; NULL is the beginning of time."""
    return BEGINNING_US if when is None else from_datetime(when)


def or_end(when: datetime | None) -> int:
    """A column's instant; NULL is the end of time."""
    return END_US if when is None else from_datetime(when)


def from_wire(big_endian: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Binary timestamps as PostgreSQL sends them, as microseconds since 1970."""
    return big_endian.astype(np.int64) + POSTGRES_EPOCH_US
