"""Which column of a table is what, by its name or as the caller says."""

from collections.abc import Sequence
from dataclasses import dataclass

from service.formats.reading import Rejection
from service.formats.units import (
    Unit,
    channels_in,
    is_temperature_word,
    is_unit_alone,
    is_unit_field,
    named,
    unit_in_name,
    words_of,
)
from service.formats.wording import shown
from service.formats.zones import Stated, one_stated, stated_in

#: More than any logger writes; each name is looked at for all it may mean.
MOST_COLUMNS = 1_000

_MOMENTS = {"measured at", "timestamp", "time stamp", "datetime", "date time", "recorded at", "logged at"}
_MOMENTS |= {"zeitstempel", "zeitpunkt", "datum zeit", "datum uhrzeit"}
_TIMES = {"time", "zeit", "uhrzeit"}
_DATES = {"date", "datum"}
_ZONES = {"time zone", "timezone", "tz", "utc offset", "gmt offset", "zeitzone"}
_PROBES = {"probe", "probe id", "sensor", "sensor id", "channel", "kanal"}
_LOGGERS = {"logger", "logger id", "device id", "serial", "serial number", "serial no"}
#: Words of columns about a temperature that hold none that was measured there and then.
_ABOUT = {"alarm", "average", "avg", "bulb", "calibration", "delta", "dew", "dewpoint", "diff", "difference"}
_ABOUT |= {"index", "limit", "max", "maximum", "mean", "min", "minimum", "mkt", "offset", "set", "setpoint"}
_ABOUT |= {"status", "threshold", "unit", "units", "uom", "scale"}


@dataclass(frozen=True, slots=True)
class CsvColumns:
    """Which column is what, and how it is written. What is None is found by the usual names.

    Attributes:
        measured_at: the column of the time, or of date and time in one.
        date: the column of the date, where `measured_at` holds only the time of day.
        unit: of the temperatures; None: as the file says itself.
        time_format: as of `datetime.strptime`, with a full date; `%z` reads an offset.
    """

    measured_at: str | None = None
    temperature: str | None = None
    probe: str | None = None
    date: str | None = None
    logger_id: str | None = None
    unit: Unit | None = None
    time_format: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column is, counted from 0, and what their names say of all rows."""

    names: list[str]
    measured_at: int
    temperature: int
    date: int | None
    probe: int | None
    logger_id: int | None
    zone: int | None
    unit_column: int | None
    unit: Unit | None
    stated: Stated | None


def _is_temperature(name: str) -> bool:
    """A name with a word for a temperature in it, or a unit and nothing else: `Celsius(°C)`."""
    words = set(words_of(name))
    of_a_day = words & {"high", "low"} and "res" not in words
    about = words & _ABOUT or of_a_day
    return (any(map(is_temperature_word, words)) and not about) or is_unit_alone(name)


def _plain(name: str) -> str:
    return " ".join(words_of(name))


def _moment(name: str) -> str:
    """What the name of a column of times says beside a clock."""
    return _plain(stated_in(name)[1]).removesuffix(" ms")


def is_column_name(name: str, asked: CsvColumns) -> bool:
    """Whether a cell of the first row names a time or a temperature, by the usual names or the caller's."""
    wanted = [each.strip().casefold() for each in (asked.measured_at, asked.temperature) if each]
    return _is_temperature(name) or _moment(name) in _MOMENTS | _TIMES | _DATES or name.casefold() in wanted


def layout_of(names: list[str], asked: CsvColumns) -> Layout:
    """Where everything is in a table of such columns.

    Raises:
        Rejection: ``columns_unknown`` or ``columns_ambiguous``; ``unit_contradicted`` or ``unit_ambiguous``;
            ``zone_contradicted``.
    """
    if len(names) > MOST_COLUMNS:
        raise Rejection("columns_unknown", f"the first row names {len(names):,} columns; is it a logger's file?")
    moments = [_moment(name) for name in names]
    measured_at = _place(names, "time", asked.measured_at, [name in _MOMENTS for name in moments])
    date = None
    if measured_at is None:
        measured_at = _place(names, "time", None, [name in _TIMES for name in moments])
        date = _place(names, "date", asked.date, [name in _DATES for name in moments])
        if measured_at is None:
            measured_at, date = date, None
    elif asked.date:
        date = _place(names, "date", asked.date, [])
    temperature = _place(names, "temperature", asked.temperature, [_is_temperature(name) for name in names])
    if measured_at is None or temperature is None:
        raise Rejection(
            "columns_unknown",
            f"no column is known to be the {'time' if measured_at is None else 'temperature'}; the first row names "
            f"{', '.join(shown(name) for name in names[:12])}. Say which column it is.",
        )
    name = names[temperature]
    unit_column = _place(names, "unit", None, [is_unit_field(other) for other in names])
    unit = None
    if asked.unit or unit_column is None or named(name).units or named(name).lettered:
        is_channel = any(named(name)[1:]) and name in channels_in(names)
        unit = unit_in_name(name, is_channel=is_channel, stated=asked.unit)
    usual = [_plain(other) for other in names]
    of_times = [measured_at] if date is None else [date, measured_at]
    return Layout(
        names=names,
        measured_at=measured_at,
        temperature=temperature,
        date=date,
        probe=_place(names, "probe", asked.probe, [other in _PROBES for other in usual]),
        logger_id=_place(names, "logger", asked.logger_id, [other in _LOGGERS for other in usual]),
        zone=_place(names, "time zone", None, [other in _ZONES for other in usual]),
        unit_column=unit_column,
        unit=unit,
        stated=one_stated([names[place] for place in of_times]),
    )


def _place(names: list[str], what: str, wanted: str | None, usual: Sequence[bool]) -> int | None:
    """Where the column is that is wanted by name, else the one with a usual name; None: there is none."""
    if wanted is not None:
        usual = [name.casefold() == wanted.strip().casefold() for name in names]
    places = [at for at, is_it in enumerate(usual) if is_it]
    if len(places) > 1:
        several = " and ".join(shown(names[at]) for at in places)
        raise Rejection("columns_ambiguous", f"{several} may each be the {what} column. Say which one is meant.")
    if wanted is not None and not places:
        raise Rejection(
            "columns_unknown",
            f"no column is named {shown(wanted)}, wanted as the {what}; the first row names "
            f"{', '.join(shown(name) for name in names[:12])}.",
        )
    return places[0] if places else None
