"""Rotas kept in calendars, as programs write them: whoever is called at night is whom the calendar means."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.on_call.calendar_lines import Component, Line
from alerts.on_call.calendar_zones import Zones
from alerts.on_call.config import Config
from alerts.on_call.on_call_file import read_config
from alerts.on_call.rota import people_on_call, turns
from service.errors import SettingError
from service.settings import Settings

CALENDARS = Path(__file__).parent / "calendars"
ZURICH = ZoneInfo("Europe/Zurich")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

FILE = """
receivers: {log: {kind: log}, ana-phone: {kind: log}, ben-phone: {kind: log}}
people:
  ana: {zone: Europe/Zurich, receivers: [ana-phone], mail: Ana.with.a.long.name@clinic-of-the-hills.example.org}
  ben: {zone: Europe/Zurich, receivers: [ben-phone], mail: ben@example.org}
rotas:
  duty: {zone: %s, ical: duty.ics}
chains: {all: [{after_min: 0, tell: [duty]}, {after_min: 30, tell: [log]}]}
default_chain: all
"""

#: Ben is there whenever nobody else is.
FILL = """BEGIN:VEVENT
UID:fill
SUMMARY:ben
PRIORITY:9
DTSTART;VALUE=DATE:20260101
RRULE:FREQ=DAILY
END:VEVENT
"""


def read(tmp_path: Path, calendar: bytes, zone: str = "Europe/Zurich") -> Config:
    """An on-call file with this calendar beside it."""
    (tmp_path / "duty.ics").write_bytes(calendar)
    (tmp_path / "on-call.yaml").write_text(FILE % zone, encoding="utf-8")
    return read_config(tmp_path / "on-call.yaml", Settings(_env_file=None), NOW)


def events(*texts: str, before: str = "") -> bytes:
    """A calendar of these events, each ana's and before ben's, as programs send it."""
    own = "".join(f"BEGIN:VEVENT\nPRIORITY:1\n{text}\nEND:VEVENT\n" for text in texts)
    whole = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{before}{own}{FILL}END:VCALENDAR\n"
    return whole.replace("\n", "\r\n").encode()


def shifts(config: Config, days: int = 60, zone: ZoneInfo = ZURICH) -> list[str]:
    """When ana is on call: ``'03-02 08:00 → 03-03 08:00'`` on the clocks there."""
    found: list[tuple[datetime, datetime]] = []
    for turn in turns(config.rotas["duty"], NOW, NOW + timedelta(days=days)):
        if [person.name for person in turn.who] != ["ana"]:
            continue
        if found and found[-1][1] == turn.from_at:
            found[-1] = found[-1][0], turn.until_at
        else:
            found.append((turn.from_at, turn.until_at))
    return [" → ".join(f"{at.astimezone(zone):%m-%d %H:%M}" for at in pair) for pair in found]


@pytest.mark.parametrize(
    ("name", "zone", "expected"),
    [
        (
            "outlook-allday-duty",
            "Europe/Zurich",
            ["03-02 00:00 → 03-09 00:00", "03-16 00:00 → 03-23 00:00", "03-30 00:00 → 04-06 00:00"],
        ),
        ("outlook-allday-last", "Europe/Zurich", ["03-10 00:00 → 03-13 00:00"]),
        ("outlook-allday-west", "America/New_York", ["03-10 00:00 → 03-13 00:00"]),
        ("override-rrule-duty", "Europe/Zurich", ["03-02 00:00 → 03-09 00:00", "04-13 00:00 → 04-20 00:00"]),
        ("override-rrule-twice", "Europe/Zurich", ["03-02 00:00 → 03-09 00:00", "04-13 00:00 → 04-20 00:00"]),
        (
            "override-rrule-moved",
            "Europe/Zurich",
            ["03-02 08:00 → 03-03 08:00", "03-25 08:00 → 03-26 08:00", "04-13 08:00 → 04-14 08:00"],
        ),
        ("rdate-period-duty", "Europe/Zurich", ["03-02 08:00 → 03-02 18:00", "03-04 08:00 → 03-05 08:00"]),
        ("same-person-duty", "Europe/Zurich", ["03-09 08:00 → 03-16 08:00"]),
        ("same-uid-duty", "Europe/Zurich", ["03-11 08:00 → 03-12 08:00"]),
        ("unknown-zone-offset", "Europe/Zurich", ["03-09 14:00 → 03-10 02:00"]),
    ],
)
def test_calendars_from_the_field(tmp_path: Path, name: str, zone: str, expected: list[str]) -> None:
    """What programs write, and people reported as read wrongly, is read as it was meant."""
    config = read(tmp_path, (CALENDARS / f"{name}.ics").read_bytes(), zone)
    assert shifts(config, zone=ZoneInfo(zone)) == expected


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("unknown-zone-duty", "tzone://Microsoft/Custom"),
        ("unknown-zone-quoted", "tzone://Microsoft/Custom"),
        ("unknown-zone-typo", "America/New_Yrok"),
        ("unknown-zone-display", r"\(UTC-05:00\) Eastern Time \(US & Canada\)"),
    ],
)
def test_a_zone_that_nobody_defines_is_refused_by_its_name(tmp_path: Path, name: str, zone: str) -> None:
    """08:00 of a place that nobody knows is no time in Zurich: whoever would be called then is not who was meant."""
    with pytest.raises(SettingError, match=rf"line 7: the calendar duty\.ics: line 7: there is no time zone '{zone}'"):
        read(tmp_path, (CALENDARS / f"{name}.ics").read_bytes())


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Europe/Zurich", "03-09 08:00 → 03-09 20:00"),
        ("W. Europe Standard Time", "03-09 08:00 → 03-09 20:00"),
        ("Eastern Standard Time", "03-09 13:00 → 03-10 01:00"),
        ("/freeassociation.sourceforge.net/America/New_York", "03-09 13:00 → 03-10 01:00"),
        ("GMT-0500", "03-09 14:00 → 03-10 02:00"),
        ('"UTC+05:30"', "03-09 03:30 → 03-09 15:30"),
        ("GMT+2", "03-09 07:00 → 03-09 19:00"),
        ("Etc/GMT+5", "03-09 14:00 → 03-10 02:00"),
        ("tzone://Microsoft/Utc", "03-09 09:00 → 03-09 21:00"),
        ("UTC", "03-09 09:00 → 03-09 21:00"),
    ],
)
def test_a_zone_can_be_named_in_many_ways(tmp_path: Path, zone: str, expected: str) -> None:
    """A name of Windows, or of the zone database, a program's prefix before it, or an offset: each is a clock."""
    event = f"UID:1\nSUMMARY:ana\nDTSTART;TZID={zone}:20260309T080000\nDTEND;TZID={zone}:20260309T200000"
    assert shifts(read(tmp_path, events(event))) == [expected]


