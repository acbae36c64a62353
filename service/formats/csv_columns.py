"""Which column of a table is what, by its name or as the caller says."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from service.formats.channels import Channel, labels_of
from service.formats.preamble import Preamble
from service.formats.reading import Rejection
from service.formats.units import (
    Unit,
    channels_in,
    is_temperature_word,
    is_unit_alone,
    is_unit_field,
    named,
    one_unit,
    unit_in_name,
    words_of,
)
from service.formats.wording import shown
from service.formats.zones import Stated, one_stated, stated_in

#: More than any logger writes; each name is looked at for all it may mean.
MOST_COLUMNS = 1_000

_MOMENTS = {"measured at", "timestamp", "time stamp", "datetime", "date time", "recorded at", "logged at"}
_MOMENTS |= {"observed", "observed at", "last changed", "last updated", "sample time", "measurement time", "log time"}
_MOMENTS |= {"zeitstempel", "zeitpunkt", "datum zeit", "datum uhrzeit"}
_MOMENTS |= {"date and time", "local time", "date time local", "local date time", "reading time", "messzeit"}
_MOMENTS |= {"fecha hora", "date heure", "tijdstip", "data ora", "data e ora", "datum tijd", "fecha y hora"}
_MOMENTS |= {
    "date et heure",
    "datum cas",
    "datum a cas",
    "tarih saat",
    "дата время",
    "дата и время",
    "日期时间",
    "日時",
}
_TIMES = {"time", "zeit", "uhrzeit", "heure", "hora", "tijd", "ora", "cas", "aika", "saat", "waktu", "tid", "время"}
_TIMES |= {"时间", "時間", "시간"}
_DATES = {"date", "datum", "fecha", "dato", "tarih", "tanggal", "paivamaara", "дата", "日期", "日付", "날짜"}
#: Of a clock without summer time, or the place's: which one is asked.
_LOCAL = (" std", " local", " lst")
_ZONES = {"time zone", "timezone", "tz", "utc offset", "gmt offset", "zeitzone"}
_PROBES = {"probe", "probe id", "sensor", "sensor id", "channel", "kanal"}
_LOGGERS = {"logger", "logger id", "device id", "serial", "serial number", "serial no", "entity id"}
#: A number in a column of such a name is a temperature if the table's unit says so, as in an iButton's.
_VALUES = {"value", "reading", "wert", "messwert"}
#: Home Assistant's history: the state of an entity.
_ENTITY, _STATE = "entity id", "state"
#: HOBO's columns of what happened to the device: a row that tells it alone is no reading.
_EVENTS = {"host connect", "host connected", "button down", "button up", "eof", "end of file", "stopped", "started"}
_EVENTS |= {"coupler attached", "coupler detached", "bad battery", "good battery", "water detect", "power warn"}
_EVENTS |= {"event", "events", "paused", "resumed", "safe shutdown", "file end", "new interval"}
#: BoxCar's number of a channel, whose letter is no unit.
_CHANNEL = re.compile(r"\bc:[0-9]+")
_LOGGER_IN_NAME = re.compile(r"LGR S/N:\s*([^,;()\s]+)")
#: Words of columns about a temperature that hold none that was measured there and then.
_ABOUT = {"alarm", "average", "avg", "bulb", "calibration", "delta", "dew", "dewpoint", "diff", "difference"}
_ABOUT |= {"index", "limit", "max", "maximum", "mean", "min", "minimum", "mkt", "offset", "set", "setpoint"}
_ABOUT |= {"frost", "point", "feels", "apparent", "chill", "humidex", "vpd", "hi", "lo", "upper", "lower", "target"}
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
    """Where each column is, counted from 0, and what their names say of all rows.

    Attributes:
        channels: the temperatures; several are probes beside each other.
        serial: the logger's, as the names or the lines above say it.
        events: columns of what happened to the device.
    """

    names: list[str]
    measured_at: int
    channels: tuple[Channel, ...]
    date: int | None
    probe: int | None
    logger_id: int | None
    zone: int | None
    unit_column: int | None
    stated: Stated | None
    serial: str | None
    events: tuple[int, ...]

    @property
    def passed_over(self) -> list[str]:
        """Columns in °C, °F or K that are not taken, such as a dew point."""
        taken = {channel.place for channel in self.channels}
        return [name for at, name in enumerate(self.names) if at not in taken and named(name).units]

    @property
    def needed(self) -> int:
        """How many cells a row has to have."""
        places = [self.measured_at, self.date, self.probe, self.zone, self.unit_column]
        return 1 + max(place for place in [*places, *(one.place for one in self.channels)] if place is not None)


def _is_temperature(name: str) -> bool:
    """A name with a word for a temperature in it, or a unit and nothing else: `Celsius(°C)`."""
    words = set(words_of(name))
    return (any(map(is_temperature_word, words)) and not _is_about(words)) or is_unit_alone(name)


def _is_in_degrees(name: str) -> bool:
    """A name that states a unit of temperatures: `Channel 1 [°C]`."""
    return bool(named(name).units) and not _is_about(set(words_of(name)))


def _is_about(words: set[str]) -> bool:
    return bool(words & _ABOUT or (words & {"high", "low"} and "res" not in words))


def _plain(name: str) -> str:
    return " ".join(words_of(name))


def _moment(name: str) -> str:
    """What the name of a column of times says beside a clock."""
    plain = _plain(stated_in(name)[1]).removesuffix(" ms")
    if plain not in _MOMENTS:
        plain = next((plain.removesuffix(end) for end in _LOCAL if plain.endswith(end)), plain)
    # Govee's `Timestamp for sample frequency every 1 min min`.
    return "timestamp" if plain.startswith("timestamp for sample frequency") else plain


def is_column_name(name: str, asked: CsvColumns) -> bool:
    """Whether a cell of the first row names a time or a temperature, by the usual names or the caller's."""
    wanted = [each.strip().casefold() for each in (asked.measured_at, asked.temperature) if each]
    return (
        _is_temperature(name)
        or _is_in_degrees(name)
        or _moment(name) in _MOMENTS | _TIMES | _DATES
        or name.casefold() in wanted
    )


