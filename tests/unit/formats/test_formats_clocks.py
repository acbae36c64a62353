"""Clocks of files: twelve hours off, an excursion is somebody else's; a wrong month proves the wrong shipment cold."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.formats.csv_columns import CsvColumns
from service.formats.files import parse_file
from service.formats.reading import Rejection


def instants(text: str, zone: str | None = None, *, time_format: str | None = None) -> list[str]:
    """The times of a file's readings, in UTC."""
    found = parse_file(text.encode(), zone, logger_id="f7", unit="C", time_format=time_format)
    moments = [datetime.fromtimestamp(reading.measured_at_us / 1e6, UTC) for reading in found.readings]
    return [f"{moment:%Y-%m-%dT%H:%M}" for moment in moments]


def code(text: str, zone: str | None = None, *, time_format: str | None = None) -> str:
    """Why a file is refused."""
    with pytest.raises(Rejection) as caught:
        instants(text, zone, time_format=time_format)
    return caught.value.code


@pytest.mark.parametrize(
    ("column", "summer"),
    [
        *(
            (name, "12:00")
            for name in ("Timestamp (UTC)", "Time GMT", "time_utc", "measuredAtUtc", "Time (Z)", "Date/Time UTC")
        ),
        *((name, "20:00") for name in ("Date Time, GMT-08:00", "Time (UTC-8)", "Time UTC−0800", "Timestamp (-08:00)")),
        ("Timestamp (UTC+12:00)", "00:00"),
        ("Date Time - GMT +05:00", "07:00"),
        ("Time (UTC+5:30)", "06:30"),
        ("Time (Greenwich Mean Time)", "12:00"),
        ("Time (CET)", "11:00"),  # as stated, all year round
        ("Zeit (MESZ)", "10:00"),
        ("Time (Europe/Zurich)", "10:00"),  # a place has a summer time
        ("Time (Etc/GMT+8)", "20:00"),  # the sign of these names is turned round
    ],
)
def test_a_header_states_its_clock(column: str, summer: str) -> None:
    """Noon in July by it, wherever the file is imported, is one instant."""
    [found] = instants(f'"{column}",temperature\n2026-07-13 12:00,4\n')
    assert found[-5:] == summer
    assert code(f'"{column}",temperature\n2026-07-13 12:00,4\n', "Asia/Kathmandu") == "zone_contradicted"


@pytest.mark.parametrize("column", ["Time (CST)", "Time (EST)", "Time (Eastern Standard Time)", "Time GMT-08:00 DST"])
def test_a_clock_that_may_be_several_is_asked(column: str) -> None:
    """CST is the time of Chicago and of Shanghai."""
    assert code(f"{column},temperature\n2026-01-13 12:00,4\n") in {"zone_required", "zone_contradicted"}


def test_what_was_asked_is_heeded_if_it_is_one_of_them() -> None:
    """In winter Chicago keeps CST; Zürich never does, and in summer Chicago does not either."""
    text = "Time (CST),temperature\n2026-01-13 12:00,4\n"
    assert instants(text, "America/Chicago") == ["2026-01-13T18:00"]
    assert instants(text, "+08:00") == ["2026-01-13T04:00"]
    assert code(text, "Europe/Zurich") == "zone_contradicted"
    assert code(text.replace("01-13", "07-13"), "America/Chicago") == "zone_contradicted"


def test_a_zone_agrees_only_if_it_does_so_for_every_row() -> None:
    """London keeps GMT until the last Sunday of March, and a log that goes on shows the difference."""
    text = "Timestamp (GMT),temperature\n2026-03-28 12:00,4\n"
    assert instants(text, "Europe/London") == ["2026-03-28T12:00"]
    assert code(text + "2026-03-30 12:00,4\n", "Europe/London") == "zone_contradicted"


