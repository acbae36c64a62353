"""What people read when a container is beyond a limit: whole texts, written out."""

import re
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alerts.messages.examples import EXAMPLES, WARM
from alerts.messages.sentences import Words
from alerts.messages.templates import Templates, message, read_templates
from alerts.notification import Planned
from service.domain.alerting.advice import AFTERWARDS, advice
from service.domain.alerting.alert import Alert
from service.domain.alerting.departed_lots import DepartedLot
from service.domain.alerting.details import BudgetUsed, Given, InNoContainer, PastExcursion, Plain, TimeBeyond
from service.domain.alerting.notification import Reason
from service.domain.alerting.rule_table import causes
from service.domain.instant import SECOND_US
from service.domain.profiles import Direction
from service.domain.wall_clock import from_wall, moment
from service.errors import SettingError

LINK = "https://cold.example/a/AQBqGGE"
RESOLVED = replace(WARM, state="resolved", resolved_at=datetime(2026, 3, 1, 3, 20, 30, tzinfo=UTC))
ABOVE_60 = (Direction.ABOVE, -60.0)
LASTED_US = 11_640 * SECOND_US
LATE = replace(
    RESOLVED, past=True, details=PastExcursion((TimeBeyond(ABOVE_60, LASTED_US, 1, LASTED_US, 1),), unmeasured=False)
)


def planned(reason: Reason, *alerts: Alert) -> Planned:
    """A message about these alerts."""
    return Planned(reason, 0, alerts, ("ana",), "site:basel:7", "said in the log")


def said(reason: Reason, *alerts: Alert, link: str | None = LINK, zone: str | None = None) -> list[str]:
    """The lines of the built-in text."""
    subject, text = message(planned(reason, *alerts), link, zone=zone)
    assert text.splitlines()[0] == subject
    assert len(subject) <= 160
    return text.splitlines()


def test_a_warm_freezer() -> None:
    """Whoever is woken learns what, where, since when, how long is left, which lots, what to do and where to answer."""
    assert said(Reason.FIRST, WARM) == [
        "CRITICAL: Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2; now −48.3 °C; 42 min left; "
        "since 2026-03-01 01:06 CET",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "Since: 2026-03-01 01:06 CET (00:06 UTC)",
        "Now: −48.3 °C",
        "Time left: 42 min until a lot has used up what it is allowed beyond its limit",
        "Lots (2): EX-1, EX-2",
        "What to do: Move the lots to a container within limits. "
        "Keep them cold, set them apart, tell quality; do not discard.",
        "To answer: https://cold.example/a/AQBqGGE",
    ]


def test_it_got_worse() -> None:
    """The one who is on it hears that time has run out; others read who that is."""
    alert = replace(
        WARM,
        state="acknowledged",
        acknowledged_at=datetime(2026, 3, 1, 0, 20, tzinfo=UTC),
        acknowledged_by="A. Keller",
        remaining_s=0.0,
        used=1.2,
        details=Given(
            "is above −60 °C", "was above −60 °C", forecast="At this rate it is above −20 °C in 25 min to 40 min"
        ),
    )
    assert said(Reason.WORSENED, alert) == [
        "CRITICAL, worse: Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2; now −48.3 °C; no time left; "
        "since 2026-03-01 01:06 CET",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "Since: 2026-03-01 01:06 CET (00:06 UTC)",
        "Now: −48.3 °C",
        "Time left: none; a lot has used up what it is allowed beyond its limit",
        "Forecast: At this rate it is above −20 °C in 25 min to 40 min",
        "Lots (2): EX-1, EX-2",
        "A. Keller has been on it since 2026-03-01 01:20 CET (00:20 UTC).",
        "What to do: Move the lots to a container within limits. "
        "Keep them cold, set them apart, tell quality; do not discard.",
        "To answer: https://cold.example/a/AQBqGGE",
    ]


