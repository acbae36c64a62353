"""Who is on call, and what an on-call file must say."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.on_call.config import Config, stage_targets, targets_up_to
from alerts.on_call.on_call_file import read_config
from alerts.on_call.rota import people_on_call, turns
from service.errors import SettingError
from service.settings import Settings

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")
SETTINGS = Settings(_env_file=None)

PEOPLE = """
receivers: {log: {kind: log}, ana-phone: {kind: log}, ben-phone: {kind: log}, ana-mail: {kind: log}}
people:
  ana: {zone: Europe/Zurich, receivers: [ana-phone, ana-mail], quiet_hours: 22:00-07:00, mail: ana@example.org}
  ben: {zone: America/New_York, receivers: ben-phone}
"""
CHAINS = """
chains: {all: [{after_min: 0, tell: [duty]}, {after_min: 10, tell: [ana, log]}]}
default_chain: all
"""
TURNS = "rotas: {duty: {zone: Europe/Zurich, every: 1 week, starting: 2026-01-05 09:00, people: [ana, ben]}}\n"


def read(tmp_path: Path, text: str, now: datetime = NOW) -> Config:
    """The config of a file."""
    path = tmp_path / "on-call.yaml"
    path.write_text(text, encoding="utf-8")
    return read_config(path, SETTINGS, now)


def duty(tmp_path: Path, rota: str, now: datetime = NOW) -> Config:
    """A config whose rota `duty` is this, indented by four."""
    return read(tmp_path, f"{PEOPLE}rotas:\n  duty:\n    zone: Europe/Zurich\n{rota}\n{CHAINS}", now)


def on_call(config: Config, wall: str, zone: ZoneInfo = ZURICH) -> list[str]:
    """Who is on call when clocks in Zurich show this."""
    at = datetime.fromisoformat(wall).replace(tzinfo=zone).astimezone(UTC)
    return [person.name for person in people_on_call(config.rotas["duty"], at)]


def calendar(tmp_path: Path, *events: str) -> Config:
    """A config whose rota is a calendar of these events."""
    lines = "".join(f"BEGIN:VEVENT\n{event}\nEND:VEVENT\n" for event in events)
    text = f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:test\n{lines}END:VCALENDAR\n"
    (tmp_path / "duty.ics").write_bytes(text.replace("\n", "\r\n").encode())
    return duty(tmp_path, "    ical: duty.ics")


def test_without_a_file_the_log_and_the_webhook_are_told_at_once() -> None:
    """A freezer is told of before anybody has written a rota."""
    alone = read_config(None, SETTINGS)
    assert [target.receiver for target in stage_targets(alone, alone.chain_for(None, "info", "any"), 0, NOW)] == ["log"]
    settings = Settings(_env_file=None, alert_webhook_url="http://example.org/", alert_webhook_secret="s" * 16)
    both = read_config(None, settings)
    [stage] = both.chain_for("site", "critical", "limit_crossed").stages
    assert stage.tell == ("log", "webhook")
    assert dict(both.receivers["webhook"].options) == {
        "url": "http://example.org/",
        "timeout_s": 10.0,
        "secret": "s" * 16,
    }


def test_the_example_of_the_documentation_can_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What an operator copies works."""
    monkeypatch.setenv("ANA_PHONE_URL", "json://localhost/ana")
    monkeypatch.setenv("BEN_PHONE_URL", "json://localhost/ben")
    text = (ROOT / "docs/on-call.md").read_text(encoding="utf-8").split("```yaml\n")[1].split("```")[0]
    config = read(tmp_path, text)
    assert config.receivers["ana-phone"].options["url"] == "json://localhost/ana"
    assert config.chain_for("zurich", "warning", "battery_low").name == "calm"
    assert config.chain_for("zurich", "critical", "limit_crossed").name == "urgent"
    assert config.reminder_s == {"critical": 900.0, "warning": 14_400.0}
    assert on_call(config, "2026-04-03 07:59") == ["ana"]
    assert on_call(config, "2026-04-03 08:00") == ["carla"]