@pytest.mark.parametrize("zone", ["GMT+99", "Customized Time Zone", "Europe", "../UTC", "CEST", "08:00"])
def test_what_is_no_zone_is_not_guessed(tmp_path: Path, zone: str) -> None:
    """A name that may mean anything calls nobody."""
    event = f"UID:1\nSUMMARY:ana\nDTSTART;TZID={zone}:20260309T080000\nDURATION:PT12H"
    with pytest.raises(SettingError, match=f"line 8: there is no time zone '{zone}'".replace("+", r"\+")):
        read(tmp_path, events(event))


def vtimezone(name: str, *rules: str) -> str:
    """The rules of a zone, as a calendar defines it."""
    return f"BEGIN:VTIMEZONE\nTZID:{name}\n" + "\n".join(rules) + "\nEND:VTIMEZONE\n"


def onset(kind: str, start: str, before: str, after: str, *more: str) -> str:
    """When clocks change, from which offset to which."""
    lines = [f"DTSTART:{start}", f"TZOFFSETFROM:{before}", f"TZOFFSETTO:{after}", *more]
    return "\n".join([f"BEGIN:{kind}", *lines, f"END:{kind}"])


#: As Outlook writes Zurich.
CENTRAL_EUROPE = (
    onset("STANDARD", "16010101T030000", "+0200", "+0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
    onset("DAYLIGHT", "16010101T020000", "+0100", "+0200", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3"),
)


@pytest.mark.parametrize(
    ("name", "rules", "expected"),
    [
        # Outlook's name for a zone somebody made.
        ("Customized Time Zone", CENTRAL_EUROPE, ["03-27 08:00 → 03-27 20:00", "03-30 08:00 → 03-30 20:00"]),
        # The rules count, not what others call by that name.
        (
            "Eastern Standard Time",
            CENTRAL_EUROPE,
            ["03-27 08:00 → 03-27 20:00", "03-30 08:00 → 03-30 20:00"],
        ),
        (
            "Europe/Zurich",
            (onset("STANDARD", "19700101T000000", "+0300", "+0300"),),
            ["03-27 06:00 → 03-27 18:00", "03-30 07:00 → 03-30 19:00"],
        ),
        # Clocks of this clinic change on the 29th at noon, and back by a list of dates.
        (
            "Clinic",
            (
                onset("STANDARD", "20200101T000000", "+0000", "+0100", "RDATE:20251026T030000,20261025T030000"),
                onset("DAYLIGHT", "20250330T120000", "+0100", "+0200", "RDATE:20260329T120000"),
            ),
            ["03-27 08:00 → 03-27 20:00", "03-30 08:00 → 03-30 20:00"],
        ),
        # A country gave its summer time up: the rule ended.
        (
            "Clinic",
            (
                onset("STANDARD", "19961027T030000", "+0200", "+0100", "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10"),
                onset(
                    "DAYLIGHT",
                    "19810329T020000",
                    "+0100",
                    "+0200",
                    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3;UNTIL=20250330T010000Z",
                ),
            ),
            ["03-27 08:00 → 03-27 20:00", "03-30 09:00 → 03-30 21:00"],
        ),
    ],
)
def test_a_calendars_own_rules_of_a_zone_count(
    tmp_path: Path, name: str, rules: tuple[str, ...], expected: list[str]
) -> None:
    """A zone is what the calendar says it is, whatever is known elsewhere by that name."""
    event = (
        f'UID:1\nSUMMARY:ana\nDTSTART;TZID="{name}":20260327T080000\nDTEND;TZID="{name}":20260327T200000\n'
        "RRULE:FREQ=DAILY;INTERVAL=3;COUNT=2"
    )
    assert shifts(read(tmp_path, events(event, before=vtimezone(name, *rules)))) == expected


def test_one_calendars_rules_are_not_anothers(tmp_path: Path) -> None:
    """Two clinics may call their clocks by the same name, and a calendar that was changed is read anew."""
    event = "UID:1\nSUMMARY:ana\nDTSTART;TZID=Clinic:20260309T080000\nDURATION:PT1H"
    for offset, expected in (("+0100", "03-09 08:00 → 03-09 09:00"), ("-0500", "03-09 14:00 → 03-09 15:00")):
        rules = vtimezone("Clinic", onset("STANDARD", "19700101T000000", offset, offset))
        assert shifts(read(tmp_path, events(event, before=rules))) == [expected]


@settings(deadline=None)
@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)))  # noqa: DTZ001  hypothesis wants its bounds so
def test_rules_written_out_tell_the_same_time_as_the_zone_they_are_of(utc: datetime) -> None:
    """At every instant clocks by Outlook's rules of Zurich show what clocks in Zurich show, twice-shown hours too."""
    part = Component("VTIMEZONE", 1, [Line(1, "TZID", {}, "Own")])
    for kind, wall, before, after, month in (
        ("STANDARD", "16010101T030000", "+0200", "+0100", 10),
        ("DAYLIGHT", "16010101T020000", "+0100", "+0200", 3),
    ):
        rule = f"FREQ=YEARLY;BYDAY=-1SU;BYMONTH={month}"
        given_lines = {"DTSTART": wall, "TZOFFSETFROM": before, "TZOFFSETTO": after, "RRULE": rule}
        part.parts.append(Component(kind, 1, [Line(1, name, {}, value) for name, value in given_lines.items()]))
    zones = _OWN.setdefault("zones", Zones(Component("VCALENDAR", 1, [], [part])))
    own = zones.named(Line(1, "DTSTART", {"TZID": "Own"}, ""))
    assert own is not None
    at = utc.replace(tzinfo=UTC)
    if at.year >= 1997 or not 8 <= at.month <= 11:
        # Until 1995 Europe set its clocks back in September.
        shown, expected = at.astimezone(own), at.astimezone(ZURICH)
        assert (shown.replace(tzinfo=None), shown.fold) == (expected.replace(tzinfo=None), expected.fold)
        assert shown.astimezone(UTC) == at


