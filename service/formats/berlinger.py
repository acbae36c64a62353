"""The text file a Berlinger device (Q-tag, Fridge-tag) writes beside its PDF: statements, then a table.

Statements are `key: value` lines, nested by indentation; `Data:` opens a table of local times and temperatures.

The times are what the device's own clock showed, set by whoever activated it. `Conf: Zone: 0.00` is a setting that
devices on any clock are shipped with, not that clock's offset from UTC: it is repeated among the device's own
figures and never used, and the import must be told the zone.
"""

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from service.domain.series.quality import Quality
from service.formats.cells import cell_of, in_celsius, is_word
from service.formats.clocks import instants_of
from service.formats.logger_file import LoggerFile, Readings
from service.formats.reading import Rejection
from service.formats.understood import Understood
from service.formats.units import Unit, one_unit, unit_of
from service.formats.unread import Unread
from service.formats.wording import shown, unreadable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: What a model can measure, °C. Ultra Low: HI above 0, LO below −95 (its manual). Of the Q-tags no public figure
#: was found, so theirs is not known.
_RANGES_C = {"Ultra Low": (-95.0, 0.0)}

_PAIR = re.compile(r", (?=[A-Za-z][A-Za-z0-9 ]*:)")
_STATEMENT = re.compile(r"[A-Za-z][A-Za-z0-9 ]*:")
#: Its column, as the device names it.
_TIME_COLUMN = "yyyy-MM-dd hh:mm"
_TIME = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2}) ([0-9]{2}):([0-9]{2})")

#: Alarm types of a Q-tag. A Fridge-tag states none: its alarm 0 is the lower limit, 1 the upper.
_KINDS = {
    "1": "below, single event",
    "2": "above, single event",
    "3": "below, cumulative",
    "4": "above, cumulative",
}
_FIGURES = (
    ("mkt_{u}", "Res/MKT"),
    ("mkt_energy_kj_mol", "Conf/MKT Energy"),
    ("min_{u}", "Res/Min T"),
    ("min_at", "Res/TS Min T"),
    ("max_{u}", "Res/Max T"),
    ("max_at", "Res/TS Max T"),
    ("average_{u}", "Res/Avrg T"),
    ("run_number", "Res/Run Number"),
    ("zone_setting", "Conf/Zone"),
)
_DAY_FIGURES = (
    ("min_{u}", "Min T"),
    ("min_at", "TS Min T"),
    ("max_{u}", "Max T"),
    ("max_at", "TS Max T"),
    ("average_{u}", "Avrg T"),
    ("external_sensor_timeout_minutes", "Ext Sensor timeout/t AccST"),
    ("external_sensor_timeout_at", "Ext Sensor timeout/TS ST"),
    ("internal_sensor_timeout_minutes", "Int Sensor timeout/t AccST"),
    ("internal_sensor_timeout_at", "Int Sensor timeout/TS ST"),
)
_ALARM_SETTINGS = (("threshold_{u}", "T AL"), ("allowed_minutes", "t AL"))
_ALARM_FIGURES = (
    ("minutes", "t A"),  # Q-tag: of the whole journey
    ("minutes", "t Acc"),  # Fridge-tag: of one day
    ("from", "TS S"),
    ("at", "TS A"),
    ("until", "TS E"),
    ("ambient_{u}", "T Amb"),
)


def is_berlinger(first_line: str) -> bool:
    """Whether a file with this first line is a Berlinger device's."""
    return first_line.startswith("Device:")


