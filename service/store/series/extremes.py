"""The coldest and the warmest that probes measured over some time, of many probes at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from service.domain import spans
from service.domain.instant import SECOND_US
from service.domain.series.mending import Mending, by_calibration
from service.domain.series.quality import Quality, as_numbers
from service.domain.spans import Spans
from service.store.instants import parameters
from service.store.pool import Connection
from service.store.rows import all_rows, all_values
from service.store.series.mended import TrueWindow, load_mended_windows
from service.store.series.rollups import HOUR_S, not_rolled_up
from service.store.series.series import StoredSeries

_HOUR_US = HOUR_S * SECOND_US


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time of a probe that is looked at."""

    series_id: int
    from_us: int
    until_us: int


@dataclass(frozen=True, slots=True)
class Extremes:
    """What a probe measured over a stretch, calibrated: "HI" and "LO" are infinities; NaN: nothing.

    Attributes:
        no_numbers: readings without a temperature.
        impossible: readings that no such probe can show.
    """

    coldest_c: float = float("nan")
    warmest_c: float = float("nan")
    no_numbers: int = 0
    impossible: int = 0

    def joined(self, other: "Extremes") -> "Extremes":
        """Both together."""
        return Extremes(
            float(np.fmin(self.coldest_c, other.coldest_c)),
            float(np.fmax(self.warmest_c, other.warmest_c)),
            self.no_numbers + other.no_numbers,
            self.impossible + other.impossible,
        )


def extremes_of(connection: Connection, wanted: Sequence[Stretch], mendings: Mapping[int, Mending]) -> list[Extremes]:
    """What was measured in each of these stretches: whole hours from their roll-ups, all else from readings.

    In a few statements, however many there are.

    Args:
        mendings: of each of their series, what was put right of it.
    """
    series_ids = sorted({one.series_id for one in wanted})
    outdated = not_rolled_up(connection, series_ids, HOUR_S)
    contradicted = _contradicted(connection, wanted)
    hours = [
        spans.NONE
        if one.series_id in contradicted
        else _whole_hours(one, mendings[one.series_id], outdated[one.series_id])
        for one in wanted
    ]
    rolled = _rolled_up(connection, wanted, hours, mendings)
    found = [Extremes()] * len(wanted)
    rest: list[tuple[int, TrueWindow]] = []
    for number, one in enumerate(wanted):
        whole = hours[number]
        if (of_hours := rolled.get(number)) is None:
            whole = spans.NONE
        else:
            found[number] = of_hours
        left = spans.subtract(spans.spans([(one.from_us, one.until_us)]), whole)
        mending = mendings[one.series_id]
        rest += [(number, TrueWindow(one.series_id, mending, a, b - 1)) for a, b in left.tolist()]
    # One on each side comes with those inside: without any, those that contradict a reading could not be found.
    loaded = load_mended_windows(connection, [window for _, window in rest], padding=1)
    for (number, window), readings in zip(rest, loaded, strict=True):
        found[number] = found[number].joined(_measured(readings, window))
    return found


