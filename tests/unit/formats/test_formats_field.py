"""Files in the layouts of devices in the field (values invented): each is read rightly, or asked about in words."""

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
    """A file of a device; the logger is asked for where the file does not say it."""
    with (FIELD / name).open("rb") as file:
        try:
            return parse_file(file, zone, columns=columns, unit=unit)
        except Rejection as rejection:
            if rejection.code != "logger_required":
                raise
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
    assert read("hobo-csv/hoboware.csv").logger_id == "70001234"
    assert rows(read("hobo-csv/hoboware.csv")) == rows(read("hobo-csv/hoboware-noplot.csv"))
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


def test_an_event_of_the_device_is_no_reading() -> None:
    """HOBOmobile: a row that says only that somebody pressed a button measures nothing."""
    found = read("hobo-mobile/hobomobile.csv")
    assert found.logger_id == "70005678"
    assert rows(found) == [
        (us("2026-05-03T03:08:23Z"), 4.0),
        (us("2026-05-03T03:38:23Z"), 5.0),
        (us("2026-05-03T03:53:23Z"), 10.0),
        (us("2026-05-03T04:08:23Z"), 5.0),
    ]
    assert found.understood is not None
    assert found.understood.skipped == {"lines above the table": 1, "rows of events without a measurement": 1}


def test_a_column_in_degrees_that_is_not_taken_is_told() -> None:
    """A dew point is no fridge's temperature; nor is what nobody knows, beside a column that says it is one."""
    text = "time,Temperature (°C),Dew Point (°C),Heat Stress (°C)\n2026-03-02 06:00,4.5,1,2\n"
    found = parse_file(text.encode(), "UTC", logger_id="f7")
    assert [reading.temperature_c for reading in found.readings] == [4.5]
    assert found.understood is not None
    assert found.understood.passed_over == ("Dew Point (°C)", "Heat Stress (°C)")
    assert "not taken: column 'Dew Point (°C)'" in found.understood.sentences()


def test_a_unit_beside_each_value() -> None:
    """iButton: the column is called Value, and each row says in which unit."""
    found = read("ibutton/ibutton.csv", "Europe/Zurich")
    assert found.logger_id == "550000003A2B1C41"
    assert rows(found) == [(us("2026-03-25T07:00:01Z"), 4.5), (us("2026-03-25T07:10:01Z"), 4.6)]


def test_the_serial_number_stands_in_the_first_row_alone() -> None:
    """Lascar EasyLog: the rows after it are a cell shorter, and are readings all the same."""
    found = read("lascar/easylog.txt", "UTC")
    assert found.logger_id == "010012345"
    assert [celsius for _, celsius in rows(found)] == [4.5, 5.0, 9.0, 9.5, 5.0, 4.5]
    assert rows(found)[0][0] == us("2026-03-02T08:44:43Z")


def test_goves_time_has_a_long_name() -> None:
    """Govee Home writes how often it measured into the name of its column."""
    found = rows(read("govee/govee.csv", "Europe/Zurich"))
    assert found[0] == (us("2026-03-02T18:19:00Z"), 5.3)
    assert len(found) == 6


def test_channels_beside_each_other_are_probes() -> None:
    """A fridge measured in two places has two courses, each under the name that its column gives it."""
    for name, probes in (("wide", ("Air", "Shelf")), ("plain", ("1", "2"))):
        found = read(f"wide-table/{name}.csv", "UTC")
        by_probe = {probe: [x.temperature_c for x in found.readings if x.probe == probe] for probe in probes}
        assert by_probe == {probes[0]: [4.5, 4.6, 4.7], probes[1]: [5.0, 5.1, 9.0]}
        assert len(found.readings) == 6


def test_a_sensor_that_was_away_costs_its_rows_alone() -> None:
    """Home Assistant writes `unavailable` where a number was not there; the night before and after counts."""
    found = rows(read("home-assistant-history/history.csv", columns=HISTORY, unit="C"))
    assert [celsius for _, celsius in found] == [-79.8, None, None, -79.6]
    assert refusal("home-assistant-history/history.csv", columns=HISTORY) == "unit_required"


def test_which_of_two_resolutions_counts_is_asked() -> None:
    """BoxCar writes one channel twice."""
    assert refusal("boxcar/boxcar.txt", "UTC") == "columns_ambiguous"
    chosen = CsvColumns(temperature="High-Res Temp (*C) c:1 2")
    assert [celsius for _, celsius in rows(read("boxcar/boxcar.txt", "UTC", chosen))] == [5.22, 4.35]