def test_nobody_answered() -> None:
    """A reminder says since when people are called; whoever is next in the chain learns that it is theirs now."""
    assert said(Reason.REMINDER, WARM)[0].startswith("CRITICAL, still so: Freezer 2 (basel) is above −60 °C; ")
    assert said(Reason.REMINDER, WARM)[6] == (
        "Nobody has it in hand; people have been called since 2026-03-01 01:16 CET (00:16 UTC)."
    )
    assert said(Reason.ESCALATED, WARM)[0].startswith("CRITICAL, nobody answered: Freezer 2 (basel) is above −60 °C; ")
    assert said(Reason.ESCALATED, WARM)[6] == (
        "Nobody has it in hand; people have been called since 2026-03-01 01:16 CET (00:16 UTC). "
        "You are the next to be called."
    )


def test_somebody_is_on_it() -> None:
    """A pager that is to fall silent is told why, and who it was."""
    taken = replace(
        WARM,
        state="acknowledged",
        acknowledged_at=datetime(2026, 3, 1, 0, 20, tzinfo=UTC),
        acknowledged_by="A. Keller",
    )
    head, *lines = said(Reason.TAKEN, taken)
    assert head.startswith("CRITICAL, somebody is on it: Freezer 2 (basel) is above −60 °C; ")
    assert lines[5] == "A. Keller has been on it since 2026-03-01 01:20 CET (00:20 UTC)."


def test_the_end() -> None:
    """A freezer that is cold again does not make its lots good."""
    assert said(Reason.RESOLVED, RESOLVED) == [
        "OVER since 2026-03-01 04:20 CET. The alert was: Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "When: from 2026-03-01 01:06 CET (00:06 UTC) until 2026-03-01 04:20 CET (03:20 UTC), 3 h 14 min",
        "Lots (2): EX-1, EX-2",
        "That it is over clears no lot: look up each lot's answer before it is used; do not discard.",
    ]


def test_the_past() -> None:
    """What an upload brings to light days later is told as over, and as late."""
    assert said(Reason.PAST, LATE) == [
        "PAST, told only now: Freezer 2 (basel) was above −60 °C for 3 h 14 min; 2 lots: EX-1, EX-2; "
        "until 2026-03-01 04:20 CET",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "When: from 2026-03-01 01:06 CET (00:06 UTC) until 2026-03-01 04:20 CET (03:20 UTC), 3 h 14 min",
        "Lots (2): EX-1, EX-2",
        "That it is over clears no lot: look up each lot's answer before it is used; do not discard.",
    ]
    assert said(Reason.PAST, RESOLVED)[0] == (
        "OVER since 2026-03-01 04:20 CET, told only now. The alert was: "
        "Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2"
    )


def test_a_test() -> None:
    """Whoever is woken by a test reads first that nothing is wrong."""
    assert said(Reason.TEST, link=None) == [
        "TEST: Unbroken reaches you here; nothing is wrong and there is nothing to do",
        "Somebody asked for this message, to see that alerts arrive. If it came late, twice or to the wrong person, "
        "tell whoever keeps the on-call file.",
    ]


def freezer(number: int, *lot_ids: str, **more: object) -> Alert:
    """One of a cellar full of freezers."""
    name = f"Freezer {number}"
    alert = replace(
        WARM,
        id=number,
        subject=f"container:freezer-{number}",
        name=name,
        container_id=f"freezer-{number}",
        lot_ids=lot_ids,
        lot_count=len(lot_ids),
        lots_first=lot_ids[:3],
        now_c=-55.0,
        remaining_s=None,
    )
    return replace(alert, **more)  # type: ignore[arg-type]  # as the caller has them


