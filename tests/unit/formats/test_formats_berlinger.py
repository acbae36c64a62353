"""Text files of Berlinger devices: what they say, what they leave open, and what is refused."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.domain.series.quality import Quality
from service.formats.files import parse_file
from service.formats.logger_file import LoggerFile
from service.formats.reading import Rejection

SHARED = Path(__file__).resolve().parents[3].parent / "shared"

ULTRA_LOW = """Device: Q-tag Fridge-tag Ultra Low
Vers: 0.5
Conf:
 Serial: 555000111222
 Zone: 0.00
 Temp unit: C
 Alarm:
  0:
   T AL: -90.0, t AL: 60
  1:
   T AL: -60.0, t AL: 60
 Logging Interval: 5
Hist:
 TS Actv: 2026-01-10 08:00
 TS Report Creation: 2026-01-10 08:17
 1:
  Date: 2026-01-10
  Min T: -71.2, TS Min T: 08:15
  Max T: +20.0, TS Max T: 08:00
  Avrg T: -50.1
  Alarm:
   0:
    t Acc: 0
   1:
    t Acc: 9, TS A: 08:05, T Amb: +19.0, C A: 0
  Ext Sensor timeout:
   t AccST: 0
Data:
\tyyyy-MM-dd hh:mm\tT\tOut of limits
\t2026-01-10 08:00\t--.-\tx
\t2026-01-10 08:05\tHI\tx
\t2026-01-10 08:10\t-60.0\t
\t2026-01-10 08:15\t-71.2\t
Cert:
 Vers: 1.0
 Lot: 1
Sig: 00ff
""".replace("\n", "\r\n")


def q_tag(*rows: str, interval_min: int = 10, start: str = "", stop: str = "", unit: str | None = None) -> bytes:
    """A transport logger's file with these rows (time and temperature, tab between)."""
    table = "".join(f"\t{row}\t\n" for row in rows)
    text = (
        f"Device: Q-tag CLm doc LR\nConf:\n Serial: TEST00007\n Zone: 0.00\n"
        f"{f' Temp unit: {unit}' if unit else ' Expired: 0'}\n MKT Energy: 83.0\n"
        f" User String 1: box 4, Serial: 9, Zone: 5\n Logging Interval: {interval_min}\n Alarm:\n  1:\n"
        "   Type: 2, T AL: 8.0, t AL: 30\n  3:\n   Type: 0\nRes:\n TS Actv: 2020-01-01 00:00\n"
        f" TS Start: {start}\n TS Stop: {stop}\n TS Batt Crit:\n MKT: 10.4\n Avrg T: 10.3\n Alarm:\n  1:\n"
        "   TS S: 2026-01-10 08:10, t A: 40, TS A: 2026-01-10 08:40, TS E:, T M: 11.4\n"
        "Marker:\n\tNumber\tT\tyyyy-MM-dd hh:mm\t\nData:\n\tyyyy-MM-dd hh:mm\tT\tOut of limits\n"
        f"{table}Cert:\n Vers: 1.0\n"
    )
    return text.replace("\n", "\r\n").encode()


def instants(parsed: LoggerFile) -> list[int]:
    return [reading.measured_at_us for reading in parsed.readings]


def us(moment: str) -> int:
    """Microseconds since 1970 of an ISO moment with an offset."""
    return int(datetime.fromisoformat(moment).timestamp()) * 1_000_000


def refusal(content: bytes, zone: str | None = "UTC", **options: str) -> Rejection:
    with pytest.raises(Rejection) as caught:
        parse_file(content, zone, **options)  # type: ignore[arg-type]
    return caught.value


def real(name: str) -> bytes:
    if not SHARED.exists():
        pytest.skip("../shared is absent")
    return (SHARED / "data" / "loggers" / name).read_bytes()