def test_people_take_turns_at_the_same_hour_in_summer_and_winter(tmp_path: Path) -> None:
    """Whoever takes over on Monday at nine does so by the clock on the wall, on both sides of the change of clocks."""
    config = read(tmp_path, PEOPLE + TURNS + CHAINS)
    for monday, before, after in (
        ("2026-03-02", "ben", "ana"),
        ("2026-03-30", "ben", "ana"),
        ("2026-04-06", "ana", "ben"),
    ):
        assert on_call(config, f"{monday} 08:59:59") == [before]
        assert on_call(config, f"{monday} 09:00") == [after]
    handovers = [turn.from_at for turn in turns(config.rotas["duty"], NOW, NOW + timedelta(days=60))][1:]
    assert {handover.astimezone(ZURICH).hour for handover in handovers} == {9}
    assert {handover.hour for handover in handovers} == {8, 7}


def test_a_table_repeats_each_week(tmp_path: Path) -> None:
    """Weekends belong to ben, round the end of the week and the change of clocks."""
    week = """    week:
      - {from: Mon 08:00, until: Fri 18:00, who: ana}
      - {from: Fri 18:00, until: Mon 08:00, who: [ben, ana]}"""
    config = duty(tmp_path, week)
    assert on_call(config, "2026-03-27 17:59") == ["ana"]
    assert on_call(config, "2026-03-27 18:00") == ["ben", "ana"]
    assert on_call(config, "2026-03-29 03:30") == ["ben", "ana"]
    assert on_call(config, "2026-03-30 07:59") == ["ben", "ana"]
    assert on_call(config, "2026-03-30 08:00") == ["ana"]


def test_one_person_can_be_on_call_always(tmp_path: Path) -> None:
    """A shift that ends when it begins lasts all week."""
    config = duty(tmp_path, "    week: [{from: Mon 00:00, until: Mon 00:00, who: ana}]")
    assert on_call(config, "2026-03-01 23:59") == ["ana"]
    assert on_call(config, "2026-03-02 00:00") == ["ana"]


def test_a_swap_goes_before_the_table(tmp_path: Path) -> None:
    """Ben stands in for ana over two days, and nothing else changes."""
    swap = """    week: [{from: Mon 08:00, until: Mon 08:00, who: ana}]
    instead: [{from: 2026-03-10 08:00, until: 2026-03-12 08:00, who: ben}]"""
    config = duty(tmp_path, swap)
    assert [on_call(config, f"2026-03-{day} 08:00") for day in ("09", "10", "11", "12")] == [
        ["ana"],
        ["ben"],
        ["ben"],
        ["ana"],
    ]


def test_a_calendar_is_a_rota(tmp_path: Path) -> None:
    """Repetitions, what was cancelled and what was moved count as the calendar shows them, at the hour it shows."""
    config = calendar(
        tmp_path,
        "UID:1\nSUMMARY:Ana\nDTSTART;TZID=Europe/Zurich:20260105T090000\nDTEND;TZID=Europe/Zurich:20260112T090000\n"
        "RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20270101T000000Z\nEXDATE;TZID=Europe/Zurich:20260330T090000",
        "UID:2\nSUMMARY:Duty\nATTENDEE;CN=Somebody:mailto:Ben\nDTSTART;TZID=Europe/Zurich:20260112T090000\n"
        "DURATION:P1W\nRRULE:FREQ=WEEKLY;INTERVAL=2",
        "UID:3\nSUMMARY:ben\nDTSTART;TZID=Europe/Zurich:20260330T090000\nDTEND;TZID=Europe/Zurich:20260406T090000",
        "UID:4\nSUMMARY:ben\nPRIORITY:1\nDTSTART;VALUE=DATE:20260303\nDTEND;VALUE=DATE:20260304",
        "UID:5\nSUMMARY:nobody\nSTATUS:CANCELLED\nDTSTART;VALUE=DATE:20260303",
        "UID:2\nRECURRENCE-ID;TZID=Europe/Zurich:20260309T090000\nSUMMARY:Holiday\n"
        "ATTENDEE;CN=X:mailto:ANA@example.org\nDTSTART:20260309T080000Z\nDTEND:20260316T080000Z",
    )
    assert on_call(config, "2026-03-02 09:00") == ["ana"]
    assert on_call(config, "2026-03-03 12:00") == ["ben"]
    assert on_call(config, "2026-03-04 00:00") == ["ana"]
    assert on_call(config, "2026-03-09 09:00") == ["ana"]
    assert on_call(config, "2026-03-23 09:00") == ["ben"]
    assert on_call(config, "2026-03-30 08:59") == ["ben"]
    assert on_call(config, "2026-03-30 09:00") == ["ben"]
    assert on_call(config, "2026-04-13 09:00") == ["ana"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            "UID:1\nSUMMARY:carla\nDTSTART:20260101T000000Z\nDURATION:P300D",
            "line 9: the calendar duty.ics: its event 'carla'",
        ),
        ("UID:1\nSUMMARY:ana\nDTSTART:20260101T000000Z\nDURATION:P30D", "nobody is on call from Mon 2026-03-02 13:00"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20260101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY", "too often"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20260101T000000Z\nDTEND:20250101T000000Z", "ends before it begins"),
        ("UID:1\nSUMMARY:ana", "cannot be read as a calendar"),
        ("nonsense", "cannot be read as a calendar"),
    ],
)
def test_a_calendar_that_cannot_be_a_rota_is_refused(tmp_path: Path, event: str, said: str) -> None:
    """What a calendar does not say is found out on a quiet day."""
    with pytest.raises(SettingError, match=said):
        calendar(tmp_path, event)


