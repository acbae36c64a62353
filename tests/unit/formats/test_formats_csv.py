"""CSV exports of loggers: as many ways of writing a time as there are makers, and none of them guessed."""

import re
import time
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.series.quality import Quality
from service.formats.csv_columns import CsvColumns
from service.formats.files import parse_file
from service.formats.logger_file import LoggerFile
from service.formats.reading import Rejection

PLAIN = "measured_at,temperature_c\n2026-01-10T08:00:00Z,-80.1\n2026-01-10T08:05:00Z,-79.9\n"


def read(text: str, zone: str | None = None, columns: CsvColumns | None = None, logger_id: str = "f7") -> LoggerFile:
    return parse_file(text.encode(), zone, logger_id=logger_id, columns=columns)


def refusal(text: str, zone: str | None = "UTC", columns: CsvColumns | None = None, logger_id: str = "f7") -> Rejection:
    with pytest.raises(Rejection) as caught:
        read(text, zone, columns, logger_id)
    return caught.value


def us(moment: str) -> int:
    """Microseconds since 1970 of an ISO moment with an offset."""
    at = datetime.fromisoformat(moment)
    return int(at.replace(microsecond=0).timestamp()) * 1_000_000 + at.microsecond


def first(text: str, zone: str | None = None, columns: CsvColumns | None = None) -> tuple[int, float | None]:
    reading = read(text, zone, columns).readings[0]
    return reading.measured_at_us, reading.temperature_c


def test_a_plain_table() -> None:
    """Times that carry their offset need no zone; what the table does not state stays unknown."""
    parsed = read(PLAIN)
    assert [(reading.measured_at_us, reading.temperature_c) for reading in parsed.readings] == [
        (us("2026-01-10T08:00+00:00"), -80.1),
        (us("2026-01-10T08:05+00:00"), -79.9),
    ]
    assert {(reading.logger_id, reading.probe, reading.quality) for reading in parsed.readings} == {
        ("f7", "", Quality.OK)
    }
    assert (parsed.logger_id, parsed.interval_s, parsed.starts_at_us, parsed.own_figures) == ("f7", None, None, {})


@pytest.mark.parametrize(
    "header",
    [
        "timestamp,temperature",
        "Time,Temp",
        "TIMESTAMP,TEMPERATURE (°C)",
        "Date/Time,Temperature °C",
        "DateTime,Temp. [C]",
        "measured_at,temperature_c",
        "Measured at,celsius",
        "Time,℃",
        "Zeitstempel,Temperatur (ºC)",
        "Date,Température",
    ],
)
def test_common_headers_are_known(header: str) -> None:
    """Every maker names its columns differently, and few agree with their own last version."""
    asked = CsvColumns(unit="C")
    assert first(f"{header}\n2026-01-10 08:00,5.5\n", "UTC", asked) == (us("2026-01-10T08:00+00:00"), 5.5)


@pytest.mark.parametrize("header", ["Temperature (°F)", "temp_f", "Temperature [F]", "°F", "Temperature Fahrenheit"])
def test_fahrenheit_in_the_header_is_honoured(header: str) -> None:
    """An American fridge at 41 is at 5 °C, not ruined."""
    assert first(f"time,{header}\n2026-01-10 08:00,41\n", "UTC")[1] == 5.0


def test_a_unit_may_stand_in_the_cell() -> None:
    """Some exports repeat the unit in each row; one that contradicts its column is not believed."""
    assert first("time,temperature\n2026-01-10 08:00,41 °F\n", "UTC")[1] == 5.0
    assert refusal("time,temperature_c\n2026-01-10 08:00,41 °F\n").code == "row_unreadable"
    assert first("time,temperature\n2026-01-10 08:00,41\n", "UTC", CsvColumns(unit="F"))[1] == 5.0
    assert refusal("time,temp_c\n2026-01-10 08:00,41\n", columns=CsvColumns(unit="F")).code == "unit_contradicted"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("time;temp_c\n2026-01-10 08:00;-79,8\n", -79.8),
        ("time;temp_c\n2026-01-10 08:00;-79.8\n", -79.8),
        ("time\ttemp_c\n2026-01-10 08:00\t−79,8\n", -79.8),
        ("sep=;\ntime;temp_c\n2026-01-10 08:00;5,25\n", 5.25),
        ('"time","temp_c"\n"2026-01-10 08:00","+5.25"\n', 5.25),
        ("time,temp_c,\n2026-01-10 08:00,5.25,\n\n,,\n", 5.25),
        ("\n\r\ntime,temp_c\r\n2026-01-10 08:00,5.25", 5.25),
        ("time;temperature, °C\n2026-01-10 08:00;5,25\n", 5.25),
    ],
)
def test_delimiters_and_decimal_signs(text: str, expected: float) -> None:
    """Where the comma is the decimal sign, as in most of Europe, the cells are parted by semicolons."""
    assert first(text, "UTC") == (us("2026-01-10T08:00+00:00"), expected)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1"])
