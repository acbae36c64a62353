"""Readings of many series, each over a window of its own, in few statements."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg.rows import tuple_row

from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.series.quality import counting
from service.store.instants import from_wire, parameter, parameters
from service.store.pool import Connection
from service.store.series.series import AS_RECORD, COUNTING, NEAR_US, RECORD, StoredSeries, stored_series

#: Windows that begin in one stretch of this length are asked for together: a statement opens every chunk between the
#: first of its windows and the last.
_TOGETHER_US = 28 * 86_400 * SECOND_US

_NOTHING: NDArray[Any] = np.empty(0, dtype=RECORD)

_CHOSEN = (
    "SELECT measured_at, temperature_c, quality FROM {} WHERE series_id = wanted.series_id "
    "AND (wanted.stamped IS NULL OR (stamped_on_arrival IS TRUE) = wanted.stamped) "
)
#: A planner that sees the outermost bounds leaves out other chunks.
_READINGS = _CHOSEN.format("readings") + "AND measured_at BETWEEN %(first)s::timestamptz AND %(last)s::timestamptz "
_WITHIN = "AND measured_at BETWEEN wanted.from_at AND wanted.until_at "
_BEFORE = (
    f"{_READINGS} AND measured_at < wanted.from_at AND measured_at >= wanted.after_at AND {COUNTING} "
    "ORDER BY measured_at DESC LIMIT %(padding)s"
)
_AFTER = (
    f"{_READINGS} AND measured_at > wanted.until_at AND measured_at <= wanted.before_at AND {COUNTING} "
    "ORDER BY measured_at LIMIT %(padding)s"
)


def _records_of(chosen: str) -> str:
    return f"(SELECT string_agg({AS_RECORD}, ''::bytea ORDER BY measured_at) FROM ({chosen}) AS chosen)"


_HAS_CONFLICTS = "EXISTS (SELECT FROM reading_conflicts AS other WHERE other.series_id = wanted.series_id)"
_BESIDE = f"NULL, {_records_of(_BEFORE)}, {_records_of(_AFTER)}, {_HAS_CONFLICTS}"
_AND_BESIDE = f"{_records_of(_READINGS + _WITHIN)}, {_records_of(_BEFORE)}, {_records_of(_AFTER)}, {_HAS_CONFLICTS}"
_CONFLICTS = _records_of(f"{_CHOSEN.format('reading_conflicts')} {_WITHIN} AND {COUNTING}")
#: One window, and after all of them the series that contradict themselves anywhere.
_NEAR = (
    f"SELECT {{0}}, string_agg({AS_RECORD}, ''::bytea ORDER BY measured_at), NULL::integer FROM readings "
    "WHERE series_id = %(series_{0})s AND measured_at BETWEEN %(from_{0})s::timestamptz AND %(until_{0})s::timestamptz "
    "AND (%(stamped_{0})s::boolean IS NULL OR (stamped_on_arrival IS TRUE) = %(stamped_{0})s)"
)
_WITH_CONFLICTS = (
    "SELECT DISTINCT NULL::integer, NULL::bytea, series_id FROM reading_conflicts WHERE series_id = ANY(%(series)s)"
)


@dataclass(frozen=True, slots=True)
class Window:
    """Of a series, [from_us, until_us]; `stamped_on_arrival`: only the readings that were, or were not; None: all."""

    series_id: int
    from_us: int
    until_us: int
    stamped_on_arrival: bool | None = None


@dataclass(slots=True)
class _Found:
    """What was found of one window so far: inside, before and after it, and what contradicts any of it."""

    inside: NDArray[Any]
    before: NDArray[Any]
    after: NDArray[Any]
    has_conflicts: bool
    conflicts: NDArray[Any] = field(default_factory=lambda: _NOTHING)

    def series(self) -> StoredSeries:
        return stored_series([self.before, self.inside, self.after], self.conflicts)


def load_windows(
    connection: Connection,
    windows: Sequence[Window],
    padding: int,
    *,
    inside: bool = True,
    near_us: int | None = None,
) -> list[StoredSeries]:
    """Readings measured in each of these windows, and up to `padding` usable ones on each side of it.

    Usable readings that contradict those loaded come with them, in addition.

    Args:
        inside: False: only those on the sides are of interest.
        near_us: for windows that may lie years apart: what was measured so long before and after each of them is asked
            for first, of all in one statement. The others below are only for those of which that is not enough.
    """
    numbered = list(enumerate(windows))
    found = {} if near_us is None else _widely(connection, numbered, padding, near_us)
    # Near ones first: asked without bounds, PostgreSQL opens every chunk.
    for some in _together((n, w) for n, w in numbered if n not in found):
        near = [(window.from_us - NEAR_US, window.until_us + NEAR_US) for _, window in some]
        rows = _ask(connection, _AND_BESIDE if inside else _BESIDE, some, near, padding)
        for number, within, before, after, has_conflicts in rows:
            found[number] = _Found(_records(within), _records(before), _records(after), has_conflicts)
    alone = [(n, w) for n, w in numbered if w.from_us > BEGINNING_US and len(found[n].before) < padding]
    for some in _together(alone):
        reach = [(BEGINNING_US, window.from_us) for _, window in some]
        for number, before in _ask(connection, _records_of(_BEFORE), some, reach, padding):
            found[number].before = _records(before)
    alone = [(n, w) for n, w in numbered if w.until_us < END_US and len(found[n].after) < padding]
    for some in _together(alone):
        reach = [(window.until_us, END_US) for _, window in some]
        for number, after in _ask(connection, _records_of(_AFTER), some, reach, padding):
            found[number].after = _records(after)
    _add_conflicts(connection, [(n, w) for n, w in numbered if found[n].has_conflicts], found, padding)
    return [found[number].series() for number in range(len(windows))]


def _widely(
    connection: Connection, windows: Sequence[tuple[int, Window]], padding: int, near_us: int
) -> dict[int, _Found]:
    """Of those windows that have `padding` usable readings within so long on each side, what is in them and beside."""
    if not windows:
        return {}
    asked: dict[str, Any] = {"series": [window.series_id for _, window in windows]}
    for number, window in windows:
        asked |= {
            f"series_{number}": window.series_id,
            f"from_{number}": parameter(window.from_us - near_us),
            f"until_{number}": parameter(window.until_us + near_us),
            f"stamped_{number}": window.stamped_on_arrival,
        }
    query = " UNION ALL ".join([*(_NEAR.format(number) for number, _ in windows), _WITH_CONFLICTS])
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        # A prepared plan may be one for any bounds, which opens every chunk.
        rows = cursor.execute(query, asked, prepare=False).fetchall()
    conflicting = {series_id for _, _, series_id in rows}
    sent = {number: _records(records) for number, records, series_id in rows if series_id is None}
    found = {}
    for number, window in windows:
        records = sent[number]
        times_us, usable = from_wire(records["measured_at"]), counting(records["quality"])
        before = records[usable & (times_us < window.from_us)]
        after = records[usable & (times_us > window.until_us)]
        if len(before) >= padding and len(after) >= padding:
            within = records[(times_us >= window.from_us) & (times_us <= window.until_us)]
            has_conflicts = window.series_id in conflicting
            found[number] = _Found(within, before[len(before) - padding :], after[:padding], has_conflicts)
    return found


def _add_conflicts(
    connection: Connection, windows: Sequence[tuple[int, Window]], found: dict[int, _Found], padding: int
) -> None:
    """What contradicts the readings of these windows and can be used; a number that is none contradicts nothing."""
    if not windows:
        return
    reached = []
    for number, window in windows:
        here = found[number]
        from_us, until_us = window.from_us, window.until_us
        if padding and from_us > BEGINNING_US:
            from_us = int(from_wire(here.before["measured_at"][:1])[0]) if len(here.before) == padding else BEGINNING_US
        if padding and until_us < END_US:
            until_us = int(from_wire(here.after["measured_at"][-1:])[0]) if len(here.after) == padding else END_US
        reached.append((number, Window(window.series_id, from_us, until_us, window.stamped_on_arrival)))
    for number, conflicts in _ask(connection, _CONFLICTS, reached, [(BEGINNING_US, END_US)] * len(reached), padding):
        found[number].conflicts = _records(conflicts)


def _together(windows: Iterable[tuple[int, Window]]) -> list[list[tuple[int, Window]]]:
    found: defaultdict[int, list[tuple[int, Window]]] = defaultdict(list)
    for number, window in windows:
        found[window.from_us // _TOGETHER_US].append((number, window))
    return list(found.values())


def _ask(
    connection: Connection,
    wanted: str,
    windows: Sequence[tuple[int, Window]],
    reach: Sequence[tuple[int, int]],
    padding: int,
) -> list[tuple[Any, ...]]:
    """What is wanted of each window; `reach`: as far as where its neighbours are looked for."""
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        return cursor.execute(
            f"SELECT number, {wanted} FROM unnest(%(number)s::integer[], %(series)s::integer[], "
            "%(from)s::timestamptz[], %(until)s::timestamptz[], %(after)s::timestamptz[], %(before)s::timestamptz[], "
            "%(stamped)s::boolean[]) AS wanted (number, series_id, from_at, until_at, after_at, before_at, stamped)",
            {
                "number": [number for number, _ in windows],
                "series": [window.series_id for _, window in windows],
                "from": parameters(window.from_us for _, window in windows),
                "until": parameters(window.until_us for _, window in windows),
                "after": parameters(after_us for after_us, _ in reach),
                "before": parameters(before_us for _, before_us in reach),
                "stamped": [window.stamped_on_arrival for _, window in windows],
                "first": parameter(min(after_us for after_us, _ in reach)),
                "last": parameter(max(before_us for _, before_us in reach)),
                "padding": padding,
            },
        ).fetchall()


def _records(sent: bytes | None) -> NDArray[Any]:
    return np.frombuffer(sent or b"", dtype=RECORD)
