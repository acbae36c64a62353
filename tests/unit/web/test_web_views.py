"""What pages say of a lot."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service.answers.documents import limits_document, reasons_document
from service.answers.listing import Told, told
from service.domain import spans
from service.domain.answers.answer import answer
from service.domain.answers.papers import NO_PAPERS
from service.domain.exposure.container import Record
from service.domain.exposure.lot import Stay, expose
from service.domain.exposure.outlook import Outlook
from service.domain.instant import END_US, SECOND_US, duration_text, from_datetime
from service.domain.profiles import CRYO_80, Direction, Effect, Limit, Profile
from service.domain.verdicts.verdict import Judgement, judge
from service.store.lots.listing import AsOf, ListedLot
from service.store.lots.lots import Lot
from service.store.lots.verdicts import ToldReason
from service.store.registry.sites import Site
from service.web.lots.budgets import Budget, Left, budgets
from service.web.lots.rows import Row, row
from service.web.lots.views import ADVICE, LotView, listed_view, lot_view
from service.web.rendering import unbroken_figures
from service.web.words import ago, moment
from tests.papers import by_temperature

NOW = datetime(2026, 10, 6, 12, tzinfo=UTC)
LIFE_H = 48
STRETCH = replace(
    CRYO_80, limits=(Limit(Direction.ABOVE, 8.0, Effect.CONDEMNS, budget_s=None, single_s=600),), max_gap_s=60
)

NO_OUTLOOK = Outlook(None, None, None, (), even=False, grows_from_us=None)

MINUTE_US = 60 * SECOND_US

Minutes = Sequence[tuple[float, float]]


def us(minutes: float) -> int:
    """The instant this many minutes into the lot's life."""
    return from_datetime(NOW - timedelta(hours=LIFE_H) + timedelta(minutes=minutes))


def made(minutes: Minutes) -> spans.Spans:
    """Spans, told in minutes of the lot's life."""
    return spans.spans([(us(start), us(end)) for start, end in minutes])


def judged(
    above: Mapping[float, Minutes] | None = None,
    gaps: Minutes = (),
    profile: Profile = CRYO_80,
    warm_now: bool = False,
    **known: Any,
) -> Judgement:
    """The judgement on a lot two days in one freezer that was above thresholds, or unmeasured, at these minutes."""
    beyond = {
        (limit.direction, limit.threshold_c): made((above or {}).get(limit.threshold_c, ())) for limit in profile.limits
    }
    record = Record(
        beyond=beyond,
        gaps=made(gaps),
        measured_until_us=from_datetime(NOW),
        open_beyond=frozenset({(Direction.ABOVE, -60.0)}) if warm_now else frozenset(),
    )
    stays = [Stay("freezer", us(0), END_US)]
    exposure = expose(us(0), END_US, stays, {"freezer": record}, profile, now_us=from_datetime(NOW))
    return judge(exposure, profile, **known)


LOT = Lot(
    id="EXO-1",
    lot_number="2026-1",
    product_id="exo",
    product_name="Exosomes",
    units=None,
    profile_id="cryo-80",
    profile_version=1,
    life_starts_at=NOW - timedelta(hours=LIFE_H),
    life_ends_at=None,
    expires_on=None,
    container_id="freezer",
    container_name="Freezer 1",
    site_id="basel",
    parent_id=None,
    split_at=None,
    split_up_at=None,
    units_left=None,
    part_count=0,
)


def view_of(shown: Lot, judgement: Judgement, sites: Mapping[str, str], now: datetime) -> LotView:
    """What is shown of a lot whose product asks for nothing but temperature."""
    return lot_view(shown, judgement, answer(judgement, NO_PAPERS, from_datetime(now)), sites, now)


def row_of(found: Told) -> Row:
    """Its row on the board."""
    return row(found, {}, {}, NOW, several_sites=False)


def said(*texts: str) -> tuple[ToldReason, ...]:
    """Reasons as the history has them."""
    return tuple(ToldReason("code", text, "info", None) for text in texts)


def left(judgement: Judgement) -> list[str]:
    """The lines on what is left."""
    return [budget.text for budget in budgets(judgement)]


def test_a_lot_kept_cold_may_be_used() -> None:
    """Within limits all its life: yes, and nothing to do."""
    view = view_of(LOT, judged(), {"basel": "Basel clinic"}, NOW)
    assert (view.answer, view.answer_text, view.verdict_text) == ("usable", "May be used", "within limits")
    assert (view.where, view.advice) == ("Freezer 1, Basel clinic", "")
    assert view.since == moment(us(0))
    assert view.since_text == ", the start of its life (2 d ago)"