@pytest.mark.parametrize(
    ("name", "zone", "logger_id", "first", "temperatures"),
    [
        ("hobo-connect/hoboconnect.csv", None, "f7", "2026-05-13T15:00:00Z", [4.0, 5.0, 10.0]),
        ("logtag/logtag.csv", "UTC", "A0X101234567", "2026-03-02T06:00:00Z", [4.5, 8.6, 4.4]),
        ("elitech/elitech.csv", None, "EF5123456789", "2026-03-02T06:00:00Z", [4.5, None, 4.7]),
        ("testo/testo.csv", "UTC", "f7", "2026-03-02T06:00:00Z", [4.5, 5.1, 4.6, 5.2]),
        ("sensorpush/sensorpush.csv", "UTC", "f7", "2026-03-02T06:00:00Z", [4.0, 5.0]),
    ],
)
def test_each_maker_has_its_own_table(
    name: str, zone: str | None, logger_id: str, first: str, temperatures: list[float | None]
) -> None:
    """Preambles, units, clocks, serial numbers, events and summaries stand elsewhere in each maker's file."""
    found = read(name, zone)
    assert found.logger_id == logger_id
    assert rows(found)[0][0] == us(first)
    assert [celsius for _, celsius in rows(found)] == temperatures


@pytest.mark.parametrize(
    ("text", "unit", "readings"),
    [
        ("Date,Temp,RH\n,°F,%\n2026-03-02 06:00,41,40\n", None, [("", 5.0)]),  # units in a row of their own
        ("time,temp1,temp2\n2026-03-02 06:00,4.5,5\n", "C", [("1", 4.5), ("2", 5.0)]),
        ("Date Time\tTemperature (*F) c:1\n2026-03-02 06:00\t41\n", None, [("", 5.0)]),
        ("Date Time, GMT+00:00;Temp, °F\n2026-03-02 06:00;41,0\n", None, [("", 5.0)]),  # commas in names
        ("Date Time, GMT+00:00\tTemp, °F\n2026-03-02 06:00\t41.0\n", None, [("", 5.0)]),
        ("Date/Time;[°F] C1\n2026-03-02 06:00;41,0\n", None, [("", 5.0)]),  # Testo's first channel, not Celsius
        ("Date-Time (Std);Temp °C\n2026-03-02 06:00;4.5\n", None, [("", 4.5)]),
        ("Date-Time (WET/WEST);Temp °C\n2026-03-02 06:00;4.5\n", None, [("", 4.5)]),
        ("序号,日期,时间,温度(℃)\n1,2026-03-02,06:00:00,4.5\n", None, [("", 4.5)]),
        ("Дата;Время;Температура, °C\n02.03.2026;06:00;4,5\n", None, [("", 4.5)]),
        ("Date and Time;temp\n2026-03-02 06:00;–4,5 °С\n", None, [("", -4.5)]),  # a dash, and a Cyrillic letter
        ("time,Air (°C),Shelf (°F)\n2026-03-02 06:00,4.5,41\n", None, [("Air", 4.5), ("Shelf", 5.0)]),
        ("Temperature Unit: F\nDate,Temperature\n2026-03-02 06:00,41\n", None, [("", 5.0)]),
        ("time,temp °C\n2026-03-02 06:00,4.5\n2026-03-02 06:10,Err\n", None, [("", 4.5), ("", None)]),
        ("time,temp °C\n02-Mar-2026 06:00,4.5\n*** End ***\n", None, [("", 4.5)]),
        ("time,temp °C,High Alarm (°C),Alarm\n2026-03-02 06:00,4.5,8,\n", None, [("", 4.5)]),
        ("entity_id,state,last_changed\nsensor.f,4.5,2026-03-02T06:00:00Z\n", "C", [("", 4.5)]),
    ],
)
def test_siblings_of_what_came(text: str, unit: Unit | None, readings: list[tuple[str, float | None]]) -> None:
    """What one maker writes another writes a little otherwise."""
    logger_id = "sensor.f" if "sensor.f" in text else "f7"
    found = parse_file(text.encode(), "UTC", logger_id=logger_id, unit=unit).readings
    assert [(reading.probe, reading.temperature_c) for reading in found] == readings
    assert found[0].measured_at_us == us("2026-03-02T06:00:00Z")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("time,temp_c,temp_f\n2026-03-02 06:00,4.5,41\n", "columns_ambiguous"),
        ("time,Raw temp °C,Corrected temp °C\n2026-03-02 06:00,4.5,4\n", "columns_ambiguous"),
        ("time,temp °C\n2026-03-02 06:00,4.5\nPaused\n2026-03-02 06:20,4.5\n", "row_unreadable"),
        ("time,temp °C\n2026-03-02 06:00,4.5\n????,4\n", "row_unreadable"),
        ("2026-03-02 05:50,4.5\ntime,temp °C\n2026-03-02 06:00,4.5\n", "row_unreadable"),
        ("Serial Number: A\nSerial Number: B\ntime,temp °C\n2026-03-02 06:00,4.5\n", "several_loggers"),
        ("Temperature Unit: F\ntime,temp °C\n2026-03-02 06:00,4.5\n", "unit_contradicted"),
        ("Date-Time (EST/EDT);Temp °C\n2026-03-02 06:00;4.5\n", "zone_contradicted"),
        ("%PDF-1.7\n", "unknown_layout"),
    ],
)
def test_no_reading_is_lost_in_what_stands_around(text: str, code: str) -> None:
    """A row that may be a reading is read or refused, wherever it stands."""
    with pytest.raises(Rejection) as caught:
        parse_file(text.encode(), "UTC", logger_id="A")
    assert caught.value.code == code