def test_a_real_transport_logger_is_read_whole() -> None:
    """A Q-tag that travelled for three days kept 424 readings, and its truncated mean of 10.4 °C is 10.47."""
    parsed = parse_file(real("RCPJ00010_03_202304201359.txt"), "Europe/Zurich")
    temperatures = [reading.temperature_c for reading in parsed.readings if reading.temperature_c is not None]
    assert (parsed.logger_id, parsed.model, parsed.interval_s) == ("RCPJ00010", "Q-tag CLm doc LR", 600)
    assert len(temperatures) == len(parsed.readings) == 424
    assert (min(temperatures), max(temperatures)) == (9.7, 12.7)
    assert sum(temperatures) / 424 == pytest.approx(10.47, abs=0.005)
    assert (instants(parsed)[0], temperatures[0]) == (us("2023-04-17T15:23+02:00"), 12.7)
    assert (instants(parsed)[-1], temperatures[-1]) == (us("2023-04-20T13:53+02:00"), 10.6)
    assert (parsed.starts_at_us, parsed.ends_at_us) == (us("2023-04-17T15:23+02:00"), us("2023-04-20T13:59+02:00"))
    assert (parsed.range_min_c, parsed.range_max_c) == (None, None)
    assert {key: parsed.own_figures[key] for key in ("mkt_c", "mkt_energy_kj_mol", "min_c", "max_c", "average_c")} == {
        "mkt_c": "10.4",
        "mkt_energy_kj_mol": "83.0",
        "min_c": "9.7",
        "max_c": "12.7",
        "average_c": "10.4",
    }
    assert parsed.own_figures["alarm_1_minutes"] == parsed.own_figures["alarm_2_minutes"] == "4226"
    assert parsed.own_figures["alarm_1_at"] == "2023-04-17 16:03"
    assert parsed.own_figures["alarm_2_at"] == "2023-04-17 16:33"
    assert parsed.own_figures["alarm_1_kind"] == "above, single event"
    assert parsed.own_figures["alarm_2_kind"] == "above, cumulative"


def test_a_real_freezer_logger_is_read_whole() -> None:
    """A Fridge-tag Ultra Low writes `--.-` while its probe is too warm or unplugged: no number, no reading."""
    parsed = parse_file(real("100800001215_202304201410.txt"), "Europe/Zurich")
    missing = [at for at, reading in enumerate(parsed.readings) if reading.quality is Quality.MISSING]
    temperatures = [reading.temperature_c for reading in parsed.readings if reading.quality is Quality.OK]
    assert (parsed.logger_id, parsed.model, parsed.interval_s) == ("100800001215", "Q-tag Fridge-tag Ultra Low", 300)
    assert len(parsed.readings) == 841
    assert missing == [0, 1, 2, 838, 839, 840]
    assert (temperatures[0], temperatures[-1]) == (-9.6, -16.6)
    assert instants(parsed) == [us("2023-04-17T16:06+02:00") + at * 300_000_000 for at in range(841)]
    assert (parsed.starts_at_us, parsed.ends_at_us) == (us("2023-04-17T16:06+02:00"), us("2023-04-20T14:10+02:00"))
    assert (parsed.range_min_c, parsed.range_max_c) == (-95.0, 0.0)
    minutes = {key: text for key, text in parsed.own_figures.items() if key.endswith("alarm_1_minutes")}
    assert minutes == {
        "2023-04-17.alarm_1_minutes": "474",
        "2023-04-18.alarm_1_minutes": "1440",
        "2023-04-19.alarm_1_minutes": "1440",
        "2023-04-20.alarm_1_minutes": "834",
    }
    assert parsed.own_figures["2023-04-20.external_sensor_timeout_minutes"] == "17"
    assert parsed.own_figures["alarm_1_threshold_c"] == "-60.0"


@pytest.mark.parametrize("zone", [None, "", " "])
def test_the_zone_must_be_told(zone: str | None) -> None:
    """Devices state `Zone: 0.00` on any clock; their local times mean nothing until someone says whose."""
    rejection = refusal(ULTRA_LOW.encode(), zone)
    assert rejection.code == "zone_required"
    assert "such as Europe/Zurich" in str(rejection)
    assert parse_file(ULTRA_LOW.encode(), "UTC").own_figures["zone_setting"] == "0.00"


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Europe/Zurich", "2026-01-10T08:00+01:00"),
        ("UTC", "2026-01-10T08:00+00:00"),
        ("+01:00", "2026-01-10T08:00+01:00"),
        ("-0330", "2026-01-10T08:00-03:30"),
        ("Etc/GMT-1", "2026-01-10T08:00+01:00"),
        ("Asia/Kathmandu", "2026-01-10T08:00+05:45"),
    ],
)
def test_a_zone_is_a_place_or_an_offset(zone: str, first: str) -> None:
    """A shipper's logger may be set to the time of wherever it was activated, or to none that any place keeps."""
    assert instants(parse_file(ULTRA_LOW.encode(), zone))[0] == us(first)