def test_encodings(encoding: str) -> None:
    """The degree sign is where encodings differ, and the unit hangs on it."""
    text = "time,temperature °F\n2026-01-10 08:00,41\n"
    assert parse_file(text.encode(encoding), "UTC", logger_id="f7").readings[0].temperature_c == 5.0


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-04-03T10:00:00.123456789+02:00", "2026-04-03T10:00:00.123456+02:00"),
        ("2026-04-03 10:00:00.5 -0330", "2026-04-03T10:00:00.5-03:30"),
        ("2026-04-03 10:00 UTC", "2026-04-03T10:00+00:00"),
        ("2026-04-03t10:00:00z", "2026-04-03T10:00+00:00"),
        ("1775210400123", "2026-04-03T10:00:00.123+00:00"),
        ("2026/4/3 9:05", "2026-04-03T09:05+02:00"),
        ("03.04.2026 10:00", "2026-04-03T10:00+02:00"),
        ("25/04/2026 10:00:07", "2026-04-25T10:00:07+02:00"),
        ("04/25/2026 12:01 AM", "2026-04-25T00:01+02:00"),
        ("4/25/2026 12:01 p.m.", "2026-04-25T12:01+02:00"),
        ("04/04/2026 10:00", "2026-04-04T10:00+02:00"),
    ],
)
def test_ways_to_write_a_time(written: str, meant: str) -> None:
    """Microseconds are exact, an offset in the file outranks the zone, and a date that can mean one day means it."""
    assert first(f"time,temp_c\n{written},5.0\n", "Europe/Zurich")[0] == us(meant)


def test_a_header_may_say_utc() -> None:
    """A column named for UTC needs no zone, and takes none."""
    assert first("Time (UTC),temp_c\n2026-01-10 08:00,5\n")[0] == us("2026-01-10T08:00+00:00")
    assert first("timestamp_utc,temp_c\n2026-01-10 08:00,5\n")[0] == us("2026-01-10T08:00+00:00")


def test_date_and_time_may_be_two_columns() -> None:
    """Many loggers part the day from the hour."""
    text = "Date;Time;Temp_C\n10.01.2026;08:00:30;5,0\n"
    assert first(text, "UTC")[0] == us("2026-01-10T08:00:30+00:00")
    named = CsvColumns(date="Day", measured_at="Hour", temperature="Probe F", unit="C")
    assert first("Day,Hour,Probe F\n2026-01-10,08:00,5\n", "UTC", named) == (us("2026-01-10T08:00+00:00"), 5.0)


def test_an_ambiguous_date_is_refused() -> None:
    """03/04/2026 is 3 April or 4 March; a month's error proves the wrong shipment cold."""
    text = "time,temp_c\n03/04/2026 10:00,5\n03/04/2026 10:05,5\n"
    rejection = refusal(text)
    assert rejection.code == "date_ambiguous"
    assert "line 2" in str(rejection)
    assert "%d/%m/%Y %H:%M" in str(rejection)
    assert first(text, "UTC", CsvColumns(time_format="%d/%m/%Y %H:%M"))[0] == us("2026-04-03T10:00+00:00")
    assert first(text, "UTC", CsvColumns(time_format="%m/%d/%Y %H:%M"))[0] == us("2026-03-04T10:00+00:00")


def test_one_clear_date_settles_the_whole_file() -> None:
    """A file is written by one program in one order: 25/04/2026 anywhere in it says which."""
    rows = "03/04/2026 10:00,5\n25/04/2026 10:00,5\n"
    assert first(f"time,temp_c\n{rows}", "UTC")[0] == us("2026-04-03T10:00+00:00")
    assert first("time,temp_c\n03/04/2026 10:00,5\n03/13/2026 10:00,5\n", "UTC")[0] == us("2026-03-04T10:00+00:00")
    rejection = refusal(f"time,temp_c\n{rows}04/26/2026 10:00,5\n")
    assert rejection.code == "date_contradictory"
    assert "line 3" in str(rejection)
    assert "line 4" in str(rejection)