def parse_berlinger(
    text: str, asked_zone: tzinfo | None, *, logger_id: str | None = None, unit: Unit | None = None
) -> LoggerFile:
    """The readings of one device, under its serial number (`logger_id` if it states none), and its own figures.

    `unit`: of the temperatures, if the file does not state it.
    """
    lines = re.split(r"\r\n|\r|\n", text)
    opening = next((at for at, line in enumerate(lines) if line.rstrip() == "Data:"), None)
    if opening is None:
        raise Rejection(
            "no_readings",
            "the file has no 'Data:' table, only the device's summary (a Fridge-tag 2 or 2E keeps no more). "
            "Give the file of a device that logs.",
        )
    stated = _statements(lines[:opening])
    unit = _unit(stated.get("Conf/Temp unit", ""), unit)
    unread = Unread("cells that are no temperature")
    walls, temperatures = _table(lines, opening + 1, unit, unread)
    interval_s = _interval_s(stated.get("Conf/Logging Interval", ""))
    starts = _time(stated, "Res/TS Start", "Res/TS Actv", "Hist/TS Actv")
    ends = _time(stated, "Res/TS Stop", "Res/TS Report Creation", "Hist/TS Report Creation")
    # Localised together: each time is judged by its neighbours. One that is a row's own time adds nothing.
    before = [starts] if starts is not None and starts != walls[0] else []
    after = [ends] if ends is not None and ends != walls[-1] else []
    faces = np.array([*before, *walls, *after], dtype=np.int64)
    instants = instants_of(faces, None, asked_zone, None if interval_s is None else interval_s * 1_000_000)
    model = stated.get("Device", "")
    serial = stated.get("Conf/Serial") or None
    range_min_c, range_max_c = next((ends_ for name, ends_ in _RANGES_C.items() if name in model), (None, None))
    return LoggerFile(
        logger_id=serial or logger_id,
        model=model,
        readings=Readings(
            serial or logger_id or "",
            [""],
            np.zeros(len(walls), dtype=np.int32),
            instants[len(before) : len(before) + len(walls)],
            np.array([number for number, _ in temperatures], dtype=np.float64),
            np.array([quality for _, quality in temperatures], dtype=np.int8),
        ),
        interval_s=interval_s,
        starts_at_us=None if starts is None else int(instants[0]),
        ends_at_us=None if ends is None else int(instants[-1]),
        range_min_c=range_min_c,
        range_max_c=range_max_c,
        own_figures=_own_figures(stated, unit.lower()),
        understood=Understood(_TIME_COLUMN, ("T",), (unit,), unread=unread.sentences()),
    )


def _statements(lines: Sequence[str]) -> dict[str, str]:
    """Path to value, such as `Res/Alarm/1/t A` to `4226`. The first statement of a path counts."""
    found: dict[str, str] = {}
    path: list[tuple[int, str]] = []
    for line in lines:
        body = line.strip()
        depth = len(line) - len(line.lstrip())
        while path and path[-1][0] >= depth:
            path.pop()
        # What a user typed may look like anything, so it is never taken apart.
        for pair in [body] if body.startswith("User String") else _PAIR.split(body):
            key, colon, text = pair.partition(":")
            if colon:
                found.setdefault("/".join([*(name for _, name in path), key.strip()]), text.strip())
        if body.endswith(":"):
            path.append((depth, body[:-1]))
    return found


def _unit(stated: str, asked: Unit | None) -> Unit:
    """A Q-tag states none and logs in °C; a Fridge-tag can be set to °F and says so."""
    found = unit_of(stated)
    if found == "K":
        raise Rejection(
            "unit_unknown",
            f"'Temp unit' is {shown(stated)}, expected C or F. Set the device to °C and read it out again.",
        )
    return one_unit(found, asked) or "C"


def _interval_s(stated: str) -> int | None:
    return int(stated) * 60 if re.fullmatch(r"[0-9]{1,5}", stated) and int(stated) else None


