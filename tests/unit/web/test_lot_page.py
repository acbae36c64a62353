"""What the page of one lot says its answer rests on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from service.domain import spans
from service.domain.answers.papers import Finding
from service.domain.exposure.excursions import Ended, Excursion
from service.domain.exposure.lot import Exposure
from service.domain.instant import from_datetime, to_datetime
from service.domain.profiles import CRYO_80
from service.domain.series.bounded import Bound, Bounded
from service.store.lots.assessments import KeptAssessment
from service.store.lots.placements import NamedStay
from service.store.lots.verdicts import ToldReason, VerdictChange
from service.web.lots.details import change_lines, place_lines
from service.web.lots.findings import Findings, findings
from service.web.lots.limit_lines import limit_lines
from tests.unit.web.test_web_views import NOW, judged, made, us

ZURICH = ZoneInfo("Europe/Zurich")
ABOVE = CRYO_80.limits[0]


def found(
    exposure: Exposure,
    beyond: Sequence[Excursion],
    arrivals_us: Sequence[int] = (),
    assessed: Sequence[KeptAssessment] = (),
    *,
    may_assess: bool = True,
) -> Findings:
    """The stretches of that lot."""
    now_us = from_datetime(NOW)
    return findings(exposure, beyond, arrivals_us, assessed, "EXO/1", now_us, UTC, may_assess=may_assess)


def excursion(minutes: tuple[float, float], ended: Ended | None, **known: Any) -> Excursion:
    """Above the first limit, between these minutes of the lot's life."""
    from_us, until_us = us(minutes[0]), us(minutes[1])
    told = {"certain_us": until_us - from_us, "crossings": 1, "peak": None, "degree_minutes": 0.0, **known}
    told.setdefault("degree_minutes_is", Bound.EXACT)
    return Excursion(limit=ABOVE, from_us=from_us, until_us=until_us, ended=ended, **told)


def assessed(finding: Finding, from_min: float, until_min: float, *, struck: bool = False) -> KeptAssessment:
    """Quality accepted two minutes of a stretch."""
    return KeptAssessment(
        id=round(from_min),
        lot_id="EXO-1",
        container_id=None,
        finding=finding,
        from_at=to_datetime(us(from_min)),
        until_at=to_datetime(us(until_min)),
        accepted_s=120,
        evidence="the freezer's own log",
        document_sha256=None,
        deviation="D-118",
        reason="read out",
        recorded_by="Q. Quality",
        recorded_at=NOW,
        change_id=1,
        signed_by=["R. Second"],
        signed_at=NOW,
        struck_at=NOW if struck else None,
        struck_reason=None,
    )


def test_excursions_say_how_long_how_warm_and_how_they_ended() -> None:
    """Quality wants the stretches, not a word."""
    judgement = judged({-60.0: [(0, 4), (2_860, 2_880)]}, gaps=[(100, 120)], warm_now=True)
    beyond = [
        excursion((0, 4), Ended.RECOVERED, peak=Bounded(-45.26), degree_minutes=30.4),
        excursion((2_860, 2_880), None),
        excursion((900, 901), Ended.UNKNOWN, certain_us=0, peak=Bounded(-50.0), degree_minutes=3.0),
        excursion(
            (700, 701),
            Ended.RECOVERED,
            peak=Bounded(-10.0, Bound.AT_LEAST),
            degree_minutes=25.0,
            degree_minutes_is=Bound.AT_LEAST,
        ),
    ]
    shown = found(judgement.exposure, beyond)
    assert [(x.what, x.ended, x.duration, x.counted, x.peak, x.degree_minutes) for x in shown.beyond] == [
        ("above −60 °C", "still", "20 min", "20 min", "—", "0 °C·min"),
        ("above −60 °C", "how it went on, nobody measured", "1 min", "0 s", "−50 °C", "3 °C·min"),
        ("above −60 °C", "", "1 min", "1 min", "at least −10 °C (HI)", "at least 25 °C·min"),
        ("above −60 °C", "", "4 min", "4 min", "−45.3 °C", "30 °C·min"),
    ]
    assert [line.until is None for line in shown.beyond] == [True, False, False, False]
    assert [(line.what, line.duration) for line in shown.gaps] == [("not measured", "20 min")]
    # What still lasts is not assessed yet.
    assert [bool(line.to_assess) for line in (*shown.beyond, *shown.gaps)] == [False, True, True, True, True]
    assert shown.gaps[0].to_assess.startswith("/lots/EXO%2F1/assessment?finding=gap&from=2026-10-04T13%3A40%3A00Z")
    assert not any(line.to_assess for line in found(judgement.exposure, beyond, may_assess=False).beyond)


def test_what_quality_assessed_stands_beside_its_stretch() -> None:
    """Once said it is not asked for again; struck, it is; and of a stretch that is none any more it is told apart."""
    exposure = judged(gaps=[(100, 120), (200, 210)]).exposure
    kept = [
        assessed(Finding.GAP, 100, 120),
        assessed(Finding.GAP, 200, 210, struck=True),
        assessed(Finding.EXCURSION, 102, 110),
    ]
    shown = found(exposure, [], assessed=kept)
    struck, counts = shown.gaps
    assert [(one.accepted, one.deviation, one.state) for one in counts.assessed] == [("2 min", "D-118", "counts")]
    assert counts.to_assess == ""
    assert len(struck.assessed) == 1
    assert struck.to_assess
    assert [one.what for one in shown.others] == ["an excursion"]