_OWN: dict[str, Zones] = {}


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        # The older one stands later in the file.
        (
            [
                "SEQUENCE:3\nDTSTART:20260311T080000Z\nDURATION:PT1H\nSUMMARY:ana",
                "DTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
            ],
            ["03-11 09:00 → 03-11 10:00"],
        ),
        # Ten is more than nine.
        (
            [
                "SEQUENCE:10\nDTSTART:20260311T080000Z\nDURATION:PT1H\nSUMMARY:ana",
                "SEQUENCE:9\nDTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
            ],
            ["03-11 09:00 → 03-11 10:00"],
        ),
        (
            [
                "SEQUENCE:1\nDTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
                "SEQUENCE:2\nSTATUS:CANCELLED\nDTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
            ],
            [],
        ),
        # An old cancellation that was taken back.
        (
            [
                "SEQUENCE:1\nSTATUS:CANCELLED\nDTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
                "SEQUENCE:2\nDTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
            ],
            ["03-09 09:00 → 03-09 10:00"],
        ),
        (
            [
                "DTSTAMP:20260102T000000Z\nDTSTART:20260311T080000Z\nDURATION:PT1H\nSUMMARY:ana",
                "DTSTAMP:20260101T000000Z\nDTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana",
            ],
            ["03-11 09:00 → 03-11 10:00"],
        ),
        # The same, twice.
        (["DTSTART:20260309T080000Z\nDURATION:PT1H\nSUMMARY:ana"] * 2, ["03-09 09:00 → 03-09 10:00"]),
        # A change that was changed, and named by another clock.
        (
            [
                "DTSTART;TZID=Europe/Zurich:20260309T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:ana",
                "RECURRENCE-ID:20260310T080000Z\nSEQUENCE:1\nDTSTART:20260310T100000Z\nDURATION:PT1H\nSUMMARY:ana",
                "RECURRENCE-ID;TZID=America/New_York:20260310T040000\nSEQUENCE:2\nDTSTART:20260310T120000Z\n"
                "DURATION:PT1H\nSUMMARY:ana",
            ],
            ["03-09 09:00 → 03-09 10:00", "03-10 13:00 → 03-10 14:00"],
        ),
        # A change, then the series was cancelled.
        (
            [
                "SEQUENCE:2\nSTATUS:CANCELLED\nDTSTART:20260309T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nSUMMARY:ana",
                "RECURRENCE-ID:20260310T080000Z\nSEQUENCE:1\nDTSTART:20260310T100000Z\nDURATION:PT1H\nSUMMARY:ana",
            ],
            [],
        ),
        # One repetition was cancelled, with the rule of its series.
        (
            [
                "DTSTART:20260309T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\nSUMMARY:ana",
                "RECURRENCE-ID:20260310T080000Z\nSTATUS:CANCELLED\nDTSTART:20260310T080000Z\nDURATION:PT1H\n"
                "RRULE:FREQ=DAILY;COUNT=3\nSUMMARY:ana",
            ],
            ["03-09 09:00 → 03-09 10:00", "03-11 09:00 → 03-11 10:00"],
        ),
        # The repetition is named without a zone: by the clock that the event is told by.
        (
            [
                "DTSTART;TZID=America/New_York:20260309T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:ana",
                "RECURRENCE-ID:20260310T080000\nDTSTART;TZID=America/New_York:20260311T080000\nDURATION:PT1H\n"
                "SUMMARY:ana",
            ],
            ["03-09 13:00 → 03-09 14:00", "03-11 13:00 → 03-11 14:00"],
        ),
        # A repetition of whole days, named by the moment at which it would begin.
        (
            [
                "DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:ana",
                "RECURRENCE-ID:20260315T230000Z\nDTSTART;VALUE=DATE:20260318\nSUMMARY:ana",
            ],
            ["03-09 00:00 → 03-10 00:00", "03-18 00:00 → 03-19 00:00", "03-23 00:00 → 03-24 00:00"],
        ),
    ],
)
def test_the_newest_version_of_an_event_counts(tmp_path: Path, versions: list[str], expected: list[str]) -> None:
    """A shift that was moved is not where it was; one that was called off is nobody's."""
    assert shifts(read(tmp_path, events(*(f"UID:one\n{version}" for version in versions)))) == expected