def names_a_table(names: list[str], asked: CsvColumns) -> bool:
    """Whether a row names both a time and a temperature, by the usual names or the caller's."""
    if not all(_is_named(wanted, names) for wanted in (asked.measured_at, asked.temperature) if wanted):
        return False
    a_time = asked.measured_at or any(_moment(name) in _MOMENTS | _TIMES | _DATES for name in names)
    return bool(a_time) and bool(asked.temperature or any(_temperatures(names)))


def _is_named(wanted: str, names: list[str]) -> bool:
    return wanted.strip().casefold() in [name.casefold() for name in names]


def _temperatures(names: list[str]) -> list[bool]:
    """Which columns are temperatures: by their names, else by their units, else the values beside units."""
    found = [_is_temperature(name) and not is_unit_field(name) for name in names]
    if not any(found):
        found = [_is_in_degrees(name) and not is_unit_field(name) for name in names]
    if not any(found) and any(map(is_unit_field, names)):
        found = [_plain(name) in _VALUES for name in names]
    if not any(found) and _ENTITY in (plain := [_plain(name) for name in names]):
        found = [name == _STATE for name in plain]
    return found


def layout_of(names: list[str], asked: CsvColumns, above: Preamble | None = None) -> Layout:
    """Where everything is in a table of such columns.

    Args:
        above: what the lines above the table say.

    Raises:
        Rejection: ``columns_unknown`` or ``columns_ambiguous``; ``unit_contradicted`` or ``unit_ambiguous``;
            ``zone_contradicted``; ``several_loggers``.
    """
    above = above or Preamble()
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
    probe = _place(names, "probe", asked.probe, [_plain(other) in _PROBES for other in names])
    temperatures = _wide(names, probe) if asked.temperature is None else None
    if temperatures is None:
        place = _place(names, "temperature", asked.temperature, _temperatures(names))
        temperatures = [] if place is None else [(place, "")]
    if measured_at is None or not temperatures:
        raise Rejection(
            "columns_unknown",
            f"no column is known to be the {'time' if measured_at is None else 'temperature'}; the first row names "
            f"{', '.join(shown(name) for name in names[:12])}. Say which column it is.",
        )
    unit_column = _place(names, "unit", None, [is_unit_field(other) for other in names])
    stated_unit = one_unit(asked.unit, above.unit)
    channels = [
        Channel(place, label, _unit(names, names[place], unit_column, stated_unit)) for place, label in temperatures
    ]
    usual = [_plain(other) for other in names]
    of_times = [measured_at] if date is None else [date, measured_at]
    return Layout(
        names=names,
        measured_at=measured_at,
        channels=tuple(channels),
        date=date,
        probe=probe,
        logger_id=_place(names, "logger", asked.logger_id, [other in _LOGGERS for other in usual]),
        zone=_place(names, "time zone", None, [other in _ZONES for other in usual]),
        unit_column=unit_column,
        stated=one_stated([names[place] for place in of_times], above.stated),
        serial=_serial(names, above.logger_id),
        events=tuple(at for at, other in enumerate(names) if _plain(other.partition("(")[0]) in _EVENTS),
    )


def _wide(names: list[str], probe: int | None) -> list[tuple[int, str]] | None:
    """The columns of several probes beside each other, with what tells them apart; None: they are not such."""
    places = [at for at, is_it in enumerate(_temperatures(names)) if is_it]
    if len(places) < 2 or probe is not None:
        return None
    labels = labels_of([names[place] for place in places])
    return None if labels is None else list(zip(places, labels, strict=True))


def _unit(names: list[str], name: str, unit_column: int | None, stated: Unit | None) -> Unit | None:
    """The unit of a column of temperatures, unless each row says its own."""
    plain = _CHANNEL.sub(" ", name)
    if stated is None and unit_column is not None and not named(plain).units and not named(plain).lettered:
        return None
    is_channel = any(named(plain)[1:]) and name in channels_in(names)
    return unit_in_name(plain, is_channel=is_channel, stated=stated)


def _serial(names: list[str], above: str | None) -> str | None:
    """The logger that the names of HOBO's columns tell, or the lines above the table."""
    said = dict.fromkeys(
        [found for name in names for found in _LOGGER_IN_NAME.findall(name)] + ([above] if above else [])
    )
    if len(said) > 1:
        raise Rejection(
            "several_loggers",
            f"the file names several loggers, {' and '.join(map(shown, list(said)[:2]))}. Give one file for each.",
        )
    return next(iter(said), None)


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