def test_whole_days_can_be_left_out_of_a_calendar_or_added(tmp_path: Path) -> None:
    """A programme that leaves out or adds a day names the day alone; whoever is free on it is not called."""
    config = calendar(
        tmp_path,
        "UID:1\nSUMMARY:ana\nPRIORITY:1\nDTSTART;TZID=Europe/Zurich:20260301T080000\n"
        "DTEND;TZID=Europe/Zurich:20260301T200000\nRRULE:FREQ=DAILY;COUNT=7\n"
        "EXDATE;VALUE=DATE:20260303,20260305\nRDATE;VALUE=DATE:20260320",
        "UID:1\nRECURRENCE-ID;VALUE=DATE:20260306\nSUMMARY:ben\nPRIORITY:2\nDTSTART:20260306T070000Z\nDURATION:PT1H",
        "UID:2\nSUMMARY:ben\nDTSTART;VALUE=DATE:20260301\nDURATION:P1D\nRRULE:FREQ=DAILY",
    )
    called = [on_call(config, f"2026-03-0{day} 08:00") for day in (2, 3, 4, 5, 6, 7)]
    assert called == [["ana"], ["ben"], ["ana"], ["ben"], ["ben"], ["ana"]]
    assert [on_call(config, f"2026-03-20 {hour}:59") for hour in ("07", "19", "20")] == [["ben"], ["ana"], ["ben"]]


def test_a_single_day_of_a_calendar_that_was_moved_is_no_longer_there(tmp_path: Path) -> None:
    """An added day that ana gave away is no day of hers."""
    config = calendar(
        tmp_path,
        "UID:1\nSUMMARY:ana\nPRIORITY:1\nDTSTART:20260302T080000Z\nDURATION:PT8H\nRDATE:20260305T080000Z",
        "UID:1\nRECURRENCE-ID:20260305T080000Z\nSUMMARY:ana\nPRIORITY:1\nDTSTART:20260306T080000Z\nDURATION:PT8H",
        "UID:2\nSUMMARY:ben\nDTSTART;VALUE=DATE:20260301\nDURATION:P1D\nRRULE:FREQ=DAILY",
    )
    assert [on_call(config, f"2026-03-0{day} 12:00") for day in (5, 6)] == [["ben"], ["ana"]]


def test_a_cancelled_event_is_none_however_it_is_written(tmp_path: Path) -> None:
    """Words of a calendar are the same in capitals and without."""
    config = calendar(
        tmp_path,
        "UID:1\nSUMMARY:ana\nPRIORITY:1\nSTATUS:cancelled\nDTSTART:20260302T080000Z\nDURATION:P1D",
        "UID:2\nSUMMARY:ben\nDTSTART;VALUE=DATE:20260301\nDURATION:P1D\nRRULE:FREQ=DAILY",
    )
    assert on_call(config, "2026-03-02 13:00") == ["ben"]


@pytest.mark.parametrize("status", ["CONFIRMED", "CANCELLED"])
def test_a_change_of_all_that_follows_in_a_calendar_is_refused(tmp_path: Path, status: str) -> None:
    """Ben, who took over for good, is not to find out after a week that ana is called again."""
    series = "UID:1\nSUMMARY:ana\nDTSTART;VALUE=DATE:20260302\nDURATION:P7D\nRRULE:FREQ=WEEKLY"
    change = f"SUMMARY:ben\nSTATUS:{status}\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20260316"
    said = r"line 9: the calendar duty\.ics: its event 'ben' of 2026-03-16 changes all .* make a new series"
    with pytest.raises(SettingError, match=said):
        calendar(tmp_path, series, f"UID:1\n{change}\nDTSTART;VALUE=DATE:20260316\nDURATION:P7D")