def test_a_power_cut() -> None:
    """Forty freezers are one message: where, how many, the most urgent first, and each on a line of its own."""
    alerts = [
        freezer(1),
        freezer(2, "EX-1", "EX-2", remaining_s=3_000.0),
        freezer(3, "EX-3", "EX-4", remaining_s=1_250.0, instruction="Ring the caretaker: 4711"),
        freezer(4, severity="warning", cause="logger_silent", details=Given("is silent", "was silent")),
    ]
    assert said(Reason.FIRST, *alerts) == [
        "CRITICAL: 4 containers at Basel, cellar are in trouble: Freezer 3, Freezer 2, Freezer 1, Freezer 4; 4 lots; "
        "20 min left; since 2026-03-01 01:06 CET",
        "- CRITICAL: Freezer 3 (basel) is above −60 °C; 2 lots: EX-3, EX-4; now −55 °C; 20 min left; "
        "since 2026-03-01 01:06 CET (00:06 UTC)",
        "- CRITICAL: Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2; now −55 °C; 50 min left; "
        "since 2026-03-01 01:06 CET (00:06 UTC)",
        "- CRITICAL: Freezer 1 (basel) is above −60 °C; no lots in it; now −55 °C; "
        "since 2026-03-01 01:06 CET (00:06 UTC)",
        "- WARNING: Freezer 4 (basel) is silent; no lots in it; now −55 °C; since 2026-03-01 01:06 CET (00:06 UTC)",
        "Lots (4): EX-3, EX-4, EX-1, EX-2",
        "What to do at Freezer 3: Ring the caretaker: 4711. "
        "Keep them cold, set them apart, tell quality; do not discard.",
        "What to do: Move the lots to a container within limits. "
        "Keep them cold, set them apart, tell quality; do not discard.",
        "What to do: Have the container looked at, and put no lot into it until it is within limits.",
        "What to do: Look to the logger: power, cable, network; put no lot into a container that is not measured.",
        "To answer: https://cold.example/a/AQBqGGE",
    ]


def test_the_end_of_a_power_cut() -> None:
    """It is over when the last freezer is cold."""
    first = replace(freezer(1), resolved_at=RESOLVED.resolved_at)
    second = replace(freezer(2, "EX-1", "EX-2"), resolved_at=datetime(2026, 3, 1, 3, 50, tzinfo=UTC))
    assert said(Reason.RESOLVED, first, second) == [
        "OVER since 2026-03-01 04:50 CET. The alerts were of 2 containers at Basel, cellar: Freezer 2, Freezer 1",
        "- from 2026-03-01 01:06 CET (00:06 UTC) until 2026-03-01 04:50 CET (03:50 UTC): "
        "Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2",
        "- from 2026-03-01 01:06 CET (00:06 UTC) until 2026-03-01 04:20 CET (03:20 UTC): "
        "Freezer 1 (basel) is above −60 °C; no lots in it",
        "Lots (2): EX-1, EX-2",
        "That it is over clears no lot: look up each lot's answer before it is used; do not discard.",
    ]


def test_forty_freezers_fit_a_locked_screen() -> None:
    """What is cut is names; how many, how long and since when stay."""
    head, *lines = said(Reason.FIRST, *(freezer(n, f"EX-{n}", remaining_s=60.0 * n) for n in range(1, 61)))
    assert head == (
        "CRITICAL: 60 containers at Basel, cellar are in trouble: Freezer 1, Freezer 2, Freezer 3, Freezer 4, "
        "Freezer 5…; 60 lots; 1 min left; since 2026-03-01 01:06 CET"
    )
    assert lines[50] == "- and 10 more"
    assert lines[51] == "Lots (60): EX-1, EX-2, EX-3, EX-4, EX-5 and 55 more"


def test_two_alerts_of_one_freezer_are_one_trouble() -> None:
    """A freezer that is warm, and whose lots run out of time, is told by what is worse."""
    used = replace(
        WARM,
        id=8,
        cause="budget_used",
        details=BudgetUsed(ABOVE_60, 3_600, 0.8),
        remaining_s=600.0,
        used=0.83,
    )
    head, *lines = said(Reason.FIRST, WARM, used)
    assert head.startswith("CRITICAL: Freezer 2 (basel) has used more than 80% of the 1 h allowed above −60 °C")
    assert [line[:12] for line in lines[:2]] == ["- CRITICAL: "] * 2
    assert sum(line.startswith("What to do") for line in lines) == 1


