"""What pages say of alerts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.domain.alerting.alert import Alert
from service.domain.alerting.details import (
    Beyond,
    BudgetUsed,
    Certainty,
    Details,
    InNoContainer,
    Plain,
    ProbeName,
    SensorFault,
    Silence,
    Silent,
    SilentProbe,
)
from service.domain.alerting.rules import Override
from service.domain.profiles import Direction
from service.web.alerting.views import AlertView, alert_line, alert_view, recovers_s, what_is_said

NOW = datetime(2026, 11, 23, 2, 40, tzinfo=UTC)


def ago(minutes: float) -> datetime:
    """The instant this many minutes before."""
    return NOW - timedelta(minutes=minutes)


ABOVE_60 = (Direction.ABOVE, -60.0)
ABOVE = Beyond(ABOVE_60, Certainty.MEASURED)

#: A warm freezer in Boston.
WARM = Alert(
    id=1,
    subject="container:freezer",
    name="Freezer 1",
    container_id="freezer",
    site_id="boston",
    site_name="Boston clinic",
    time_zone="America/New_York",
    cause="limit_crossed",
    state="firing",
    severity="critical",
    began_at=ago(20),
    due_at=ago(10),
    fired_at=ago(10),
    acknowledged_at=None,
    acknowledged_by=None,
    resolved_at=None,
    past=False,
    details=ABOVE,
    lot_ids=("lot-1",),
    lot_count=1,
    lots_first=("lot-1",),
    now_c=-48.26,
    remaining_s=2_420.0,
    instruction="Ring 4711",
)


def view(**other: Any) -> AlertView:
    """It, as it is shown."""
    return alert_view(replace(WARM, **other), [], 300, NOW)


SILENT = Silent(Silence.WHOLE, (SilentProbe(ProbeName("is-1"), 2_100, None),))


@pytest.mark.parametrize(
    ("cause", "details", "then"),
    [
        ("limit_crossed", ABOVE, "was above −60 °C"),
        ("limit_crossed", replace(ABOVE, certainty=Certainty.LAST_HEARD), "was, when last heard of, above −60 °C"),
        ("budget_used", BudgetUsed(ABOVE_60, 3_600, 1), "had used up all of the 1 h allowed above −60 °C"),
        ("logger_silent", SILENT, "was silent: nothing was heard from logger is-1 for 35 min"),
        (
            "sensor_fault",
            SensorFault((ProbeName("a"),), ()),
            "had a sensor fault: no usable number came from logger a",
        ),
        ("lot_unmonitored", InNoContainer(), "was recorded in no container: nothing measured its temperature"),
        ("delivery_failing", Plain("refused; try again"), "could not be told anything: refused; try again"),
    ],
)
def test_what_is_over_is_not_so_now(cause: str, details: Details, then: str) -> None:
    """A page that says "is above" of last week sends somebody to a cold freezer."""
    over = replace(WARM, cause=cause, details=details, state="resolved")
    assert what_is_said(over) == f"Freezer 1 (Boston clinic) {then}"


def test_a_name_is_no_verb() -> None:
    """Whoever calls a freezer "This is mine" finds it by that name."""
    over = replace(WARM, name="This is mine", site_id=None, state="resolved")
    assert what_is_said(over) == "This is mine was above −60 °C"


def test_the_site_s_clock_stands_beside_utc() -> None:
    """Whoever is woken in Boston and whoever reads in Basel speak of the same minute."""
    assert (view().since.text, view().since.utc) == ("2026-11-22 21:20 EST", "2026-11-23 02:20 UTC")
    line = alert_line(replace(WARM, state="resolved", began_at=ago(600), resolved_at=NOW))
    assert (line.since.text, line.since.utc) == ("2026-11-22 11:40 EST", "16:40 UTC")
    assert (line.until.text, line.until.utc) == ("2026-11-22 21:40 EST", "2026-11-23 02:40 UTC")
    assert alert_line(replace(WARM, state="resolved", resolved_at=NOW, time_zone="UTC")).until.utc == ""


def test_whoever_took_it_over_is_told_so_as_themselves() -> None:
    """Somebody is on it: that is a comfort to everybody but the one who it is."""
    taken = {"state": "acknowledged", "acknowledged_at": ago(5), "acknowledged_by": "Ana Keller"}
    assert alert_view(replace(WARM, **taken), [], 300, NOW, you="Ana Keller").state_text.startswith("You have been")
    assert view(**taken).state_text.startswith("Ana Keller has been on it since")


def test_what_is_about_to_go_off_says_when() -> None:
    """Before anybody is told."""
    shown = view(state="pending", due_at=ago(-9))
    assert shown.due == "at 2026-11-22 21:49 EST (2026-11-23 02:49 UTC)"
    assert shown.state_text == "Nobody has been told yet."
    assert view(state="pending").due == "any moment now"


def test_while_it_is_calm_nothing_is_said_to_be_warm() -> None:
    """Until when it is watched, and no longer how warm it was, how long is left and what to do."""
    shown = view(calm_since=ago(2))
    assert shown.title == "Freezer 1 (Boston clinic) was above −60 °C; 1 lot"
    assert shown.calm.startswith("Back within limits since 2026-11-22 21:38 EST")
    assert "watched until 2026-11-22 21:43 EST" in shown.calm
    assert (shown.now, shown.left, shown.to_do) == ("", "", "")
    assert "watched until it is seen to stay so" in view(calm_since=ago(6)).calm
    assert view(calm_since=ago(2), cause="logger_silent").calm.startswith("No longer so since")


def test_nothing_is_at_stake_where_no_lot_is() -> None:
    """The lots were moved: there is nothing left to move, and no time that runs out."""
    shown = view(lot_ids=())
    assert shown.title == "Freezer 1 (Boston clinic) is above −60 °C; no lots in it"
    assert (shown.now, shown.left) == ("−48.3 °C", "")
    assert shown.to_do == "Ring 4711."


def test_an_excursion_ends_when_it_is_calm() -> None:
    """Five quiet minutes are no excursion; where only the closing is known, the page says so."""
    calm = alert_line(replace(WARM, state="resolved", calm_since=ago(6), resolved_at=ago(1)))
    assert (calm.until.text, calm.lasted, calm.closed) == ("2026-11-22 21:34 EST", "14 min", False)
    closed = alert_line(replace(WARM, state="resolved", resolved_at=ago(1)))
    assert (closed.until.text, closed.lasted, closed.closed) == ("2026-11-22 21:39 EST", "19 min", True)
    assert not alert_line(replace(WARM, state="resolved", resolved_at=ago(1), past=True)).closed


def test_how_long_it_is_watched_is_what_its_rule_says() -> None:
    """Or what is recorded for the container."""
    assert recovers_s("limit_crossed", ()) == 300
    assert recovers_s("limit_crossed", ({"limit_crossed": Override(recovers_s=60)},)) == 60
    assert recovers_s("ingest_behind", ()) == 60
    assert recovers_s("of a newer process", ()) == 0