def test_what_probes_disagree_about_is_listed() -> None:
    """Without it nobody finds in any table why it was possibly beyond for an hour, and certainly for minutes."""
    judgement = judged({-60.0: [(10, 30)]}, gaps=[(100, 120)])
    above, *others = judgement.exposure.limits
    possible = spans.union(above.possible, made([(5, 35), (50, 51), (2_879, 2_880)]))
    exposure = replace(judgement.exposure, limits=(replace(above, possible=possible), *others))
    beyond = [excursion((10, 30), Ended.RECOVERED, peak=Bounded(-45.0), degree_minutes=30.0)]
    shown = found(exposure, beyond)
    assert [(line.what, line.duration, line.counted, line.ended) for line in shown.beyond] == [
        ("possibly above −60 °C", "1 min", "0 s", "still"),
        ("possibly above −60 °C", "1 min", "0 s", ""),
        ("possibly above −60 °C", "5 min", "0 s", ""),
        ("above −60 °C", "20 min", "20 min", ""),
        ("possibly above −60 °C", "5 min", "0 s", ""),
    ]
    assert all("finding=disputed" in line.to_assess for line in shown.beyond if line.duration == "5 min")


def test_what_is_still_to_come_is_not_unmeasured() -> None:
    """A lot moved a minute ago waits for the first reading of its new freezer."""
    exposure = replace(judged().exposure, pending=made([(2_870, 2_880)]))
    beyond = [excursion((2_860, 2_870), Ended.UNKNOWN, certain_us=0)]
    for arrivals_us, what in (([us(2_870)], "first reading there"), ([], "next reading")):
        assert [line.ended for line in found(exposure, beyond, arrivals_us).beyond] == [f"waiting for the {what}"]


def test_a_thousand_excursions_are_no_page_of_a_thousand_rows() -> None:
    """The newest hundred stand there; nobody reads more, and a telephone need not load more."""
    beyond = [excursion((2 * i, 2 * i + 1), Ended.RECOVERED) for i in range(1_000)]
    shown = found(judged().exposure, beyond)
    assert len(shown.beyond) == 100
    assert shown.beyond[0].from_at.iso == f"{to_datetime(us(1_998)):%Y-%m-%dT%H:%M:%SZ}"


def test_places_and_changes_are_told_by_the_clock_of_the_site() -> None:
    """In summer Zürich is two hours ahead; UTC stands beside it."""
    stays = [
        NamedStay("old", "Freezer 0", "Bern", NOW - timedelta(hours=9), NOW - timedelta(hours=8)),
        NamedStay("freezer", "Freezer 1", "Basel", NOW - timedelta(hours=8), None),
    ]
    now, before = place_lines(stays, NOW, ZURICH)
    assert (now.container, now.site, now.until, now.duration) == ("Freezer 1", "Basel", None, "8 h")
    assert (now.from_at.text, now.from_at.utc) == ("2026-10-06 06:00 CEST", "04:00 UTC")
    assert (before.container, before.site, before.duration) == ("Freezer 0", "Bern", "1 h")
    changes = [
        VerdictChange(2, NOW, "time", "unproven", "not_proven", (ToldReason("a", "A.", "info", None),), []),
        VerdictChange(1, NOW - timedelta(hours=2), None, "viable", None, (), []),
    ]
    assert [(line.verdict, line.cause, line.reasons) for line in change_lines(changes, ZURICH)] == [
        ("not proven", "Nothing arrived, and time passed.", ("A.",)),
        ("within limits", "", ()),
    ]


@pytest.mark.parametrize(
    ("above", "gaps", "text", "shares", "state"),
    [
        ([(0, 6)], [], "6 min of 1 h in total", (10.0, 0.0), "well"),
        ([(0, 33)], [], "33 min of 1 h in total", (55.0, 0.0), "warns"),
        ([(0, 6)], [(50, 62)], "6 min, possibly 18 min, of 1 h in total", (10.0, 20.0), "well"),
        ([(0, 6)], [(50, 122)], "6 min, possibly 1 h 18 min, of 1 h in total", (10.0, 90.0), "unsure"),
        ([(0, 90)], [], "1 h 30 min of 1 h in total", (100.0, 0.0), "over"),
    ],
)
def test_a_limit_shows_what_is_certainly_and_what_is_possibly_used(
    above: list[tuple[float, float]],
    gaps: list[tuple[float, float]],
    text: str,
    shares: tuple[float, float],
    state: str,
) -> None:
    """A bar is never green that may be full."""
    [use] = limit_lines(judged({-60.0: above}, gaps=gaps).limits, UTC)[0].uses
    assert (use.text, (use.certain_percent, use.possible_percent), use.state) == (text, shares, state)


def test_a_limit_that_warns_allows_any_time() -> None:
    """It is told, and has no bar."""
    *_, below = limit_lines(judged().limits, UTC)
    assert (below.limit, below.effect, below.uses) == ("below −90 °C", "warns", ())