def test_low_batteries_are_no_trouble() -> None:
    """A message in the morning about batteries does not read like a fire."""
    low = [freezer(n, severity="info", cause="battery_low", now_c=None) for n in (1, 2)]
    lines = said(Reason.FIRST, *low)
    assert lines[0].startswith("INFO: 2 containers at Basel, cellar need attention: Freezer 1, Freezer 2; since ")
    assert "What to do: Change the logger's battery before it falls silent." in lines


def test_the_service_itself() -> None:
    """What is behind is no place, and has no lots."""
    alert = replace(
        WARM,
        subject="service:ingest",
        name="Ingest",
        container_id=None,
        site_id=None,
        site_name=None,
        time_zone="UTC",
        cause="ingest_behind",
        severity="warning",
        details=Plain(),
        lot_ids=(),
        now_c=None,
        remaining_s=None,
    )
    assert said(Reason.FIRST, alert, link=None) == [
        "WARNING: Ingest is behind; since 2026-03-01 00:06 UTC",
        "Since: 2026-03-01 00:06 UTC",
        "What to do: Tell whoever runs this service: see that ingest, the broker and the database are up. "
        "What loggers send is kept meanwhile, and no lot is called usable for want of readings.",
    ]
    assert "2 things at Basel, cellar" in said(Reason.FIRST, WARM, alert)[0]


def test_an_empty_freezer_asks_for_no_move() -> None:
    """Where no lot lies there is none to move; the container is to be mended before one is put in."""
    lines = said(Reason.FIRST, freezer(1))
    assert "Lots: none is recorded there" in lines
    assert "What to do: Have the container looked at, and put no lot into it until it is within limits." in lines


def test_the_containers_own_instruction_comes_first() -> None:
    """Whoever knows the house wrote down whom to ring; that nothing is discarded is said all the same."""
    lines = said(Reason.FIRST, replace(WARM, instruction="To freezer 9, key in the red box"))
    assert (
        "What to do: To freezer 9, key in the red box. Keep them cold, set them apart, tell quality; do not discard."
        in lines
    )


@pytest.mark.parametrize("cause", causes())
@pytest.mark.parametrize("has_lots", [True, False])
def test_every_cause_says_what_to_do(cause: str, has_lots: bool) -> None:
    """An alert that leaves a tired person wondering is half an alert; none says to throw anything away."""
    alert = replace(WARM, cause=cause, instruction="", lot_ids=WARM.lot_ids if has_lots else ())
    found = advice(alert)
    assert found != advice(replace(alert, cause="unheard of"))
    assert "discard" not in found.replace("do not discard", "")


def test_a_lot_in_no_container_is_not_told_to_have_a_logger_attached() -> None:
    """There is nothing to attach one to: somebody says where the lot is, or that it is used up."""
    alert = replace(
        WARM,
        subject="lot:EX-1",
        name="Lot 2411-03",
        container_id=None,
        cause="lot_unmonitored",
        details=InNoContainer(),
        lot_ids=("EX-1",),
    )
    [to_do] = [line for line in said(Reason.FIRST, alert) if line.startswith("What to do")]
    assert "used up or gone" in to_do
    assert "logger" not in to_do
    assert "Attach a logger" in advice(replace(alert, container_id="freezer-2"))


def test_five_lots_are_named_and_the_rest_counted() -> None:
    """Five hundred lots in a freezer do not fit on a telephone."""
    lines = said(Reason.FIRST, replace(WARM, lot_ids=tuple(f"EX-{n}" for n in range(500))))
    assert "Lots (500): EX-0, EX-1, EX-2, EX-3, EX-4 and 495 more" in lines


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason is not Reason.TEST])
def test_the_first_160_characters_stand_alone(reason: Reason) -> None:
    """A locked screen shows which container, and how long is left, even if lots have long names; the rest follows."""
    alert = RESOLVED if reason in (Reason.RESOLVED, Reason.PAST) else WARM
    lot_ids = tuple(letter * 60 for letter in "ABC")
    summary = f"Freezer 2 (basel) is above −60 °C; 3 lots: {', '.join(lot_ids)}"
    head, whole, *_ = said(reason, replace(alert, lot_ids=lot_ids, lot_count=3, lots_first=lot_ids))
    assert "Freezer 2 (basel) is above −60 °C; 3 lots: A" in head
    assert "…" in head
    assert alert is RESOLVED or "42 min left; since 2026-03-01 01:06 CET" in head
    assert whole == summary