def test_two_clocks_in_one_file_contradict_each_other() -> None:
    """Whichever was meant, the other is hours off."""
    assert code("Time (UTC / UTC+2),temperature\n2026-03-28 12:00,4\n") == "zone_contradicted"
    assert code("Date (UTC),Time (UTC+2),temperature\n2026-03-28,12:00,4\n") == "zone_contradicted"
    assert code("Time (UTC),temperature\n2026-03-28 12:00+02:00,4\n") == "zone_contradicted"
    assert instants("Time (UTC),temperature\n2026-03-28 12:00Z,4\n") == ["2026-03-28T12:00"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("12:00 UTC+12:00", "00:00"),
        ("12:00 GMT-8", "20:00"),
        ("12:00 GMT-08:00", "20:00"),
        ("12:00Z", "12:00"),
        ("12:00 CET", "11:00"),
        ("12:00+02", "10:00"),
    ],
)
def test_a_cell_states_its_clock(cell: str, found: str) -> None:
    """What a row says of itself is so, and no zone is needed."""
    [moment] = instants(f"time,temperature\n2026-07-13 {cell},4\n")
    assert moment[-5:] == found


def test_a_column_may_state_the_clock_of_its_row() -> None:
    """An export that says the offset beside each time is not read by the importer's zone."""
    text = "time,timezone,temperature\n2026-07-13 12:00,UTC+12:00,4\n2026-07-13 12:00,GMT,4\n"
    assert instants(text, "Europe/Zurich") == ["2026-07-13T00:00", "2026-07-13T12:00"]
    assert code(text.replace("GMT", "Mars"), "Europe/Zurich") == "row_unreadable"


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (["07/13/26 01:00:00 AM", "07/13/26 12:00:00 PM"], ["2026-07-13T01:00", "2026-07-13T12:00"]),
        (["07/04/26 12:30 AM", "07/13/26 12:30 PM"], ["2026-07-04T00:30", "2026-07-13T12:30"]),
        (["3/25/26 8:00:01 AM"], ["2026-03-25T08:00"]),
        (["31-12-49 08:00"], ["2049-12-31T08:00"]),
        (["03/03/03 08:00"], ["2003-03-03T08:00"]),
    ],
)
def test_short_years_are_read_where_one_order_fits(rows: list[str], found: list[str]) -> None:
    """A date is taken if all of the file's dates leave it one meaning."""
    text = "time,temperature\n" + "".join(f"{row},4\n" for row in rows)
    assert instants(text, "UTC") == found


@pytest.mark.parametrize(
    "row", ["03/04/26 10:00", "05/03/2026 10:00", "26/03/15 10:00", "25.04.26 10:00", "1/2/26 1:00 AM"]
)
def test_dates_that_may_be_several_days_are_asked(row: str) -> None:
    """Nobody guesses which number is the month, the day or the year."""
    assert code(f"time,temperature\n{row},4\n", "UTC") == "date_ambiguous"


def test_whoever_is_asked_has_an_option() -> None:
    """The format settles it, and says no more than it can mean."""
    text = "time,temperature\n03/04/26 10:00 PM,4\n"
    assert instants(text, "UTC", time_format="%d/%m/%y %I:%M %p") == ["2026-04-03T22:00"]
    assert code(text, "UTC", time_format="%d/%m/%y %I:%M PM") == "time_format_unusable"
    assert code(text, "UTC", time_format="%d/%m/%y %I:%M %p %Z") == "time_format_unusable"


@given(
    st.dates(date(2016, 1, 1), date(2040, 1, 1)),
    st.integers(3, 400),
    st.sampled_from(["DMY", "MDY"]),
)
def test_a_log_is_never_read_in_another_order(first: date, days: int, order: str) -> None:
    """Whatever it spans, it is read as it was written, or refused."""
    written = {"DMY": "%d/%m/%y", "MDY": "%m/%d/%y"}[order]
    moments = [datetime.combine(first, time(), UTC) + timedelta(days=day) for day in range(days)]
    text = "time,temperature\n" + "".join(f"{moment:{written}} 06:00,4\n" for moment in moments)
    try:
        found = instants(text, "UTC")
    except Rejection as rejection:
        assert rejection.code == "date_ambiguous"  # noqa: PT017  either outcome is right
    else:
        assert found == [f"{moment:%Y-%m-%d}T06:00" for moment in moments]


