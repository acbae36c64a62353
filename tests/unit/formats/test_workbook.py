"""Excel workbooks of loggers (values invented): cells are what a person sees, and no file stops the service."""

import io
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest

from service.domain.series.quality import Quality
from service.formats.files import parse_file
from service.formats.reading import Rejection

AT = datetime(2026, 3, 2, 6, 0)  # noqa: DTZ001  what a cell shows has no zone
ELITECH: list[list[object]] = [
    ["Device Model", "RC-5+"],
    ["Serial Number", "EF5123456789"],
    ["Time Zone", "UTC+08:00"],
    [],
    ["No.", "Time", "Temperature°C"],
    [1, AT, 4.5],
    [2, AT + timedelta(minutes=10), 4.6000000000000005],
    [3, "2026-03-02 06:20:00", "--"],
    [4, "2026-03-02 06:30:00", "4.7"],
    [],
    ["Average", None, 4.6],
]


def workbook(**sheets: list[list[object]]) -> bytes:
    """The bytes of a workbook with these rows in its sheets."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


WORKBOOK = workbook(List=ELITECH)


def refusal(content: bytes) -> Rejection:
    with pytest.raises(Rejection) as caught:
        parse_file(content, "UTC", logger_id="f7")
    return caught.value


def test_an_elitech_workbook() -> None:
    """Dates and numbers, as cells of their own kind or as texts, are the same readings as in CSV."""
    found = parse_file(workbook(List=ELITECH), None)
    assert found.logger_id == "EF5123456789"
    first_us = int(datetime.fromisoformat("2026-03-02T06:00:00+08:00").timestamp()) * 1_000_000
    assert [(r.measured_at_us, r.temperature_c) for r in found.readings] == [
        (first_us + at * 600_000_000, celsius) for at, celsius in enumerate([4.5, 4.6, None, 4.7])
    ]
    assert found.understood is not None
    assert found.understood.skipped == {"lines above the table": 3, "rows below the readings": 1}


def test_what_another_sheet_says_of_the_logger_counts() -> None:
    """A summary stands on a sheet of its own, before the readings or after them."""
    for sheets in ({"Summary": ELITECH[:4], "List": ELITECH[4:]}, {"List": ELITECH[4:], "Summary": ELITECH[:4]}):
        found = parse_file(workbook(**sheets), None)
        assert (found.logger_id, len(found.readings)) == ("EF5123456789", 4)
    assert refusal(workbook(A=ELITECH, B=ELITECH)).code == "columns_ambiguous"
    more = [["2026-03-03 06:00:00", 9.5, ""]]
    assert (
        refusal(workbook(A=[["time", "temp °C", "note"], ["2026-03-02 06:00", 4.5, ""]], B=more)).code
        == "row_unreadable"
    )
    assert refusal(workbook(A=[["a", "b"], [1, 2]])).code == "unknown_layout"


def test_day_and_hour_in_cells_of_their_own() -> None:
    """Midnight is a time of day, and a day without one is none."""
    rows: list[list[object]] = [["Date", "Time", "Temp °C"]]
    rows += [[date(2026, 3, 2), time(0, 0), -79.8], [date(2026, 3, 2), time(0, 10, 30), "HI"]]
    found = parse_file(workbook(S=rows), "UTC", logger_id="f7").readings
    at_us = int(datetime.fromisoformat("2026-03-02T00:00:00+00:00").timestamp()) * 1_000_000
    assert [(r.measured_at_us, r.temperature_c, r.quality) for r in found] == [
        (at_us, -79.8, Quality.OK), (at_us + 630_000_000, None, Quality.HI),
    ]  # fmt: skip
    midnight: list[list[object]] = [["Time", "Temp °C"], [datetime(2026, 3, 2), -79.8]]  # noqa: DTZ001  a cell's
    assert parse_file(workbook(S=midnight), "UTC", logger_id="f7").readings[0].measured_at_us == at_us
    assert refusal(workbook(S=[["Time", "Temp °C"], [46083.25, 4.5]])).code == "row_unreadable"


def test_without_the_reader_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever installed without the extra is told, and can save the sheet as CSV."""
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    assert "pip install 'unbroken[xlsx]'" in str(refusal(WORKBOOK))


def changed(name: str, content: bytes) -> bytes:
    """The workbook with one part written anew."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(WORKBOOK)) as old, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr(name, content)
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry.filename, old.read(entry))
    return written.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
OPEN = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
CLOSE = b"</sheetData></worksheet>"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (changed("xl/styles.xml", b" " * (2 << 20)), "too_large"),
        (changed(SHEET, OPEN + b'<row r="99999999"><c r="A99999999"><v>1</v></c></row>' + CLOSE), "row_unreadable"),
        (changed(SHEET, b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + OPEN + CLOSE), "unknown_layout"),
        (changed(SHEET, OPEN + b"<row><c"), "unknown_layout"),
        (WORKBOOK[:-40], "unknown_layout"),
        (WORKBOOK[:200] + b"\0" * 50 + WORKBOOK[250:], "unknown_layout"),
    ],
    ids=["styles", "far-row", "entities", "broken-sheet", "cut", "damaged"],
)
def test_no_workbook_stops_an_import(content: bytes, code: str) -> None:
    """A few kilobytes that claim to be gigabytes are refused, and so is what is damaged."""
    assert refusal(content).code == code


@pytest.mark.parametrize(
    ("part", "bound"), [(SHEET, "_LARGEST_BYTES"), ("xl/sharedStrings.xml", "_LARGEST_TEXTS_BYTES")]
)
def test_what_it_unpacks_to_is_bounded(part: str, bound: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kilobyte can unpack to a megabyte, and a megabyte to all there is."""
    monkeypatch.setattr(f"service.formats.workbook.{bound}", 1 << 20)
    assert refusal(changed(part, b" " * (2 << 20))).code == "too_large"


def test_a_row_may_not_claim_all_columns_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thirty letters of a file can stand for 18,000 empty cells."""
    monkeypatch.setattr("service.formats.workbook._MOST_CELLS", 100_000)
    names = b'<row><c t="str"><v>time</v></c><c t="str"><v>temp_c</v></c></row>'
    wide = b'<row><c r="ZZZ1"/></row>' * 10
    assert refusal(changed(SHEET, OPEN + names + wide + CLOSE)).code == "too_large"


@pytest.mark.parametrize(
    ("head", "says"),
    [
        (b"%PDF-1.7\n", "Give the device's own data file"),
        (b"\xef\xbb\xbf\r\n%PDF-1.4 time,temp\n", "Give the device's own data file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "save"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
    ],
)
def test_what_is_for_people_is_refused_with_words(head: bytes, says: str, tmp_path: Path) -> None:
    """A report is no record, whatever its file is called."""
    report = tmp_path / "report.txt"
    report.write_bytes(head + b"time,temp_c\n2026-03-02 06:00,4.5\n")
    with report.open("rb") as file, pytest.raises(Rejection) as caught:
        parse_file(file, "UTC", logger_id="f7")
    assert caught.value.code == "unknown_layout"
    assert says.lower() in str(caught.value).lower()