@pytest.mark.parametrize(
    "zone", ["Zurich", "Europe", "../etc/passwd", "+25:00", "+14:30", "right/UTC", "localtime", "a\0b", "é" * 300]
)
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """A zone misspelt must not shift three days of readings to somewhere else."""
    assert refusal(ULTRA_LOW.encode(), zone).code == "zone_unknown"


def test_rows_without_numbers_keep_their_meaning() -> None:
    """HI has no number and still counts: the freezer was warmer than the probe can tell. `--.-` says nothing."""
    parsed = parse_file(ULTRA_LOW.encode(), "UTC")
    assert [(reading.temperature_c, reading.quality) for reading in parsed.readings] == [
        (None, Quality.MISSING),
        (None, Quality.HI),
        (-60.0, Quality.OK),
        (-71.2, Quality.OK),
    ]
    assert (parsed.starts_at_us, parsed.ends_at_us) == (us("2026-01-10T08:00+00:00"), us("2026-01-10T08:17+00:00"))
    assert parse_file(q_tag("2026-01-10 08:00\tLO"), "UTC").readings[0].quality is Quality.LO


def test_own_figures_of_a_day_begin_with_its_date() -> None:
    """A Fridge-tag counts minutes beyond its limits from midnight to midnight, each day anew."""
    figures = parse_file(ULTRA_LOW.encode(), "UTC").own_figures
    assert figures["2026-01-10.alarm_1_minutes"] == "9"
    assert figures["2026-01-10.alarm_1_at"] == "08:05"
    assert figures["2026-01-10.max_c"] == "+20.0"
    assert figures["alarm_0_kind"] == "below"


def test_what_a_user_typed_is_never_a_statement() -> None:
    """Transport loggers carry free text for the shipment; it may look like anything."""
    parsed = parse_file(q_tag("2026-01-10 08:00\t5.0"), "UTC")
    assert parsed.logger_id == "TEST00007"
    assert parsed.own_figures["zone_setting"] == "0.00"
    assert "alarm_1_until" not in parsed.own_figures
    assert "alarm_3_kind" not in parsed.own_figures


def test_fahrenheit_is_honoured() -> None:
    """A device set to °F that logs 46.4 is at 8.0 °C exactly: at the limit, not a hair below."""
    parsed = parse_file(q_tag("2026-01-10 08:00\t46.4", "2026-01-10 08:10\t185.0", unit="F"), "UTC")
    assert [reading.temperature_c for reading in parsed.readings] == [8.0, 85.0]
    assert parsed.readings[1].quality is Quality.FAULT
    assert parsed.own_figures["average_f"] == "10.3"
    assert refusal(q_tag("2026-01-10 08:00\t46.4", unit="K")).code == "unit_unknown"


def test_the_window_is_the_journey_not_the_shelf() -> None:
    """A Q-tag is activated in the factory and started at packing; a lot's journey begins at its start."""
    content = q_tag("2026-01-10 08:00\t5.0", start="2026-01-10 08:00", stop="2026-01-10 08:09")
    parsed = parse_file(content, "UTC")
    assert (parsed.starts_at_us, parsed.ends_at_us) == (us("2026-01-10T08:00+00:00"), us("2026-01-10T08:09+00:00"))


def test_duplicates_and_order_are_kept() -> None:
    """What a logger wrote twice is shown twice; the store decides, not the reader."""
    parsed = parse_file(q_tag("2026-01-10 08:00\t5.0", "2026-01-10 08:00\t5.5"), "UTC")
    assert [reading.temperature_c for reading in parsed.readings] == [5.0, 5.5]
    assert len(set(instants(parsed))) == 1