def test_each_person_reads_the_clock_on_their_own_wall() -> None:
    """Who is on call in Boston for a freezer in Basel reads Boston's time; without a zone, that of the site."""
    assert "since 2026-02-28 19:06 EST" in said(Reason.FIRST, WARM, zone="America/New_York")[0]
    assert "Since: 2026-02-28 19:06 EST (2026-03-01 00:06 UTC)" in said(Reason.FIRST, WARM, zone="America/New_York")
    assert "since 2026-03-01 01:06 CET" in said(Reason.FIRST, WARM, zone="America/Atlantis")[0]


@pytest.mark.parametrize(
    ("zone", "at", "shown"),
    [
        ("Europe/Zurich", "2026-07-01T00:06:00Z", "2026-07-01 02:06 CEST (00:06 UTC)"),
        ("Europe/Zurich", "2026-02-28T23:30:00Z", "2026-03-01 00:30 CET (2026-02-28 23:30 UTC)"),
        ("America/Sao_Paulo", "2026-03-01T12:00:00Z", "2026-03-01 09:00 UTC−03:00 (12:00 UTC)"),
        ("Asia/Kathmandu", "2026-03-01T12:00:00Z", "2026-03-01 17:45 UTC+05:45 (12:00 UTC)"),
        ("UTC", "2026-03-01T12:00:00Z", "2026-03-01 12:00 UTC"),
        # The hour that happens twice in autumn.
        ("Europe/Zurich", "2026-10-25T00:30:00Z", "2026-10-25 02:30 CEST (00:30 UTC)"),
        ("Europe/Zurich", "2026-10-25T01:30:00Z", "2026-10-25 02:30 CET (01:30 UTC)"),
    ],
)
def test_a_time_is_shown_as_on_the_wall_and_in_utc(zone: str, at: str, shown: str) -> None:
    """People act by the clock on the wall, and compare sites by UTC; the zone says which is meant."""
    assert moment(datetime.fromisoformat(at), ZoneInfo(zone)) == shown


@pytest.mark.parametrize(
    ("text", "now", "instant"),
    [
        ("2026-07-01T02:06", "2026-07-01T00:10:00Z", "2026-07-01T00:06:00Z"),
        ("2026-10-25T02:30", "2026-10-25T00:40:00Z", "2026-10-25T00:30:00Z"),
        ("2026-10-25T02:30", "2026-10-25T01:40:00Z", "2026-10-25T01:30:00Z"),
        # That the clocks sprang over.
        ("2026-03-29T02:30", "2026-03-29T12:00:00Z", "2026-03-29T01:30:00Z"),
    ],
)
def test_a_time_read_off_the_wall_is_an_instant(text: str, now: str, instant: str) -> None:
    """Who moved the lots says when by the clock they see; in the hour that comes twice it is the last that was."""
    found = from_wall(text, ZoneInfo("Europe/Zurich"), datetime.fromisoformat(now))
    assert found == datetime.fromisoformat(instant)


@pytest.mark.parametrize("text", ["", "soon", "2026-07-01T02:06Z", "25:00"])
def test_what_no_clock_shows_is_refused(text: str) -> None:
    """A time with a zone of its own is not the clock on this wall."""
    with pytest.raises(ValueError, match=r".+"):
        from_wall(text, ZoneInfo("Europe/Zurich"), datetime(2026, 7, 1, tzinfo=UTC))


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc", "/etc/passwd"])
def test_a_misspelt_zone_does_not_silence_an_alert(zone: str) -> None:
    """A warm freezer at a site whose zone was typed wrongly is told of in UTC."""
    assert said(Reason.FIRST, replace(WARM, time_zone=zone))[0].endswith("since 2026-03-01 00:06 UTC")