def test_quiet_hours_are_on_each_persons_own_clock(tmp_path: Path) -> None:
    """Ten in the evening in Zurich is ten in the evening there, in winter as in summer."""
    ana = read(tmp_path, PEOPLE + TURNS + CHAINS).people["ana"]
    for day in ("2026-01-10", "2026-07-10"):
        moments = [f"{day} {at}" for at in ("21:59", "22:00", "03:00", "06:59", "07:00")]
        quiet = [ana.is_quiet(datetime.fromisoformat(moment).replace(tzinfo=ZURICH)) for moment in moments]
        assert quiet == [False, True, True, True, False]


def test_a_stage_names_people_by_their_first_receiver(tmp_path: Path) -> None:
    """Whoever is told twice by the same chain is told once; who has a second receiver keeps it in reserve."""
    config = read(tmp_path, PEOPLE + TURNS + CHAINS)
    chain = config.chain_for("site", "critical", "limit_crossed")
    assert [target.receiver for target in targets_up_to(config, chain, 1, NOW)] == ["ana-phone", "log"]
    assert [target.receiver for target in stage_targets(config, chain, 1, NOW, without="ana-phone")] == [
        "ana-mail",
        "log",
    ]
    assert config.next_receiver("ana-phone") == "ana-mail"
    assert config.next_receiver("ana-mail") is None
    assert config.next_receiver("log") is None