def test_a_clock_that_went_back_in_autumn_is_followed() -> None:
    """02:00 to 02:59 comes twice on 25 October 2026 in Zurich; a log through both hours has no hole and no overlap."""
    shown = ["01:40", "02:00", "02:20", "02:40", "02:00", "02:20", "02:40", "03:00"]
    parsed = parse_file(q_tag(*(f"2026-10-25 {time}\t-80.0" for time in shown), interval_min=20), "Europe/Zurich")
    assert instants(parsed) == [us("2026-10-25T01:40+02:00") + at * 1_200_000_000 for at in range(8)]


def test_an_hourly_log_shows_the_repeated_hour_as_one_time_twice() -> None:
    """At an interval of an hour the second 02:00 is an hour later, not a duplicate."""
    shown = ["01:00", "02:00", "02:00", "03:00"]
    parsed = parse_file(q_tag(*(f"2026-10-25 {time}\t-80.0" for time in shown), interval_min=60), "Europe/Zurich")
    assert instants(parsed) == [us("2026-10-25T01:00+02:00") + at * 3_600_000_000 for at in range(4)]


@pytest.mark.parametrize(
    ("shown", "first"),
    [
        (["01:50", "02:00", "02:10"], "2026-10-25T01:50+02:00"),  # read out within the first hour
        (["02:40", "02:50", "03:00"], "2026-10-25T02:40+01:00"),  # started within the second
        (["01:50", "02:00", "02:00", "02:10"], "2026-10-25T01:50+02:00"),  # a duplicate
    ],
)
def test_part_of_the_repeated_hour_belongs_to_what_it_joins(shown: list[str], first: str) -> None:
    """A log that begins or ends within the repeated hour is placed by its neighbours one interval away."""
    parsed = parse_file(q_tag(*(f"2026-10-25 {time}\t-80.0" for time in shown)), "Europe/Zurich")
    assert instants(parsed)[0] == us(first)
    assert instants(parsed)[-1] - instants(parsed)[0] == 1_200_000_000


@pytest.mark.parametrize(
    "shown",
    [
        ["01:50", "02:00", "02:10", "02:20", "02:30", "02:40", "02:50", "03:00"],  # the clock did not switch
        ["02:10", "02:20"],  # nothing tells which hour
        ["02:10", "02:00", "02:30", "02:20"],  # back twice
    ],
)
def test_the_repeated_hour_is_not_guessed(shown: list[str]) -> None:
    """A logger whose own clock runs on through autumn is an hour off its site from then: never guessed."""
    rejection = refusal(q_tag(*(f"2026-10-25 {time}\t-80.0" for time in shown)), "Europe/Zurich")
    assert rejection.code == "time_ambiguous"
    assert "such as +02:00" in str(rejection)
    assert len(parse_file(q_tag(*(f"2026-10-25 {time}\t5.0" for time in shown)), "+02:00").readings) == len(shown)


def test_a_time_that_the_zone_skips_is_refused() -> None:
    """A logger that shows 02:30 on 29 March in Zurich does not follow summer time."""
    content = q_tag("2026-03-29 01:50\t5.0", "2026-03-29 02:00\t5.0")
    rejection = refusal(content, "Europe/Zurich")
    assert rejection.code == "time_not_in_zone"
    assert "2026-03-29 02:00" in str(rejection)
    assert "such as +01:00" in str(rejection)
    assert instants(parse_file(content, "Etc/GMT-1"))[1] == us("2026-03-29T02:00+01:00")


def test_whose_file_it_is() -> None:
    """Readings written to another logger's name would prove a freezer cold that nobody measured."""
    nameless = ULTRA_LOW.replace("555000111222", "").encode()
    assert parse_file(nameless, "UTC", logger_id="f7").readings[0].logger_id == "f7"
    assert refusal(nameless).code == "logger_required"
    assert refusal(ULTRA_LOW.encode(), logger_id="f7").code == "logger_mismatch"
    assert parse_file(ULTRA_LOW.encode(), "UTC", logger_id="555000111222").logger_id == "555000111222"


