"""Files in the layouts of devices in the field (values invented): each is read rightly, or refused in words."""

from datetime import datetime
from pathlib import Path

import pytest

from service.formats.csv_columns import CsvColumns
from service.formats.files import parse_file
from service.formats.logger_file import LoggerFile
from service.formats.reading import Rejection
from service.formats.units import Unit

FIELD = Path(__file__).parents[2] / "field"
AQUARIUS = CsvColumns(measured_at="Timestamp (UTC+12:00)", temperature="Value (°C)")
HISTORY = CsvColumns(measured_at="last_changed", temperature="state", logger_id="entity_id")


def read(name: str, zone: str | None = None, columns: CsvColumns | None = None, unit: Unit | None = None) -> LoggerFile:
    """A file of a device."""
    with (FIELD / name).open("rb") as file:
        return parse_file(file, zone, logger_id="f7", columns=columns, unit=unit)


def refusal(name: str, zone: str | None = None, columns: CsvColumns | None = None, unit: Unit | None = None) -> str:
    """The code it is refused with."""
    with pytest.raises(Rejection) as caught:
        read(name, zone, columns, unit)
    return caught.value.code


def us(moment: str) -> int:
    """Microseconds since 1970."""
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000_000


def rows(file: LoggerFile) -> list[tuple[int, float | None]]:
    """Instants and temperatures."""
    return [(reading.measured_at_us, reading.temperature_c) for reading in file.readings]


def test_a_fridge_in_fahrenheit_on_a_clock_of_its_own() -> None:
    """HOBOware: 39.2 °F is 4.0 °C, and GMT-08:00 has no summer time, whatever the zone of the site has."""
    found = rows(read("hobo-csv/hoboware-noplot.csv"))
    assert found == [
        (us("2026-07-13T09:00:00Z") + at * 1_800_000_000, celsius)
        for at, celsius in enumerate([4.0, 3.888889, 5.0, 10.0, 10.0, 5.0, 4.0, 3.888889])
    ]
    assert rows(read("hobo-csv/hoboware-noplot.csv", "-08:00")) == found
    assert refusal("hobo-csv/hoboware-noplot.csv", "America/Los_Angeles") == "zone_contradicted"
    assert refusal("hobo-csv/hoboware-noplot.csv", unit="C") == "unit_contradicted"


def test_a_column_of_universal_time_is_universal() -> None:
    """06:00 GMT is 06:00 UTC, not 11:00, wherever the importer sits."""
    for name in ("gmt-in-header/gmt.csv", "gmt-in-header/utc.csv"):
        assert rows(read(name))[0] == (us("2026-03-02T06:00:00Z"), 4.0)
        assert refusal(name, "America/New_York") == "zone_contradicted"
        # In March London keeps the same time.
        assert rows(read(name, "Europe/London"))[0] == (us("2026-03-02T06:00:00Z"), 4.0)


def test_a_columns_offset_counts_though_a_saved_model_names_it() -> None:
    """Twelve hours are half a night's excursion on the wrong shift."""
    assert rows(read("offset-in-header/aquarius.csv", columns=AQUARIUS))[0] == (us("2026-03-01T18:00:00Z"), 4.0)
    assert refusal("offset-in-header/aquarius.csv", "UTC", AQUARIUS) == "zone_contradicted"
    assert rows(read("offset-in-header/aquarius.csv", "+12:00", AQUARIUS))[0][0] == us("2026-03-01T18:00:00Z")


def test_one_letter_signs_are_units() -> None:
    """℃ stands in a header or in each cell."""
    assert [celsius for _, celsius in rows(read("celsius-sign/header.csv", "UTC"))] == [4.5]
    assert [celsius for _, celsius in rows(read("celsius-sign/cells.csv", "UTC"))] == [4.5, 4.6]
    assert refusal("celsius-sign/header.csv", "UTC", unit="F") == "unit_contradicted"
    assert refusal("celsius-sign/cells.csv", "UTC", unit="F") == "row_unreadable"


def test_quotes_leave_a_comma_no_other_meaning() -> None:
    """A decimal comma between quotes is a decimal comma."""
    assert [celsius for _, celsius in rows(read("quoted-decimal-comma/quoted.csv"))] == [-79.8, -79.5]


@pytest.mark.parametrize(
    ("name", "columns", "unit", "code"),
    [
        ("hobo-csv/hoboware.csv", None, None, "unknown_layout"),
        ("hobo-mobile/hobomobile.csv", None, None, "unknown_layout"),
        ("ibutton/ibutton.csv", None, None, "unknown_layout"),
        ("boxcar/boxcar.txt", None, None, "columns_ambiguous"),
        ("wide-table/wide.csv", None, None, "columns_ambiguous"),
        ("wide-table/plain.csv", None, None, "columns_ambiguous"),
        ("govee/govee.csv", None, None, "columns_unknown"),
        ("lascar/easylog.txt", None, None, "row_unreadable"),
        ("home-assistant-history/history.csv", HISTORY, None, "unit_required"),
        ("home-assistant-history/history.csv", HISTORY, "C", "logger_mismatch"),
    ],
)
def test_what_is_not_understood_is_refused(name: str, columns: CsvColumns | None, unit: Unit | None, code: str) -> None:
    """Layouts that are not read yet are never read wrongly."""
    assert refusal(name, "UTC", columns, unit) == code