def test_half_a_day_without_its_half_is_noticed() -> None:
    """A clock of 24 hours never goes from 12:50 back to 1:00."""
    hours = [12, *range(1, 12)] * 2
    text = "time,temperature\n" + "".join(f"2026-03-02 {hour:02}:00,4\n" for hour in hours)
    assert code(text, "UTC") == "clock_ambiguous"
    assert code("time,temperature\n2026-03-02 11:00 AM,4\n2026-03-02 12:00,4\n", "UTC") == "clock_ambiguous"
    assert len(instants("time,temperature\n" + "".join(f"2026-03-0{day} 09:00,4\n" for day in range(1, 9)), "UTC")) == 8


def test_a_repeated_hour_is_asked() -> None:
    """02:30 comes twice on 25 October in Zürich; alone it proves neither."""
    assert code("time,temperature\n2026-10-25 02:30,4\n", "Europe/Zurich") == "time_ambiguous"
    assert code("Time (Europe/Zurich),temperature\n2026-10-25 02:30,4\n") == "time_ambiguous"
    assert instants("Time (CET),temperature\n2026-10-25 02:30,4\n") == ["2026-10-25T01:30"]


def test_a_unit_that_nobody_states_is_asked() -> None:
    """4 is a good fridge in °C, and frozen solid in °F."""

    def refused(text: str, columns: CsvColumns | None = None) -> str:
        with pytest.raises(Rejection) as caught:
            parse_file(text.encode(), "UTC", logger_id="f7", columns=columns)
        return caught.value.code

    row = "2026-03-02 06:00"
    assert refused(f"time,temperature\n{row},4\n") == "unit_required"
    assert refused(f"time,temperature\n{row},4 °C\n{row},5\n") == "unit_required"
    assert refused(f"time,Probe C\n{row},4\n", CsvColumns(temperature="Probe C")) == "unit_ambiguous"
    assert refused(f"time,Temp A,Temp B,Temp C\n{row},4,4,4\n", CsvColumns(temperature="Temp C")) == "unit_ambiguous"
    assert refused(f"time,Type K temp\n{row},4\n") == "unit_required"
    assert refused(f"time,temp (°C) °F\n{row},4\n") == "unit_contradicted"
    assert refused(f"time,temp_f,unit\n{row},41,C\n") == "unit_contradicted"
    assert refused(f"time,temperature,unit\n{row},41,R\n") == "unit_unknown"


@pytest.mark.parametrize(
    "text",
    [
        "time,temperature,unit\n2026-03-02 06:00,41,F\n",
        "time,temperature,unit_of_measurement\n2026-03-02 06:00,41,°F\n",
        "time,Temp \ufffdF\n2026-03-02 06:00,41\n",
        "time,Temp Â°F\n2026-03-02 06:00,41\n",
        "time,Temp &deg;F\n2026-03-02 06:00,41\n",
        "time,TempF\n2026-03-02 06:00,41\n",
        "time,temp_degF\n2026-03-02 06:00,41\n",
        "time,temperature\n2026-03-02 06:00,41 °F\n",
        "time,temperature\n2026-03-02 06:00,278.15 K\n",
        "time,Temp (K)\n2026-03-02 06:00,278.15\n",
    ],
)
def test_a_fridge_at_41_fahrenheit_is_at_5(text: str) -> None:
    """However its file says it."""
    [reading] = parse_file(text.encode(), "UTC", logger_id="f7").readings
    assert reading.temperature_c == 5.0


@pytest.mark.parametrize("hours", [[12, 3, 6, 9], [12, 4, 8], [12, 6], [11, 2]])
def test_half_a_day_without_am_and_pm_is_noticed_whatever_the_step(hours: list[int]) -> None:
    """Who reads a display every four hours writes 8:00, 12:00, 4:00: the last of them is no four in the morning."""
    times = [f"2026-03-02 {hour}:00" for hour in [*(h for h in hours if h != 12), *hours]]
    text = "time,temp_c\n" + "".join(f"{each},4\n" for each in times)
    assert code(text, "UTC") == "clock_ambiguous"