@pytest.mark.parametrize(
    ("content", "code", "says"),
    [
        (b"", "no_readings", "empty"),
        (b"\r\n \r\n", "no_readings", "empty"),
        (ULTRA_LOW.split("Data:", maxsplit=1)[0].encode(), "no_readings", "'Data:'"),
        (q_tag(), "no_readings", "no rows"),
        (b"%PDF-1.4\n...", "unknown_layout", ".txt"),
        (b"PK\x03\x04....", "unknown_layout", "CSV"),
        (b"\x00\x01\x02\x03\x04", "unknown_layout", "not text"),
        (b"Hello there\r\nData:\r\n", "unknown_layout", "'Hello there'"),
        (q_tag("2026-01-10 8h\t5.0"), "row_unreadable", "'2026-01-10 8h'"),
        (q_tag("2026-13-10 08:00\t5.0"), "row_unreadable", "'2026-13-10 08:00'"),
        (q_tag("2026-01-10 08:00\twarm"), "row_unreadable", "line 28, column 'T': found 'warm'"),
        (q_tag("2026-01-10 08:00").replace(b"08:00\t", b"08:00"), "row_unreadable", "column 'T'"),
        (q_tag("2026-01-10 08:00\t5.0", start="yesterday"), "time_unreadable", "TS Start"),
        (q_tag("2026-01-10 08:00\t5.0").replace(b"Cert:", b"2026-01"), "row_unreadable", "'2026-01'"),
        (q_tag("2026-01-10 08:00\t5.0").split(b".0\t\r\nCert")[0], "file_truncated", "copied whole"),
        (q_tag("2026-01-10 08:00\t5.0").replace(b"\tT\tOut", b"\tH\tOut"), "columns_unknown", "expected"),
    ],
)
def test_a_file_is_read_whole_or_refused(content: bytes, code: str, says: str) -> None:
    """Half a log looks like a quiet night; the reader says what is wrong, where, and what to do."""
    rejection = refusal(content)
    assert (rejection.code, says in str(rejection)) == (code, True), str(rejection)


def test_a_utf_16_copy_is_the_same_file() -> None:
    """Windows tools save text as UTF-16; the freezer is no warmer for it."""
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"):
        assert parse_file(ULTRA_LOW.encode(encoding), "UTC") == parse_file(ULTRA_LOW.encode(), "UTC")


def outcome(content: bytes, zone: str | None) -> LoggerFile | Rejection:
    try:
        return parse_file(content, zone)
    except Rejection as rejection:
        return rejection


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_give_readings_or_a_rejection(content: bytes) -> None:
    """A damaged USB stick is no reason for the import to fall over."""
    for each in (content, b"Device:" + content, b"Device: x\nData:\n\tyyyy-MM-dd hh:mm\tT\n" + content):
        assert outcome(each, "Europe/Zurich")


@given(
    st.sampled_from(
        [ULTRA_LOW.encode(), q_tag("2026-10-25 02:00\t5.0", "2026-10-25 02:10\t5.0", "2026-10-25 03:00\tHI")]
    ),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 12), st.binary(max_size=12)), min_size=1, max_size=4),
    st.sampled_from(["UTC", "Europe/Zurich", "-12:00", None]),
)
def test_a_damaged_file_gives_readings_or_a_rejection(
    content: bytes, cuts: list[tuple[int, int, bytes]], zone: str | None
) -> None:
    """Bytes lost or flipped on the way are told, in words."""
    for at, length, instead in cuts:
        start = at % len(content) if content else 0
        content = content[:start] + instead + content[start + length :]
    parsed = outcome(content, zone)
    if isinstance(parsed, LoggerFile):
        assert parsed.readings
        assert all(reading.logger_id == parsed.logger_id for reading in parsed.readings)
    else:
        assert str(parsed)


@given(st.integers(0, 10_000), st.text(alphabet="0123456789:-\t.HILO x\r\n", max_size=4))
def test_a_slip_in_the_text_gives_readings_or_a_rejection(at: int, instead: str) -> None:
    """A row edited by hand is either still a row or is named by its line."""
    text = ULTRA_LOW[: at % len(ULTRA_LOW)] + instead + ULTRA_LOW[at % len(ULTRA_LOW) + 1 :]
    assert outcome(text.encode(), "UTC")