def test_a_lot_too_long_too_warm_is_a_no_with_figures() -> None:
    """A no says which limit, how long, since when, and what to do now: never to throw the lot away."""
    view = view_of(LOT, judged({-60.0: [(0, 90)]}), {}, NOW)
    assert (view.answer_text, view.verdict_text) == ("Do not use", "out of limits")
    assert view.reason.startswith("It was above −60 °C for 1 h 30 min in total; 1 h")
    assert view.since == moment(us(60))
    assert view.advice == ADVICE
    assert "discard" not in ADVICE
    assert view.where == "Freezer 1, basel"


def test_a_hole_is_not_proven_and_says_not_yet() -> None:
    """Readings may still come; until then the lot stays cold and apart."""
    view = view_of(LOT, judged(gaps=[(0, 120)]), {}, NOW)
    assert (view.answer_text, view.verdict_text) == ("Not proven — do not use yet", "not proven")
    assert view.advice == ADVICE


def test_a_lot_at_risk_may_be_used() -> None:
    """Half the hour is gone, and that is said."""
    view = view_of(LOT, judged({-60.0: [(0, 37)]}), {}, NOW)
    assert (view.answer_text, view.verdict_text) == ("May be used", "at risk")
    assert view.budgets[0].text == "23 min of 1 h left above −60 °C"


def test_a_lot_in_no_container_is_nowhere() -> None:
    """Where a lot is, is never guessed."""
    nowhere = replace(LOT, container_id=None, container_name=None, site_id=None)
    assert view_of(nowhere, judged(), {}, NOW).where == "Recorded in no container"


def test_a_life_that_ended_is_not_somewhere() -> None:
    """A lot used up last week is in no freezer now."""
    view = view_of(replace(LOT, life_ends_at=NOW - timedelta(hours=1)), judged(), {}, NOW)
    assert view.where == "Its life ended 2026-10-06 11:00 UTC"


def test_only_limits_that_condemn_have_a_budget() -> None:
    """Too cold is noted and costs nothing."""
    assert left(judged()) == ["1 h of 1 h left above −60 °C", "5 min of 5 min left above −20 °C"]


def test_what_is_used_up_is_none() -> None:
    """Ninety minutes of an hour leave none, not minus thirty."""
    budget = budgets(judged({-60.0: [(0, 90)]}))[0]
    assert budget == Budget("None of 1 h left above −60 °C; 1 h 30 min used", 0, 0, "none above −60 °C")


def test_a_gap_may_have_cost_part_of_the_budget() -> None:
    """Twenty minutes nobody measured may have been warm: the least and the most that is left are both told."""
    budget = budgets(judged({-60.0: [(0, 4)]}, gaps=[(100, 120)]))[0]
    assert budget == Budget("36 min to 56 min of 1 h left above −60 °C", 60.0, 33.3, "36 min to 56 min above −60 °C")


def test_a_long_gap_may_have_cost_all() -> None:
    """An untouched budget of a lot nobody watched must not look like one that is left."""
    budget = budgets(judged(gaps=[(0, 120)]))[0]
    assert budget == Budget("At most 1 h of 1 h left above −60 °C, perhaps none", 0, 100, "0 to 1 h above −60 °C")


@pytest.mark.parametrize("known", [{"life_start_known": False}, {"behind_since_us": us(2_000)}])
def test_figures_that_miss_a_part_of_the_life_prove_nothing_left(known: dict[str, Any]) -> None:
    """Before a known start, or in readings not evaluated yet, anything may have happened."""
    assert left(judged(**known))[0] == "At most 1 h of 1 h left above −60 °C, perhaps none"


def test_a_single_stretch_has_a_budget_of_its_own() -> None:
    """Two short openings of a door are not one long one."""
    judgement = judged({8.0: [(0, 4), (10, 13)]}, profile=STRETCH)
    assert left(judgement) == ["6 min of 10 min left above 8 °C at a stretch"]


def test_a_limit_that_allows_no_time_says_so() -> None:
    """Some lots must never thaw at all."""
    never = replace(CRYO_80, limits=(Limit(Direction.ABOVE, 0.0, Effect.CONDEMNS, budget_s=0),))
    assert left(judged(profile=never)) == ["No time is allowed above 0 °C"]


AS_OF = AsOf(from_datetime(NOW), from_datetime(NOW), 30, doubted=False)


def listed(judgement: Judgement, *, stands: bool = True) -> ListedLot:
    """The row of a list of a lot that was judged so."""
    usable = by_temperature(judgement).answer == "usable"
    return ListedLot(
        **asdict(LOT),
        rank=3 if judgement.verdict == "viable" else 1,
        stands=stands,
        answer=by_temperature(judgement).answer if stands or not usable else "not_proven",
        verdict=judgement.verdict if stands or not usable else "unproven",
        reasons=json.loads(json.dumps(reasons_document(by_temperature(judgement).reasons))),
        limits=json.loads(json.dumps(limits_document(judgement))),
    )