def _wall(text: str) -> int | None:
    """What a clock showed, as microseconds since 1970."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute = map(int, found.groups())
    try:
        return (datetime(year, month, day, hour, minute, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    except ValueError:
        return None


def _time(stated: dict[str, str], *paths: str) -> int | None:
    """The first of these times that is stated; a device leaves those that did not happen empty."""
    for path in paths:
        if text := stated.get(path):
            if (wall := _wall(text)) is None:
                raise Rejection(
                    "time_unreadable",
                    f"{shown(path)}: found {shown(text)}, expected a time such as 2023-04-17 15:23. "
                    "Read the device out again.",
                )
            return wall
    return None


def _table(
    lines: Sequence[str], start: int, unit: Unit, unread: Unread
) -> tuple[list[int], list[tuple[float, Quality]]]:
    """Times and temperatures of the tab-indented rows from line index `start` up to the next statement."""
    header = lines[start] if start < len(lines) else ""
    if header.startswith("\t") and header.split("\t")[1:3] != [_TIME_COLUMN, "T"]:
        raise Rejection(
            "columns_unknown",
            f"line {start + 1}: the table's columns are {shown(header.strip())}, "
            "expected 'yyyy-MM-dd hh:mm' and 'T'. Tell us of this device, or import its readings as CSV.",
        )
    walls: list[int] = []
    temperatures: list[tuple[float, Quality]] = []
    for at in range(start + 1, len(lines)):
        line = lines[at]
        if not line.strip():
            continue
        if not line.startswith("\t"):
            if not _STATEMENT.match(line):
                raise unreadable(
                    at + 1, "all", line, "a row of the table, or a statement such as 'Cert:' after its end"
                )
            break
        if at == len(lines) - 1:
            raise Rejection(
                "file_truncated",
                f"the file ends inside its table, in line {at + 1}, {shown(line.strip())}: it was not copied whole. "
                "Copy it from the device again.",
            )
        cells = line[1:].split("\t")
        if (wall := _wall(cells[0].strip())) is None:
            raise unreadable(at + 1, _TIME_COLUMN, cells[0], "a time such as 2023-04-17 15:23")
        number = _temperature(cells[1], unit) if len(cells) > 1 else None
        if number is None and len(cells) > 1 and is_word(cells[1]):
            unread.add(f"line {at + 1}, column 'T': found {shown(cells[1])}", "row_unreadable")
            continue
        if number is None:
            raise unreadable(at + 1, "T", "".join(cells[1:2]), f"a number in °{unit}, HI, LO or --.-")
        walls.append(wall)
        temperatures.append(number)
    unread.refuse_if_many(len(walls))
    if not walls:
        raise Rejection(
            "no_readings", "the 'Data:' table has no rows: the device logged nothing. Check it was started."
        )
    return walls, temperatures


def _temperature(text: str, unit: Unit) -> tuple[float, Quality] | None:
    """In °C, NaN where there is no number; None: it cannot be read, or says another unit itself."""
    cell = cell_of(text)
    if cell is None or (cell.unit and cell.unit != unit):
        return None
    return (math.nan, cell.quality) if cell.number is None else in_celsius(cell.number, unit)


def _own_figures(stated: dict[str, str], unit: str) -> dict[str, str]:
    """The device's statements, as it wrote them (truncated to 0.1 degrees), in its own unit and local time.

    A Fridge-tag counts by day: its keys begin with the date, `2023-04-17.alarm_1_minutes`.
    """
    figures = {key: stated.get(path, "") for key, path in _FIGURES}
    alarms = dict.fromkeys(found[1] for path in stated if (found := re.match(r"Conf/Alarm/([0-9]{1,2})/", path)))
    by_day = {
        f"{day}.": path.removesuffix("Date")
        for path, day in stated.items()
        if re.fullmatch(r"Hist/[0-9]{1,3}/Date", path)
    }
    for alarm in alarms:
        setting = f"Conf/Alarm/{alarm}/"
        kind = stated.get(setting + "Type")
        figures[f"alarm_{alarm}_kind"] = (
            {"0": "below", "1": "above"}.get(alarm, "") if kind is None else _KINDS.get(kind, "")
        )
        for name, key in _ALARM_SETTINGS:
            figures[f"alarm_{alarm}_{name}"] = stated.get(setting + key, "")
    for prefix, path in {"": "Res/", **by_day}.items():
        if prefix:
            figures |= {prefix + name: stated.get(path + key, "") for name, key in _DAY_FIGURES}
        for alarm in alarms:
            for name, key in _ALARM_FIGURES:
                if found_ := stated.get(f"{path}Alarm/{alarm}/{key}"):
                    figures[f"{prefix}alarm_{alarm}_{name}"] = found_
    return {key.replace("{u}", unit): text for key, text in figures.items() if text}