def test_versions_of_which_none_is_newer_are_refused(tmp_path: Path) -> None:
    """Whether ana is called on Monday or on Wednesday is not decided by the order of lines in a file."""
    one = "UID:one\nSEQUENCE:1\nDTSTAMP:20260101T000000Z\nDURATION:PT1H\nSUMMARY:ana"
    with pytest.raises(SettingError, match=r"line 4 and 'ana' of 2026-03-11 in line 13 are versions of one"):
        read(tmp_path, events(f"{one}\nDTSTART:20260309T080000Z", f"{one}\nDTSTART:20260311T080000Z"))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        # Left out by another clock, by whole days, by the midnight of a day.
        (
            "DTSTART;TZID=Europe/Zurich:20260309T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n"
            "EXDATE;TZID=America/New_York:20260310T030000",
            ["03-09 08:00 → 03-09 09:00", "03-11 08:00 → 03-11 09:00"],
        ),
        (
            "DTSTART;TZID=Europe/Zurich:20260309T080000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3\n"
            "EXDATE:20260310T070000Z\nEXDATE;VALUE=DATE:20260311",
            ["03-09 08:00 → 03-09 09:00"],
        ),
        (
            "DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20260315T230000Z",
            ["03-09 00:00 → 03-10 00:00", "03-23 00:00 → 03-24 00:00"],
        ),
        (
            "DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=America/New_York:20260316T000000",
            ["03-09 00:00 → 03-10 00:00", "03-23 00:00 → 03-24 00:00"],
        ),
        # Added, with an end of its own: a period, a length, in UTC; and left out again.
        (
            "DTSTART:20260309T080000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260310T080000Z/PT3H,"
            "20260312T080000Z/20260313T080000Z",
            ["03-09 09:00 → 03-09 10:00", "03-10 09:00 → 03-10 12:00", "03-12 09:00 → 03-13 09:00"],
        ),
        (
            "DTSTART:20260309T080000Z\nDURATION:PT1H\nRDATE;VALUE=PERIOD:20260310T080000Z/PT3H\nEXDATE:20260310T080000Z",
            ["03-09 09:00 → 03-09 10:00"],
        ),
        # The period that is a repetition too counts as it ends itself.
        (
            "DTSTART:20260309T080000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=2\n"
            "RDATE;VALUE=PERIOD:20260310T080000Z/PT5H",
            ["03-09 09:00 → 03-09 10:00", "03-10 09:00 → 03-10 14:00"],
        ),
        # An end that is a day counts to its end; one in UTC, one on the wall.
        (
            "DTSTART;TZID=Europe/Zurich:20260309T200000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260310",
            ["03-09 20:00 → 03-09 21:00", "03-10 20:00 → 03-10 21:00"],
        ),
        (
            "DTSTART;TZID=Europe/Zurich:20260309T200000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260310T190000Z",
            ["03-09 20:00 → 03-09 21:00", "03-10 20:00 → 03-10 21:00"],
        ),
        (
            "DTSTART;TZID=Europe/Zurich:20260309T200000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20260310T185959Z",
            ["03-09 20:00 → 03-09 21:00"],
        ),
        # Whole days: the last one as its end is written, or as it ends there.
        ("DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=DAILY;UNTIL=20260310T235959Z", ["03-09 00:00 → 03-11 00:00"]),
        ("DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=DAILY;UNTIL=20260310T225959Z", ["03-09 00:00 → 03-11 00:00"]),
        ("DTSTART;VALUE=DATE:20260309\nRRULE:FREQ=DAILY;UNTIL=20260310", ["03-09 00:00 → 03-11 00:00"]),
        # The night on which clocks are set forward: a day is a day, 24 hours are 24 hours.
        ("DTSTART;TZID=Europe/Zurich:20260328T080000\nDURATION:P1D", ["03-28 08:00 → 03-29 08:00"]),
        ("DTSTART;TZID=Europe/Zurich:20260328T080000\nDURATION:PT24H", ["03-28 08:00 → 03-29 09:00"]),
        (
            "DTSTART;TZID=Europe/Zurich:20260327T080000\nDTEND;TZID=Europe/Zurich:20260328T080000\n"
            "RRULE:FREQ=DAILY;INTERVAL=2;COUNT=2",
            ["03-27 08:00 → 03-28 08:00", "03-29 08:00 → 03-30 08:00"],
        ),
        # Begins on one clock and ends on another.
        (
            "DTSTART;TZID=Europe/Zurich:20260309T080000\nDTEND;TZID=America/New_York:20260309T080000",
            ["03-09 08:00 → 03-09 13:00"],
        ),
        # 02:30 is not shown on that night.
        ("DTSTART;TZID=Europe/Zurich:20260329T023000\nDURATION:PT1H", ["03-29 03:30 → 03-29 04:30"]),
        # The event itself is the first of its series, on whatever day its rule falls.
        (
            "DTSTART:20260309T080000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2",
            ["03-09 09:00 → 03-09 10:00", "03-11 09:00 → 03-11 10:00"],
        ),
        # Only the start names its zone: what is left out, added, and the end, are told by the same clock.
        (
            "DTSTART;TZID=America/New_York:20260309T080000\nDTEND:20260309T090000\n"
            "RRULE:FREQ=DAILY;UNTIL=20260312T080000\nEXDATE:20260310T080000\nRDATE:20260314T080000",
            [
                "03-09 13:00 → 03-09 14:00",
                "03-11 13:00 → 03-11 14:00",
                "03-12 13:00 → 03-12 14:00",
                "03-14 13:00 → 03-14 14:00",
            ],
        ),
        # A time without a zone is one of the rota's.
        ("DTSTART:20260309T080000\nDTEND:20260309T100000", ["03-09 08:00 → 03-09 10:00"]),
    ],
)
def test_the_times_of_an_event(tmp_path: Path, event: str, expected: list[str]) -> None:
    """Each repetition begins and ends when the calendar shows it."""
    assert shifts(read(tmp_path, events(f"UID:1\nSUMMARY:ana\n{event}"))) == expected


