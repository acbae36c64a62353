"""A logger's own file, whichever it is: which letters, which layout, whose, and by which clock."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import partial
from itertools import pairwise
from zoneinfo import ZoneInfo

from service.formats.berlinger import is_berlinger, parse_berlinger, shown
from service.formats.csv_file import CsvColumns, is_column_name, parse_csv
from service.formats.reading import LoggerFile, Rejection

__all__ = ["CsvColumns", "parse_file", "zone_of"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)
_LAYOUTS = (
    "Known are the text file of a Berlinger device (it begins with 'Device:') and CSV "
    "(its first row names a time and a temperature column, such as measured_at,temperature_c)."
)
_FOREIGN = {
    b"%PDF": "a PDF. A Berlinger device writes a .txt beside it: give that one.",
    b"PK\x03\x04": "a zip archive or an Excel file. Save the sheet as CSV, or unpack the archive, and give that.",
}


def parse_file(
    content: bytes,
    zone: str | None,
    *,
    logger_id: str | None = None,
    columns: CsvColumns | None = None,
    model: str = "",
) -> LoggerFile:
    """All readings of one logger's file, in the file's order, duplicates kept; or a Rejection, and nothing.

    Args:
        zone: of the logger's clock: an IANA name, "UTC" or an offset such as "+01:00". Times that carry their own
            offset need none.
        logger_id: required where the file names no logger; where it does, they must agree.
        columns: what the columns of a CSV are, where their names do not say it.
        model: the logger's, where the file does not say it.
    """
    for magic, what in _FOREIGN.items():
        if content.startswith(magic):
            raise Rejection("unknown_layout", f"this is {what}")
    text = _decoded(content)
    first_line = next((line for line in re.split(r"[\r\n]+", text) if line.strip()), None)
    if first_line is None:
        raise Rejection("no_readings", "the file is empty. Read the logger out again.")
    localise = partial(_to_utc_us, zone_of(zone) if zone and zone.strip() else None)
    logger_id = (logger_id or "").strip() or None
    if is_berlinger(first_line):
        parsed = parse_berlinger(text, localise, logger_id=logger_id)
    elif delimiter := _delimiter(first_line, columns):
        parsed = parse_csv(text, delimiter, localise, logger_id=logger_id, asked=columns or CsvColumns())
    else:
        raise Rejection(
            "unknown_layout", f"the file's first line is {shown(first_line, 60)}, which is no known layout. {_LAYOUTS}"
        )
    if parsed.logger_id is None:
        raise Rejection("logger_required", "the file does not say which logger wrote it. Give the logger's id.")
    if logger_id is not None and parsed.logger_id != logger_id:
        raise Rejection(
            "logger_mismatch",
            f"the file is from logger {shown(parsed.logger_id)}, not {shown(logger_id)}. "
            "Give that logger's file, or leave the logger out.",
        )
    return parsed if parsed.model else replace(parsed, model=model)


def zone_of(name: str) -> tzinfo:
    """The zone of a name such as "Europe/Zurich", "UTC", "Etc/GMT-1" or "+01:00"."""
    name = name.strip()
    if found := re.fullmatch(r"([+\-−])([01][0-9]):?([0-5][0-9])", name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset <= timedelta(hours=14):
            return timezone(offset if found[1] == "+" else -offset)
    # Not places: the machine's own zone would make the result depend on the machine; right/ counts leap seconds.
    elif name and not name.startswith(("right/", "posix", "localtime", "Factory")):
        try:
            return ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            pass
    raise Rejection(
        "zone_unknown", f"{shown(name)} is no known time zone. Give one such as Europe/Zurich, UTC or +01:00."
    )


def _decoded(content: bytes) -> str:
    """Text of UTF-8 or UTF-16, with or without a byte order mark, else of Latin-1 (where 0xB0 is the degree sign)."""
    head = content[:200]
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = "utf-16"
    elif len(head) > 1 and head[1::2].count(0) * 2 > len(head[1::2]):
        encoding = "utf-16-le"
    elif len(head) > 1 and head[0::2].count(0) * 2 > len(head[0::2]):
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    if "\0" in text:
        raise Rejection("unknown_layout", f"the file is not text: it begins with {shown(text[:16])}. {_LAYOUTS}")
    return text


def _delimiter(first_line: str, columns: CsvColumns | None) -> str | None:
    """What is between the cells: that which shows most known column names. None: this is no CSV."""
    if found := re.fullmatch(r"(?i)sep=([,;\t])", first_line.strip(" ")):
        return found[1]
    scores = []
    for delimiter in ",;\t":
        with suppress(csv.Error):
            names = next(csv.reader([first_line], delimiter=delimiter, strict=True))
            known = sum(is_column_name(name.strip(), columns or CsvColumns()) for name in names)
            scores.append((known, len(names), delimiter))
    known, cells, delimiter = max(scores, default=(0, 0, ""))
    return delimiter if known or (columns is not None and cells > 1) else None


def _to_utc_us(zone: tzinfo | None, walls: Sequence[datetime], interval_us: int | None) -> list[int]:
    """Instants of what one logger's clock showed, in the file's order (oldest or newest first).

    A time that the zone skips in spring cannot have been shown by a clock that follows it, and is refused. A time
    that it repeats in autumn is settled by its neighbours: where the clock goes back, the second hour begins; a
    part of the hour that is joined at the logging interval to the time before it is of the first, to the time after it
    of the second. Joined to both, the clock did not switch; to neither, nobody knows: both are refused.
    """
    if zone is None:
        raise Rejection(
            "zone_required",
            f"the file's times, such as {walls[0]:%Y-%m-%d %H:%M}, carry no offset from UTC. "
            "Give the zone of the logger's clock, e.g. --zone Europe/Zurich.",
        )
    faces = [(wall - _EPOCH) // _US for wall in walls]
    steps = [later - earlier for earlier, later in pairwise(faces)]
    if sum(step < 0 for step in steps) > sum(step > 0 for step in steps):
        return _to_utc_us(zone, walls[::-1], interval_us)[::-1]
    offsets, seconds = [], []
    for wall in walls:
        local = wall.replace(tzinfo=zone)
        offsets.append(_offset_us(zone, local))
        seconds.append(_offset_us(zone, local.replace(fold=1)))
        if offsets[-1] < seconds[-1]:
            raise Rejection(
                "time_not_in_zone",
                f"{wall:%Y-%m-%d %H:%M} does not exist in {zone}: its clocks went forward. The logger's own clock "
                f"did not, so give its fixed offset instead, e.g. --zone {_written(offsets[-1])}.",
            )
    if interval_us is None:
        forward = sorted(step for step in steps if step > 0)
        interval_us = forward[len(forward) // 2] if forward else 0
    for start, end in _runs([first != second for first, second in zip(offsets, seconds, strict=True)]):
        turn = _turn(faces, start, end, interval_us, offsets[start] - seconds[start])
        if turn is None:
            raise Rejection(
                "time_ambiguous",
                f"{walls[start]:%Y-%m-%d %H:%M} comes twice in {zone}, when its clocks go back, and the rows around it "
                "do not show which is meant; most loggers' own clocks do not switch. Give the clock's fixed offset "
                f"instead, e.g. --zone {_written(offsets[start])}.",
            )
        offsets[turn:end] = seconds[turn:end]
    return [face - offset for face, offset in zip(faces, offsets, strict=True)]


def _offset_us(zone: tzinfo, local: datetime) -> int:
    return (zone.utcoffset(local) or timedelta()) // _US


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Half-open index ranges of neighbouring true flags."""
    start = None
    for at, flag in enumerate([*flags, False]):
        if flag and start is None:
            start = at
        elif not flag and start is not None:
            yield start, at
            start = None


def _turn(faces: Sequence[int], start: int, end: int, interval_us: int, shift_us: int) -> int | None:
    """From which index in a run of ambiguous times the clock had gone back; `end`: not in it. None: not known."""
    # A clock that goes back by an hour between readings an hour apart shows the same time twice.
    back = [
        at
        for at in range(start + 1, end)
        if (step := faces[at] - faces[at - 1]) < 0 or (step == 0 and interval_us >= shift_us)
    ]
    if back:
        return back[0] if len(back) == 1 else None
    near_us = interval_us * 3 // 2
    follows = start > 0 and 0 <= faces[start] - faces[start - 1] <= near_us
    precedes = end < len(faces) and 0 <= faces[end] - faces[end - 1] <= near_us
    if follows == precedes:
        return None
    return end if follows else start


def _written(offset_us: int) -> str:
    minutes = abs(offset_us) // 60_000_000
    return f"{'-' if offset_us < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