def _whole_hours(one: Stretch, mending: Mending, outdated: Spans) -> Spans:
    """The hours whose roll-ups tell what was measured in them: raw values at raw times are calibrated as a whole."""
    if mending.clock:
        return spans.NONE
    whole = spans.spans([(-(-one.from_us // _HOUR_US) * _HOUR_US, one.until_us // _HOUR_US * _HOUR_US)])
    edges = [edge for found in mending.calibrations for edge in (found.from_us, found.until_us)]
    cut = spans.spans([(edge // _HOUR_US * _HOUR_US, (edge // _HOUR_US + 1) * _HOUR_US) for edge in edges])
    return spans.subtract(whole, spans.union(outdated, cut))


def _contradicted(connection: Connection, wanted: Sequence[Stretch]) -> set[int]:
    """The series that said two things of an instant in their stretch."""
    found = all_values(
        connection,
        "SELECT DISTINCT series_id FROM unnest(%s::integer[], %s::timestamptz[], %s::timestamptz[]) "
        "AS wanted (series_id, from_at, until_at) JOIN reading_conflicts USING (series_id) "
        "WHERE measured_at >= wanted.from_at AND measured_at < wanted.until_at",
        _columns(wanted),
    )
    return set(found)


@dataclass(frozen=True, slots=True)
class _Hours:
    number: int
    coldest_c: float | None
    warmest_c: float | None
    least_c: float | None
    most_c: float | None
    no_numbers: int
    mixed: bool


def _rolled_up(
    connection: Connection, wanted: Sequence[Stretch], hours: Sequence[Spans], mendings: Mapping[int, Mending]
) -> dict[int, Extremes]:
    """By the number of a stretch, what its whole hours say; absent where its readings have to be looked at."""
    pieces: list[Stretch] = []
    piece_of: list[tuple[int, float, float]] = []
    for number, (one, whole) in enumerate(zip(wanted, hours, strict=True)):
        for part in by_calibration(whole, mendings[one.series_id].calibrations):
            pieces.append(Stretch(one.series_id, part.from_us, part.until_us))
            piece_of.append((number, part.slope, part.offset_c))
    rows = all_rows(
        connection,
        _Hours,
        "SELECT number, min(coldest_c) AS coldest_c, max(warmest_c) AS warmest_c, "
        "min(coldest_c) FILTER (WHERE coldest_c > '-Infinity') AS least_c, "
        "max(warmest_c) FILTER (WHERE warmest_c < 'Infinity') AS most_c, "
        "sum(readings - numbers - hi - lo)::integer AS no_numbers, "
        "bool_or(hi + lo > 0 AND numbers > 0) AS mixed "
        "FROM unnest(%s::integer[], %s::timestamptz[], %s::timestamptz[]) "
        "WITH ORDINALITY AS wanted (series_id, from_at, until_at, number) CROSS JOIN LATERAL ("
        "SELECT * FROM rollups WHERE rollups.series_id = wanted.series_id AND length_s = 3600 "
        "AND rollups.from_at >= wanted.from_at AND rollups.from_at < wanted.until_at) AS hours GROUP BY number",
        _columns(pieces),
    )
    found: dict[int, Extremes] = {number: Extremes() for number, whole in enumerate(hours) if len(whole)}
    for row in rows:
        number, slope, offset_c = piece_of[row.number - 1]
        shown = mendings[wanted[number].series_id].shown
        # Behind "HI" or "LO", a number that cannot be is not seen.
        if row.mixed or not all(shown.shows(end_c) for end_c in (row.least_c, row.most_c) if end_c is not None):
            found.pop(number, None)
        elif number in found:
            ends = (None if end is None else slope * end + offset_c for end in (row.coldest_c, row.warmest_c))
            coldest_c, warmest_c = (float("nan") if end is None else end for end in ends)
            found[number] = found[number].joined(Extremes(coldest_c, warmest_c, row.no_numbers))
    return found


def _columns(some: Sequence[Stretch]) -> list[list[int] | list[str]]:
    return [
        [one.series_id for one in some],
        parameters(one.from_us for one in some),
        parameters(one.until_us for one in some),
    ]


def _measured(readings: StoredSeries, window: TrueWindow) -> Extremes:
    inside = (readings.times_us >= window.from_us) & (readings.times_us <= window.until_us)
    qualities = readings.qualities[inside]
    values = as_numbers(readings.temperatures_c[inside], qualities)
    known = values[~np.isnan(values)]
    return Extremes(
        float(known.min()) if len(known) else float("nan"),
        float(known.max()) if len(known) else float("nan"),
        int(np.isin(qualities, (Quality.FAULT, Quality.MISSING)).sum()),
        int((qualities == Quality.IMPOSSIBLE).sum()),
    )