@pytest.mark.parametrize(
    "who",
    [
        "SUMMARY:ana",
        "SUMMARY:  ANA ",
        "SUMMARY:On call\nATTENDEE;CN=Ana:mailto:somebody@example.org",
        "SUMMARY:On call\nATTENDEE:MAILTO:ana.with.a.long.name@CLINIC-of-the-hills.example.org",
        # Folded, as a mail address longer than a line is.
        "SUMMARY:On call\nATTENDEE;ROLE=REQ-PARTICIPANT:mailto:ana.with.a.long.name@clinic-of-\n the-hills.example.org",
        'SUMMARY:On call\nATTENDEE;CN="Keller; A: on call":mailto:ana.with.a.long.name@clinic-of-the-hills.example.org',
        "SUMMARY:On call\nATTENDEE;EMAIL=ana.with.a.long.name@clinic-of-the-hills.example.org:urn:uuid:1",
        # One person, named twice.
        "SUMMARY:On call\nATTENDEE;CN=ana:mailto:x@example.org\nATTENDEE;CN=ANA:mailto:y@example.org",
        # Ben said that he does not come.
        "SUMMARY:On call\nATTENDEE;PARTSTAT=DECLINED;CN=ben:mailto:ben@example.org\n"
        "ATTENDEE;PARTSTAT=ACCEPTED;CN=ana:mailto:x@example.org",
    ],
)
def test_a_person_is_named_in_many_ways(tmp_path: Path, who: str) -> None:
    """Whoever is meant is called, and called once."""
    event = f"UID:1\n{who}\nDTSTART:20260309T080000Z\nDURATION:PT1H"
    assert shifts(read(tmp_path, events(event))) == ["03-09 09:00 → 03-09 10:00"]