def test_secrets_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key that is not in the file cannot be read from it; one that is missing is noticed at once."""
    text = PEOPLE.replace("log: {kind: log}", "log: {kind: webhook, url: 'https://example.org/${PART}', timeout_s: 3}")
    with pytest.raises(SettingError, match="line 2: the environment has no PART"):
        read(tmp_path, text + TURNS + CHAINS)
    monkeypatch.setenv("PART", "one")
    options = read(tmp_path, text + TURNS + CHAINS).receivers["log"].options
    assert options == {"url": "https://example.org/one", "timeout_s": 3}
    monkeypatch.delenv("PART")
    (tmp_path / "part").write_text("of a file\n")
    monkeypatch.setenv("PART_FILE", str(tmp_path / "part"))
    assert read(tmp_path, text + TURNS + CHAINS).receivers["log"].options["url"] == "https://example.org/of a file"


WEEK = "rotas: {duty: {zone: Europe/Zurich, week: [{from: Mon 00:00, until: Mon 00:00, who: ana}]}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "on-call.yaml is empty"),
        ("receivers: [", "line 1: "),
        ("a: b", "line 1: the on-call file: 'a' is not known"),
        (PEOPLE + WEEK, "line 2: the on-call file: 'chains' is missing"),
        (PEOPLE + WEEK + CHAINS + "default_chain: all", "line 10: the on-call file: 'default_chain' is there twice"),
        (
            PEOPLE + WEEK + CHAINS.replace("tell: [duty]", "tell: [nobody]"),
            "line 8: there is no receiver, person or rota",
        ),
        (PEOPLE + WEEK + CHAINS.replace("chain: all", "chain: some"), "line 9: there is no chain 'some'; there is all"),
        (PEOPLE + WEEK + CHAINS + "routes: [{site: a, chain: some}]", "line 10: there is no chain 'some'"),
        (PEOPLE + WEEK + CHAINS + "routes: [{chain: all}]", "line 10: a route needs a site"),
        (PEOPLE + WEEK + CHAINS + "routes: [{severity: dire, chain: all}]", "line 10: 'dire' is no severity"),
        (PEOPLE + WEEK + CHAINS + "reminder_min: {dire: 3}", "line 10: reminder_min: 'dire' is no severity"),
        (PEOPLE + WEEK + CHAINS + "reminder_min: {critical: 0}", "line 10: it is 0, but must be at least"),
        (PEOPLE + WEEK + CHAINS + "group_window_s: soon", "line 10: 'soon' is no number"),
        (
            PEOPLE + WEEK + CHAINS.replace("after_min: 0", "after_min: 1"),
            "line 8: chain 'all': the first stage is after 0",
        ),
        (PEOPLE + WEEK + CHAINS.replace("after_min: 10", "after_min: 0"), "line 8: chain 'all': the first stage"),
        (
            PEOPLE + WEEK.replace("who: ana", "who: carla") + CHAINS,
            "line 6: there is no person 'carla'; there is ana, ben",
        ),
        (PEOPLE + WEEK.replace("Zurich", "Zuerich") + CHAINS, "line 6: there is no time zone 'Europe/Zuerich'"),
        (PEOPLE + WEEK.replace("Zurich", "../passwd") + CHAINS, "line 6: there is no time zone"),
        (PEOPLE + WEEK.replace("from: Mon 00:00", "from: Mon 25:00") + CHAINS, "line 6: '25:00' is no time of day"),
        (PEOPLE + WEEK.replace("from: Mon", "from: Someday") + CHAINS, "line 6: 'Someday 00:00' is no time of a week"),
        (
            PEOPLE + WEEK.replace("until: Mon", "until: Sat") + CHAINS,
            "nobody is on call from Sat 2026-03-07 00:00 to Mon 2026-03-09 00:00",
        ),
        (
            PEOPLE + WEEK.replace("week: [", "week: [{from: Tue 08:00, until: Tue 10:00, who: ben}, ") + CHAINS,
            "line 6: rota 'duty': ben and ana are both on call from Tue 2026-03-03 08:00 to Tue 2026-03-03 10:00",
        ),
        (PEOPLE + WEEK.replace("duty", "ana") + CHAINS, "'ana' is the name of two things"),
        (PEOPLE + TURNS.replace("1 week", "often") + CHAINS, "line 6: 'often' is no length of a turn"),
        (
            PEOPLE + TURNS.replace("2026-01-05 09:00", "2026-01-05T09:00Z") + CHAINS,
            "line 6: .* is no time in the rota's zone",
        ),
        (
            PEOPLE + TURNS.replace("2026-01-05", "2026-03-05") + CHAINS,
            "line 6: rota 'duty': nobody is on call from Mon",
        ),
        (
            PEOPLE + TURNS.replace("every: 1 week, ", "") + CHAINS,
            "line 6: rota 'duty' needs one of week, shifts, every",
        ),
        (PEOPLE.replace("22:00-07:00", "at night") + WEEK + CHAINS, "line 4: person 'ana': write quiet hours as"),
        (
            PEOPLE.replace("22:00-07:00", "22:00-22:00") + WEEK + CHAINS,
            "line 4: person 'ana': quiet hours end at another",
        ),
        (
            PEOPLE.replace("receivers: ben-phone", "receivers: fax") + WEEK + CHAINS,
            "line 5: there is no receiver 'fax'",
        ),
        (
            PEOPLE.replace("log: {kind: log}", "log: {kind: fax}") + WEEK + CHAINS,
            "line 2: receiver 'log': there is no kind",
        ),
        (
            PEOPLE.replace("log: {kind: log}", "log: {url: x}") + WEEK + CHAINS,
            "line 2: receiver 'log': 'kind' is missing",
        ),
        ("receivers: {}\n" + CHAINS, "line 1: there is no receiver, so nobody would be told"),
        ("receivers: {a: &a {kind: log, b: [*a]}}\n" + CHAINS, "contains itself"),
    ],
)
def test_a_file_that_would_leave_somebody_untold_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A mistake in the rota is found by whoever writes it, with its line, and not at three in the morning."""
    with pytest.raises(SettingError, match=said):
        read(tmp_path, text)


def test_the_line_is_that_of_the_name_not_of_what_follows_it(tmp_path: Path) -> None:
    """Whoever wrote a wrong word is led to that word."""
    with pytest.raises(SettingError, match="line 10: the on-call file: 'rutas' is not known"):
        read(tmp_path, PEOPLE + WEEK + CHAINS + "rutas:\n  duty:\n    zone: Europe/Zurich\n")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """An operator who mistypes the file's name is told so."""
    with pytest.raises(SettingError, match=r"missing\.yaml cannot be read"):
        read_config(tmp_path / "missing.yaml", SETTINGS, NOW)


def test_a_list_of_shifts_that_ends_is_refused_sixty_days_before(tmp_path: Path) -> None:
    """Whoever keeps the list hears two months ahead that it runs out."""
    shifts = "    shifts: [{from: 2026-03-01 00:00, until: 2026-05-10 00:00, who: ana}]"
    assert on_call(duty(tmp_path, shifts), "2026-05-09 23:59") == ["ana"]
    with pytest.raises(SettingError, match=r"line 9: rota 'duty': nobody is on call from Sun 2026-05-10 00:00"):
        duty(tmp_path, shifts, NOW + timedelta(days=20))