@pytest.mark.parametrize(
    ("cell", "quality"),
    [
        ("HI", Quality.HI),
        ("lo", Quality.LO),
        ("", Quality.MISSING),
        ("--.-", Quality.MISSING),
        ("---", Quality.MISSING),
        ("NaN", Quality.MISSING),
        ("n/a", Quality.MISSING),
        ("85.0", Quality.FAULT),
        ("-127", Quality.FAULT),
        ("327.67", Quality.FAULT),
    ],
)
def test_cells_that_are_no_usable_number(cell: str, quality: Quality) -> None:
    """A sensor has many ways of saying that it measured nothing; each is kept, none is used as a temperature."""
    reading = read(f"time,temp_c\n2026-01-10 08:00,{cell}\n", "UTC").readings[0]
    assert reading.quality is quality
    assert (reading.temperature_c is None) == (quality is not Quality.FAULT)


def test_probes_and_loggers_may_be_columns() -> None:
    """One table may hold several probes of a logger; several loggers are several files."""
    parsed = read("serial,probe,time,temp_c\nA1,top,2026-01-10 08:00,5\nA1,door,2026-01-10 08:00,6\n", "UTC", None, "")
    assert parsed.logger_id == "A1"
    assert [(reading.logger_id, reading.probe) for reading in parsed.readings] == [("A1", "top"), ("A1", "door")]
    text = "serial,time,temp_c\nA1,2026-01-10 08:00,5\nA2,2026-01-10 08:00,6\n"
    assert refusal(text).code == "several_loggers"
    assert refusal("serial,time,temp_c\nA1,2026-01-10 08:00,5\n").code == "logger_mismatch"
    assert refusal(PLAIN, logger_id="").code == "logger_required"


def test_each_probe_keeps_its_own_time_through_autumn() -> None:
    """Rows of two probes take turns; the repeated hour is followed in each. Newest first is as good as oldest first."""
    shown = ["01:40", "02:00", "02:20", "02:40", "02:00", "02:20", "02:40", "03:00"]
    rows = [f"2026-10-25 {at},{probe},-80" for at in shown for probe in ("top", "door")]
    for ordered in (rows, rows[::-1]):
        parsed = read("time,probe,temp_c\n" + "\n".join(ordered), "Europe/Zurich")
        for probe in ("top", "door"):
            times = sorted(reading.measured_at_us for reading in parsed.readings if reading.probe == probe)
            assert times == [us("2026-10-25T01:40+02:00") + at * 1_200_000_000 for at in range(8)]
    assert parsed.readings[0].measured_at_us > parsed.readings[-1].measured_at_us


def test_a_time_without_an_offset_needs_a_zone() -> None:
    """A wrong zone shifts an excursion into somebody else's custody."""
    assert refusal("time,temp_c\n2026-01-10 08:00,5\n", None).code == "zone_required"


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("time,temp_c\n", "no_readings", "no rows"),
        ("time,temp_c\n,\n", "no_readings", "no rows"),
        ("Hello there\n", "unknown_layout", "'Hello there'"),
        ("2026-01-10T08:00:00Z,5.3\n", "unknown_layout", "its first row names"),
        ("a,b\n1,2\n", "unknown_layout", "Berlinger"),
        ("time,humidity\n2026-01-10 08:00,50\n", "columns_unknown", "'humidity'"),
        ("temp,place\n5,here\n", "columns_unknown", "the time"),
        ("time,temp_c,temp_f\n2026-01-10 08:00,5,41\n", "columns_ambiguous", "'temp_c' and 'temp_f'"),
        ("time,temp (R)\n2026-01-10 08:00,500\n", "unit_required", "line 2, column 'temp (R)'"),
        (
            "time,temp_c\n2026-01-10 08:00,5\n2026-01-10 08:05,warm\n",
            "row_unreadable",
            "line 3, column 'temp_c': found 'warm'",
        ),
        ("time,temp_c\n\n2026-01-10 25:00,5\n", "row_unreadable", "line 3, column 'time': found '2026-01-10 25:00'"),
        ("time,temp_c\n2026-02-30 08:00,5\n", "row_unreadable", "line 2"),
        ("time,temp_c\n2026-01-10 13:00 pm,5\n", "row_unreadable", "line 2"),
        ("time,temp_c\n08:00,5\n", "row_unreadable", "expected a date and time"),
        ("time,temp_c\n202601100800,5\n", "row_unreadable", "expected a date and time"),
        ("time,temp_c\n25.13.2026 08:00,5\n", "row_unreadable", "line 2"),
        ("time,temp_c\n2026-01-10 08:00,5,3\n", "row_unreadable", "decimal sign"),
        ("time,x,temp_c\n2026-01-10 08:00,5\n", "row_unreadable", "3 cells, not 2"),
        ("time,temp_c,x\n2026-01-10 08:00,5,9\n2026-01-10 08:05,5", "file_truncated", "line 3"),
        ('time,temp_c\n2026-01-10 08:00,"5,3,1"\n', "row_unreadable", "'5,3,1'"),
        ("time;temp_c\n2026-01-10 08:00;1.234,5\n", "row_unreadable", "'1.234,5'"),
        ('time,temp_c,note\n2026-01-10 08:00,5,"a\n2026-01-10 08:05,9,"\n', "row_unreadable", "line break"),
        ('time,temp_c\n2026-01-10 08:00,5\n"2026-01-10 08:05,9\n', "row_unreadable", "quotes"),
        ("sep=;\n", "columns_unknown", "time"),
    ],
)
def test_a_table_is_read_whole_or_refused(text: str, code: str, says: str) -> None:
    """One row that cannot be read refuses them all, by line, column, what stood there and what should have."""
    rejection = refusal(text)
    assert (rejection.code, says in str(rejection)) == (code, True), str(rejection)