def test_two_entries_of_one_person_do_not_contradict_each_other(tmp_path: Path) -> None:
    """A pager's feed lists a shift once for each layer: by name here, by address there. Two people do contradict."""
    layer = "UID:1\nSUMMARY:ana\nDTSTART:20260309T080000Z\nDURATION:PT8H"
    other = "UID:2\nSUMMARY:On call\nATTENDEE:mailto:%s\nDTSTART:20260309T100000Z\nDURATION:PT2H"
    once = read(tmp_path, events(layer, other % "Ana.With.A.Long.Name@clinic-of-the-hills.example.org"))
    assert shifts(once) == ["03-09 09:00 → 03-09 17:00"]
    with pytest.raises(SettingError, match="ana and ben are both on call"):
        read(tmp_path, events(layer, other % "ben@example.org"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("DTSTART;TZID=Europe/Zurich:20260309T080000Z", "in UTC and in the zone Europe/Zurich at once"),
        ("DTSTART:20260309T080000Z\nRRULE:FREQ=DAILY;UNTIL=20260311;COUNT=3", "contradicts itself"),
        ("DTSTART:20260309T080000Z\nRRULE:FREQ=DAILY;INTERVAL=0", "contradicts itself"),
        ("DTSTART:20260309T080000Z\nRRULE:FREQ=DAILY;BYEASTER=1;SKIP=OMIT", "cannot be read"),
        ("DTSTART:20260309T080000Z\nEXDATE:20260310T08", "'20260310T08' is no time of a calendar"),
        ("DTSTART:20261309T080000Z", "line 8: '20261309T080000Z' is no time"),
        ("DTSTART:20260309T080000Z\nSEQUENCE:new", "SEQUENCE is 'new', which is no number"),
        ("DTSTART:20260309T080000Z\nRDATE;VALUE=PERIOD:20260310T080000Z/20260309T080000Z", "ends before it begins"),
        ("DTSTART:20260309T080000Z\nDTEND;VALUE=DATE:20260310", "must both be days, or both be times"),
        ("DTSTART:20260309T080000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=WEEKLY", "EXRULE is no longer part of the standard"),
        ("DTSTART:20260309T080000Z\nEND:VCALENDAR", "ends nothing that was begun"),
    ],
)
def test_what_cannot_be_read_is_not_left_out(tmp_path: Path, text: str, said: str) -> None:
    """An exception that is left out since it cannot be read calls somebody who is on holiday."""
    with pytest.raises(SettingError, match=rf"the calendar duty\.ics: .*{said}"):
        read(tmp_path, events(f"UID:1\nSUMMARY:ana\n{text}" + ("\nDURATION:PT1H" if "DTEND" not in text else "")))


def test_a_calendar_that_was_written_only_in_part_is_none(tmp_path: Path) -> None:
    """A copy that broke off must not leave out whoever comes after."""
    whole = events("UID:1\nSUMMARY:ana\nDTSTART:20260309T080000Z\nDURATION:PT1H")
    with pytest.raises(SettingError, match=r"has no END; the file is not whole"):
        read(tmp_path, whole[: whole.index(b"RRULE")])


def test_the_alarm_of_an_event_is_no_part_of_it(tmp_path: Path) -> None:
    """What a reminder says is not who is on call."""
    alarm = "BEGIN:VALARM\nACTION:DISPLAY\nSUMMARY:ben\nTRIGGER:-PT15M\nDURATION:PT5M\nREPEAT:2\nEND:VALARM"
    event = f"UID:1\n{alarm}\nDTSTART:20260309T080000Z\nDTEND:20260309T090000Z\nSUMMARY:ana"
    config = read(tmp_path, events(event))
    assert shifts(config) == ["03-09 09:00 → 03-09 10:00"]
    at = datetime(2026, 3, 9, 8, 30, tzinfo=UTC)
    assert [person.name for person in people_on_call(config.rotas["duty"], at)] == ["ana"]