@pytest.mark.parametrize(
    "judgement",
    [judged(), judged({-60.0: [(0, 90)]}), judged(gaps=[(0, 120)]), judged(gaps=[(0, 30.5)]), judged(profile=STRETCH)],
)
def test_a_list_says_what_the_page_of_a_lot_says(judgement: Judgement) -> None:
    """One lot has one answer, with the same reason and the same figures, wherever it is read."""
    view, shown = view_of(LOT, judgement, {}, NOW), row_of(told(listed(judgement), AS_OF))
    assert listed_view(told(listed(judgement), AS_OF), {}, NOW) == view
    assert (shown.answer, shown.at_risk) == (view.answer, view.verdict == "at_risk")
    assert shown.reason in {view.reason, "Within its limits"}
    assert shown.since == (None if shown.reason == "Within its limits" else view.since)
    assert shown.left in view.budgets or not view.budgets


def test_an_answer_that_does_not_stand_is_withdrawn_with_its_reason() -> None:
    """While the evaluator is dead, "within its limits" is what was so; how much is left nobody knows."""
    view = row_of(told(listed(judged(), stands=False), AS_OF))
    assert (view.answer, view.at_risk) == ("not_proven", False)
    assert "not evaluated yet" in view.reason
    assert view.since is None
    assert view.left is not None
    assert view.left.text == "At most 1 h of 1 h left above −60 °C, perhaps none"
    by_clocks = told(listed(judged(), stands=False), replace(AS_OF, doubted=True))
    assert "clocks" in row_of(by_clocks).reason
    lost = judged({-60.0: [(0, 90)]})
    assert row_of(told(listed(lost, stands=False), AS_OF)).reason == lost.reasons[0].text


def test_a_row_of_the_board_says_where_and_until_when() -> None:
    """By the clock of its site; the last day of its use is told apart once it is near."""
    site = {"basel": Site("basel", "Basel clinic", "Europe/Zurich")}
    warm = told(listed(judged({-60.0: [(0, 90)]})), AS_OF)
    shown = row(warm, site, {}, NOW, several_sites=True)
    assert (shown.container, shown.place, shown.named, shown.number) == ("Freezer 1", "Basel clinic", True, "2026-1")
    assert shown.since is not None
    assert (shown.since.text, shown.since.utc) == ("2026-10-04 15:00 CEST", "13:00 UTC")
    assert row(warm, site, {}, NOW, several_sites=False).place == ""
    for days, said in {-1: "expired", 0: "today", 1: "tomorrow", 30: "in 30 d", 31: ""}.items():
        lot = replace(warm.lot, expires_on=(NOW + timedelta(days=days)).date())
        assert row_of(replace(warm, lot=lot)).expires_in == said
    ended = replace(warm.lot, life_ends_at=NOW - timedelta(hours=1))
    assert (row_of(replace(warm, lot=ended)).container, row_of(replace(warm, lot=ended)).place) == (
        "",
        "Its life ended 2026-10-06 11:00 UTC",
    )


@pytest.mark.parametrize(
    ("left", "unsure", "level"),
    [
        (100, 0, Left.MUCH),
        (50, 0, Left.SOME),
        (20, 0, Left.LITTLE),
        (0, 0, Left.NONE),
        (0, 100, Left.UNSURE),
        (30, 40, Left.UNSURE),
        (60, 40, Left.MUCH),
        (5, 5, Left.LITTLE),
    ],
)
def test_a_budget_changes_its_colour_as_it_is_used_up(left: float, unsure: float, level: Left) -> None:
    """Green is what is left for certain; what nobody measured is never green."""
    assert Budget("", left, unsure).left is level


def test_times_are_utc_and_never_rounded_up() -> None:
    """One clock for the freezer in Basel and the clinic in Boston."""
    basel = datetime.fromisoformat("2026-10-06T14:05:59.999999+02:00")
    assert moment(basel).text == "2026-10-06 12:05 UTC"
    assert moment(basel).exact == "2026-10-06 12:05:59 UTC"
    assert moment(from_datetime(basel)).iso == "2026-10-06T12:05:59Z"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(3_600, "1 h"), (3_660, "1 h 01 min"), (172_800, "2 d"), (90_000, "1 d 1 h"), (36_000, "10 h"), (600, "10 min")],
)
def test_an_hour_is_an_hour(seconds: int, text: str) -> None:
    """Nobody says "one hour and no minutes"."""
    assert duration_text(seconds * SECOND_US) == text


@pytest.mark.parametrize(("seconds", "text"), [(59, "just now"), (-5, "just now"), (125, "2 min ago")])
def test_long_ago_is_told_to_the_minute(seconds: int, text: str) -> None:
    """A reading may carry a time a little ahead of ours."""
    assert ago(from_datetime(NOW) - seconds * SECOND_US, NOW) == text


def test_a_figure_keeps_its_unit() -> None:
    """A line that ends in "−60" leaves out whether that is cold."""
    assert unbroken_figures("1 h 05 min above −60 °C") == "1\u00a0h\u00a005\u00a0min above −60\u00a0°C"