@pytest.mark.parametrize("row", ["2026-01-10 08:00,5{}x", "2026-01-10 08:00{}x,5", "2026-01-10{}x,5", "{}x,5"])
def test_a_long_cell_is_refused_at_once(row: str) -> None:
    """A damaged export must not keep the importer busy while a freezer's next readings wait."""
    started_s = time.thread_time()
    assert refusal("time,temp_c\n" + row.format(" " * 100_000) + "\n").code == "row_unreadable"
    assert time.thread_time() - started_s < 2


def test_columns_may_be_named() -> None:
    """A table whose names nobody could guess is still a table."""
    columns = CsvColumns(
        measured_at="Wann", temperature="Kanal 1", probe="Ort", unit="C", time_format="%d %b %Y %H.%M %z"
    )
    parsed = read("Nr;Wann;Kanal 1;Ort\n1;10 Jan 2026 08.00 +0100;5,5;oben\n", None, columns)
    assert (parsed.readings[0].measured_at_us, parsed.readings[0].temperature_c) == (us("2026-01-10T08:00+01:00"), 5.5)
    assert parsed.readings[0].probe == "oben"
    assert refusal(PLAIN, columns=CsvColumns(temperature="T9")).code == "columns_unknown"
    assert refusal(PLAIN, columns=CsvColumns(time_format="%Y %Y %")).code == "row_unreadable"


cells = st.text(alphabet='0123456789/-:. ,;\t"\r\n+°CFHILOTZnasep=', max_size=20)


@given(
    st.one_of(st.binary(max_size=200), st.lists(cells, max_size=6).map(",".join).map(str.encode)),
    st.sampled_from([b"", b"time,temp_c\n", b"date;time;temp \xb0F;probe\n", b"\xef\xbb\xbfsep=;\n", b"\xff\xfe"]),
    st.sampled_from([None, CsvColumns(unit="F"), CsvColumns(time_format="%d/%m/%y %z"), CsvColumns(measured_at="x")]),
)
def test_bytes_of_any_kind_give_readings_or_a_rejection(
    content: bytes, head: bytes, columns: CsvColumns | None
) -> None:
    """Whatever is uploaded as a logger's file, the answer is readings or words."""
    for zone in ("Europe/Zurich", None):
        try:
            outcome: object = parse_file(head + content, zone, logger_id="f7", columns=columns)
        except Rejection as rejection:
            outcome = str(rejection)
        assert outcome


@given(st.integers(0, 10_000), st.text(alphabet='0123456789/-:. ,;"\r\n+HILO', max_size=4), st.booleans())
def test_a_slip_in_the_text_gives_readings_or_a_rejection(at: int, instead: str, by_hand: bool) -> None:
    """A cell edited by hand is still a reading or is named by its line; no row is lost in silence."""
    text = PLAIN if by_hand else "Date;Time;Temp_C\n25/10/2026;02:30;5,0\n25/10/2026;02:40;HI\n25/10/2026;03:00;\n"
    start = at % len(text)
    try:
        slipped = text[:start] + instead + text[start + 1 :]
        parsed = read(slipped, "Europe/Zurich")
    except Rejection as rejection:
        assert str(rejection)  # noqa: PT017  either outcome is right
    else:
        lines = [line for line in re.split(r"[\r\n]+", slipped) if line.strip(' \t,;"')]
        assert parsed.understood is not None
        assert len(parsed.readings) + sum(parsed.understood.skipped.values()) == len(lines) - 1
