"""What people read when a container is beyond a limit."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from alerts import words
from alerts.notification import Alert
from alerts.policy import Reason

FIRING = Alert(
    id=7,
    container_id="freezer-2",
    container_name="Freezer 2",
    site_id="basel",
    site_name="Basel, cellar",
    time_zone="Europe/Zurich",
    cause="limit_crossed",
    state="firing",
    severity="critical",
    began_at=datetime(2026, 3, 1, 0, 6, 30, tzinfo=UTC),
    fired_at=datetime(2026, 3, 1, 0, 16, 30, tzinfo=UTC),
    resolved_at=None,
    summary="Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2",
    lot_ids=["EX-1", "EX-2"],
)
RESOLVED = replace(FIRING, state="resolved", resolved_at=datetime(2026, 3, 1, 3, 20, 30, tzinfo=UTC))


def test_a_warm_freezer_in_words() -> None:
    """Whoever is woken learns what, where, since when, which lots, and what to do."""
    assert words.text(Reason.FIRING, FIRING).splitlines() == [
        "CRITICAL since 2026-03-01 01:06 CET (00:06 UTC): Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "When: since 2026-03-01 01:06 CET (00:06 UTC)",
        "Lots (2): EX-1, EX-2",
        "What to do: Move the lots to a container within limits, set them apart and tell quality; do not discard. "
        "Keep them cold on the way.",
    ]


def test_the_end_in_words() -> None:
    """A freezer that is cold again does not make its lots good."""
    assert words.text(Reason.RESOLVED, RESOLVED).splitlines() == [
        "OVER since 2026-03-01 04:20 CET (03:20 UTC). The alert was: "
        "Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2",
        "Where: Freezer 2 (freezer-2) at Basel, cellar (basel)",
        "When: from 2026-03-01 01:06 CET (00:06 UTC) until 2026-03-01 04:20 CET (03:20 UTC), 3 h 14 min",
        "Lots (2): EX-1, EX-2",
        "That it is over clears no lot: look up each lot's answer before it is used; do not discard.",
    ]


def test_the_past_in_words() -> None:
    """What could not be told in time is told as over, and as late."""
    head = words.text(Reason.PAST, RESOLVED).splitlines()[0]
    assert head == (
        "OVER since 2026-03-01 04:20 CET (03:20 UTC), told only now. The alert was: "
        "Freezer 2 (basel) is above −60 °C; 2 lots: EX-1, EX-2"
    )


def test_an_empty_freezer_asks_for_no_move() -> None:
    """Where no lot lies there is none to move; the container is to be mended before one is put in."""
    text = words.text(Reason.FIRING, replace(FIRING, lot_ids=[], summary="Freezer 2 (basel) is above −60 °C"))
    assert "Lots: none is recorded in it" in text
    assert "put no lot into it" in text
    assert "Move the lots" not in text


def test_five_lots_are_named_and_the_rest_counted() -> None:
    """Five hundred lots in a freezer do not fit on a telephone."""
    text = words.text(Reason.FIRING, replace(FIRING, lot_ids=[f"EX-{n}" for n in range(500)]))
    assert "Lots (500): EX-0, EX-1, EX-2, EX-3, EX-4 and 495 more\n" in text


@pytest.mark.parametrize("reason", list(Reason))
def test_the_first_160_characters_stand_alone(reason: Reason) -> None:
    """A locked screen shows which container is beyond which limit, even if lots have long names; the rest follows."""
    alert = FIRING if reason is Reason.FIRING else RESOLVED
    summary = f"Freezer 2 (basel) is above −60 °C; 3 lots: {', '.join(letter * 60 for letter in 'ABC')}"
    head, whole, *_ = words.text(reason, replace(alert, summary=summary)).splitlines()
    assert len(head) <= 160
    assert head.endswith("…")
    assert "Freezer 2 (basel) is above −60 °C; 3 lots: A" in head
    assert whole == summary


def test_somebody_may_be_on_it_already() -> None:
    """Two people running to the same freezer may be one too many."""
    assert "Somebody has acknowledged it." in words.text(Reason.FIRING, replace(FIRING, state="acknowledged"))


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
    assert words.moment(datetime.fromisoformat(at), ZoneInfo(zone)) == shown


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "", "../etc", "/etc/passwd"])
def test_a_misspelt_zone_does_not_silence_an_alert(zone: str) -> None:
    """A warm freezer at a site whose zone was typed wrongly is told of in UTC."""
    text = words.text(Reason.FIRING, replace(FIRING, time_zone=zone))
    assert text.startswith("CRITICAL since 2026-03-01 00:06 UTC: Freezer 2")


def test_a_clock_set_back_makes_no_negative_duration() -> None:
    """An alert cannot have lasted less than no time."""
    text = words.text(Reason.RESOLVED, replace(RESOLVED, resolved_at=datetime(2026, 3, 1, tzinfo=UTC)))
    assert ", 0 s\n" in text