def test_a_clock_set_back_makes_no_negative_duration() -> None:
    """An alert cannot have lasted less than no time."""
    lines = said(Reason.RESOLVED, replace(RESOLVED, resolved_at=WARM.began_at - timedelta(minutes=6)))
    assert lines[2].endswith(", 0 s")


def written(directory: Path, subject: str | None = None, text: str | None = None) -> Templates:
    """Templates an operator wrote."""
    for name, source in (("subject.txt", subject), ("text.txt", text)):
        if source is not None:
            (directory / name).write_text(source, encoding="utf-8")
    return read_templates(str(directory))


def test_an_operator_has_their_own_words(tmp_path: Path) -> None:
    """A house that speaks another language, or wants only two lines, says so in a file."""
    templates = written(
        tmp_path,
        "{{ severity | upper }} {{ alerts | map(attribute='name') | join(', ') }}",
        "{{ subject }}\n{% for alert in alerts %}\n{{ alert.summary }} seit {{ alert.since }}\n{% endfor %}\n"
        "{{ link }}",
    )
    assert message(planned(Reason.FIRST, WARM), LINK, templates) == (
        "CRITICAL Freezer 2",
        "CRITICAL Freezer 2\n"
        "Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2 seit 2026-03-01 01:06 CET (00:06 UTC)\n"
        "https://cold.example/a/AQBqGGE",
    )


def test_a_template_asks_for_the_severity_of_an_alert_as_for_that_of_the_message(tmp_path: Path) -> None:
    """Who marks what is critical marks it, in the line as in the head."""
    mark = "{% if severity == 'critical' %}!{% endif %}"
    each = "{% for alert in alerts %}{{ '!' if alert.severity == 'critical' else '-' }}{% endfor %}"
    low = freezer(3, severity="warning")
    assert message(planned(Reason.FIRST, WARM, low), LINK, written(tmp_path, mark + each))[0] == "!!-"


def test_one_file_may_be_changed_alone(tmp_path: Path) -> None:
    """A subject of one's own heads the built-in text, and a text without the subject is given it."""
    templates = written(tmp_path, "Freezer! {{ lots }}")
    subject, text = message(planned(Reason.FIRST, WARM), LINK, templates)
    assert subject == "Freezer! Lots (2): EX-1, EX-2"
    assert text.splitlines()[:2] == [subject, "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)"]
    (tmp_path / "subject.txt").unlink()
    subject, text = message(planned(Reason.FIRST, WARM), LINK, written(tmp_path, None, "Come."))
    assert text == f"{subject}\nCome."


def test_no_templates_are_the_built_in_words(tmp_path: Path) -> None:
    """Nothing set, or nothing written yet, changes nothing."""
    for templates in (read_templates(""), read_templates(str(tmp_path))):
        assert message(planned(Reason.FIRST, WARM), LINK, templates)[1].splitlines() == said(Reason.FIRST, WARM)


@pytest.mark.parametrize(
    ("text", "where", "why"),
    [
        ("one\n{% if %}", "text.txt, line 2", "Expected an expression"),
        ("one\ntwo\n{{ alert.summary }}", "text.txt, line 3", "'alert' is undefined"),
        ("{{ alerts[0].kelvin }}", "text.txt, line 1", "kelvin"),
        ("{% include '/etc/passwd' %}", "text.txt, line 1", "no loader"),
        ("{{ alerts.__class__.__mro__ }}", "text.txt, line 1", "unsafe"),
        ("{{ 1 / 0 }}", "text.txt, line 1", "division"),
    ],
)
def test_a_template_that_does_not_work_is_refused_at_the_start(tmp_path: Path, text: str, where: str, why: str) -> None:
    """Who mistyped it learns at the desk, with the line, and not at night."""
    with pytest.raises(SettingError, match=where) as raised:
        written(tmp_path, None, text)
    assert why in str(raised.value)


def test_a_directory_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A slip in the setting would otherwise pass for a house without words of its own; so would what is no text."""
    with pytest.raises(SettingError, match="UNBROKEN_ALERT_TEMPLATES_DIR"):
        read_templates(str(tmp_path / "none"))
    (tmp_path / "text.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match=r"text\.txt cannot be read"):
        read_templates(str(tmp_path))


def test_a_template_that_fails_at_night_is_replaced(tmp_path: Path) -> None:
    """It passed every example, and meets what nobody thought of: the built-in words go out, and nothing is lost."""
    templates = written(tmp_path, "{{ 1 / (alerts | length - 7) }}")
    seven = [freezer(number) for number in range(7)]
    subject, text = message(planned(Reason.FIRST, *seven), LINK, templates)
    assert text.splitlines() == said(Reason.FIRST, *seven)
    assert subject.startswith("CRITICAL: 7 containers")


@pytest.mark.parametrize("subject", ["{{ '' }}", "\n\n", "{{ 'A\nB' }}", "{{ 'long ' * 100 }}"])
def test_a_subject_is_one_short_line_whatever_a_template_says(tmp_path: Path, subject: str) -> None:
    """A line break in a subject would end the header of a mail; a long one is cut where a telephone would."""
    found, text = message(planned(Reason.FIRST, WARM), LINK, written(tmp_path, subject))
    assert found
    assert len(found.splitlines()) == 1
    assert len(found) <= 160
    assert text.startswith(found)


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_text_is_the_same_whenever_it_is_made(example: Planned) -> None:
    """A repetition reads like the first, so that nobody takes it for news."""
    assert message(example, LINK) == message(example, LINK)


def test_the_documented_templates_work(tmp_path: Path) -> None:
    """An operator can copy them as they stand."""
    text = (Path(__file__).parents[3] / "docs/alert-texts.md").read_text(encoding="utf-8")
    subject, body = re.findall(r"^```jinja\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    found = message(planned(Reason.FIRST, WARM), LINK, written(tmp_path, subject, body))
    assert found == (
        "CRITICAL: Freezer 2",
        "CRITICAL: Freezer 2\n"
        "* Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2, since 2026-03-01 01:06 CET (00:06 UTC), 42 min left\n"
        "What to do: Move the lots to a container within limits. "
        "Keep them cold, set them apart, tell quality; do not discard.\n"
        "https://cold.example/a/AQBqGGE",
    )
    named = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))))
    assert named == {field.name for field in fields(Words)}


CALM = replace(WARM, calm_since=datetime(2026, 3, 1, 0, 50, tzinfo=UTC))


@pytest.mark.parametrize("reason", [Reason.FIRST, Reason.REMINDER, Reason.ESCALATED, Reason.CALM])
def test_what_is_back_within_limits_is_said_to_be(reason: Reason) -> None:
    """Whatever the message was to say when it was planned: nobody reads 'now −48 °C' of a freezer that is cold."""
    lines = said(reason, CALM)
    assert lines[:4] == [
        "CRITICAL, back within limits since 2026-03-01 01:50 CET: Freezer 2 (basel) was above −60 °C; "
        "2 lots: EX-1, EX-2",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "Since: 2026-03-01 01:06 CET (00:06 UTC)",
        "Back within limits since: 2026-03-01 01:50 CET (00:50 UTC); it is watched until it is seen to stay so",
    ]
    text = "\n".join(lines)
    for untrue in ("−48", "42 min", "Move the lots", "still so"):
        assert untrue not in text
    assert "To answer" in text


def test_what_was_calm_when_it_was_planned_and_is_warm_when_it_is_sent_is_still_so() -> None:
    """A message that waited says what is so now."""
    assert said(Reason.CALM, WARM)[0].startswith("CRITICAL, still so: Freezer 2 (basel) is above −60 °C")


@pytest.mark.parametrize("reason", [Reason.FIRST, Reason.WORSENED, Reason.REMINDER, Reason.ESCALATED, Reason.CALM])
def test_what_is_over_when_it_is_sent_is_said_to_be_over(reason: Reason) -> None:
    """A receiver that was away for hours brings no alarm of a freezer that has long been cold."""
    lines = said(reason, RESOLVED)
    assert lines[0].startswith("OVER since 2026-03-01 04:20 CET, told only now. The alert was: Freezer 2")
    assert "What to do" not in "\n".join(lines)
    assert AFTERWARDS in lines


def test_of_several_what_is_so_comes_first() -> None:
    """One freezer is warm, one cold again, one over: the head is about the warm one, each line says its own."""
    warm = replace(WARM, id=1, subject="container:a", name="Freezer A", container_id="a")
    calm = replace(CALM, id=2, subject="container:b", name="Freezer B", container_id="b")
    over = replace(RESOLVED, id=3, subject="container:c", name="Freezer C", container_id="c")
    lines = said(Reason.REMINDER, over, calm, warm)
    assert lines[0].startswith("CRITICAL, still so: 1 containers at Basel, cellar are in trouble: Freezer A")
    assert lines[1].startswith("- CRITICAL: Freezer A (basel) is above −60 °C")
    assert lines[2].startswith("- CRITICAL, back within limits since 2026-03-01 01:50 CET (00:50 UTC): Freezer B")
    assert lines[3].startswith("- from 2026-03-01 01:06 CET (00:06 UTC) until 2026-03-01 04:20 CET")


def test_nobody_answered_is_not_said_once_somebody_did() -> None:
    """The next in line reads who is on it."""
    taken = replace(
        WARM, state="acknowledged", acknowledged_at=datetime(2026, 3, 1, 0, 20, tzinfo=UTC), acknowledged_by="A. Keller"
    )
    text = "\n".join(said(Reason.ESCALATED, taken))
    assert "nobody answered" not in text
    assert "A. Keller has been on it" in text


def test_who_was_at_stake_is_named_at_the_end_with_what_became_of_them() -> None:
    """After everything was moved, quality finds in the last message whom to look at."""
    at_ten = datetime(2026, 3, 1, 0, 10, tzinfo=UTC)
    gone = (
        DepartedLot("EX-1", at_ten, "spare", "Spare freezer"),
        DepartedLot("EX-2", at_ten, "spare", "Spare freezer"),
    )
    emptied = replace(WARM, gone=gone, lot_count=0, lots_first=())
    moved = "Were at stake (2): EX-1, EX-2: moved to Spare freezer on 2026-03-01 01:10 CET (00:10 UTC)"
    lines = said(Reason.REMINDER, emptied)
    assert moved in lines
    assert "no lots in it any more" in lines[0]
    assert "Move the lots" not in "\n".join(lines)
    over = said(Reason.RESOLVED, replace(emptied, state="resolved", resolved_at=RESOLVED.resolved_at))
    assert moved in over
    assert over[0].endswith("2 lots: EX-1, EX-2")
    assert "none" not in "\n".join(over)


@pytest.mark.parametrize(
    ("gone", "text"),
    [
        (DepartedLot("EX-1", None), "by a correction was not there"),
        (DepartedLot("EX-1", None, "b", "Freezer B"), "by a correction was not there, but in Freezer B"),
        (DepartedLot("EX-1", datetime(2026, 3, 1, tzinfo=UTC)), "taken out on 2026-03-01 00:00 UTC"),
        (
            DepartedLot("EX-1", datetime(2026, 3, 1, tzinfo=UTC), life_ended=True),
            "ended its life on 2026-03-01 00:00 UTC",
        ),
    ],
)
def test_what_becomes_of_a_lot(gone: DepartedLot, text: str) -> None:
    """A lot leaves a container in more than one way."""
    assert gone.text(UTC) == text
