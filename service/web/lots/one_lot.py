"""The page of one lot: its answer, what is to be done, its papers, and all that the answer rests on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from fastapi.responses import HTMLResponse

from service.answers.containers_now import ContainerNow, told_containers, told_where_measured
from service.answers.excursions import excursions_of
from service.answers.forecasts import forecast_of
from service.answers.judging import JudgedLot, judge_now
from service.answers.temperature_table import temperatures_by_time
from service.answers.watches import Sources, sources_of
from service.auth.access import Access, may_with
from service.domain.answers.answer import Answer
from service.domain.answers.ways import Action, Way
from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.identity.caller import Sites
from service.domain.instant import SECOND_US, duration_text, from_datetime
from service.domain.series.forecast import forecast_text
from service.errors import NotFoundError
from service.settings import Settings
from service.store.alerting.history import alerts_not_over
from service.store.changes import Chosen, changes
from service.store.custody.custody import custody_lines
from service.store.lots.answer_history import answers
from service.store.lots.assessments import KeptAssessment, assessments
from service.store.lots.certificates import newest_certificate
from service.store.lots.lots import Lot, lot
from service.store.lots.placements import named_stays
from service.store.lots.verdicts import verdicts
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.container_list import ChosenContainers
from service.store.registry.sites import site
from service.web.alerting.rows import alert_views
from service.web.alerting.views import AlertView
from service.web.alerting.views import worst_first as worst_alerts_first
from service.web.container_views import container_view
from service.web.custody.lines import held_lines
from service.web.frame import frame
from service.web.lots.clock import clock_at
from service.web.lots.details import MOST_ROWS, change_lines, place_lines, reason_lines
from service.web.lots.evidence import figure_lines, source_lines
from service.web.lots.findings import findings
from service.web.lots.instead import instead_view
from service.web.lots.limit_lines import limit_lines
from service.web.lots.papers import answer_lines, certificate_view, paper_lines, waiting_lines
from service.web.lots.parts import parts_view
from service.web.lots.views import lot_view
from service.web.lots.ways import ways_back
from service.web.rendering import page
from service.web.words import moment

#: As much that waits for a signature is shown of one lot, the newest; the page of what is to be signed has all.
_MOST_WAITING = 20

#: What is said after something was recorded, by the word in the address.
_DONE = {
    "custody": "Custody is taken: your side answers for it.",
    "certificate": "The certificate is entered. What fails in it counts at once; all else once quality has signed it.",
    "assessment": "The assessment is recorded. It counts once another account of quality has signed it.",
    "carried-in": "What it had used is recorded. Until another account of quality has signed it, it is not proven.",
    "released": "The release is recorded. It counts once it has all signatures that it needs.",
    "quarantined": "The lot is set apart from now on. That is still to be signed.",
    "rejected": "The lot is rejected from now on. That is still to be signed.",
    "recall": "The lot is recalled from now on.",
    "ended": "The end of its life is recorded: nothing of it may be used, and nobody is called to measure it.",
    "split": "The parts are split off. Each has an answer of its own from now on.",
    "lift": "The end of the recall is recorded. Until another account of quality has signed it, the recall counts.",
}


@dataclass(frozen=True, slots=True)
class _Form:
    """A form about a lot: its page by the function that shows it, the last part of its address, and what it does."""

    page: str
    address: str
    text: str


_FORMS = (
    _Form("show_place_form", "place", "Put it into a container"),
    _Form("show_offer_form", "custody", "Hand it over"),
    _Form("show_split_form", "split", "Split parts off it"),
    _Form("show_certificate_form", "certificate", "Enter its certificate"),
    _Form("show_assessment_form", "assessment", "Assess a gap or an excursion"),
    _Form("show_carried_in_form", "carried-in", "Record what it had used before our readings"),
    _Form("show_decision_form", "decision", "Release, set apart, reject or recall it"),
    _Form("show_end_form", "end", "It is used up or gone"),
)


def _not_of(shown: Lot) -> frozenset[str]:
    """Forms that are not of this lot: a part has its lot's papers, and of what is all in parts nothing is left."""
    of_part = {"certificate", "carried-in"} if shown.parent_id is not None else set()
    return frozenset(of_part | ({"place", "split"} if shown.split_up_at is not None else set()))


def unknown_lot(lot_id: str, now: datetime) -> HTMLResponse:
    """The page of a lot that is not there."""
    return page("unknown.html", 404, as_of=moment(now, frame().zone), lot_id=lot_id)


def lot_page(
    connection: Connection, settings: Settings, now: datetime, *, lot_id: str, access: Access, done: str = ""
) -> HTMLResponse:
    """All that is told of a lot."""
    try:
        shown = lot(connection, lot_id)
    except NotFoundError:
        return unknown_lot(lot_id, now)
    [found] = judge_now(connection, [lot_id], settings, now)
    here = next((one for one in frame().sites if one.id == shown.site_id), None)
    if here is None and shown.site_id is not None:
        here = site(connection, shown.site_id)
    zone = clock_at(here, now).zone
    # Asked once for all that is shown of its temperature.
    sources = sources_of(connection, found.lot.container_ids)
    # The door stays open for seconds.
    better = None
    if here is not None and found.answered.answer is not Answer.USABLE:
        better = instead_view(connection, settings, now, shown, here, access.acts)
    there = _container_now(connection, settings, shown, found, now, sources)
    heard = {} if there is None else {there.listed.id: there.watches}
    foretold = forecast_of(connection, found, from_datetime(now), heard)
    certificate = newest_certificate(connection, lot_id) if found.papers.certificates else None
    waiting = changes(connection, Chosen("unsigned", lot_id=lot_id), Part(_MOST_WAITING, None), sites=access.acts)
    not_of = _not_of(shown) | ({"end"} if found.papers.life_ended_us is not None else frozenset())
    forms = [
        one
        for one in _FORMS
        if one.address not in not_of and may_with(connection, access.caller, one.page, "lot", lot_id)
    ]
    return page(
        "lot.html",
        as_of=moment(now, zone),
        lot=lot_view(shown, found.judgement, found.answered, {} if here is None else {here.id: here.name}, now),
        registered=shown,
        reasons=reason_lines(found.answered, zone),
        done=_DONE.get(done, ""),
        forms=forms,
        ways=ways_back(
            found.way_back,
            lot_id,
            frozenset(one.address for one in forms),
            _commissions_in(connection, found.way_back, access),
        ),
        better=better,
        now=None if there is None else container_view(there, now),
        alerts=_alerts_about(connection, shown, now, access.acts),
        forecast=None if foretold is None else forecast_text(foretold),
        limits=limit_lines(found.judgement.limits, zone),
        profile=found.profile,
        longest_gap=duration_text(found.profile.max_gap_s * SECOND_US),
        papers=paper_lines(found.papers, zone),
        certificate=None if certificate is None else certificate_view(certificate, zone),
        waiting=waiting_lines(waiting, zone),
        parts=parts_view(connection, settings, now, shown, {one.id: one.name for one in frame().sites}, access.acts),
        **_history(connection, found, sources, now, zone, may_assess=any(x.address == "assessment" for x in forms)),
    )


def _commissions_in(connection: Connection, ways: Sequence[Way], access: Access) -> set[str]:
    """In which containers whoever looks may commission the probe that a lot waits for."""
    named = {one.container_id for way in ways if way.action is Action.COMMISSION for one in way.stretches}
    return {x for x in named if x and may_with(connection, access.caller, "show_commission_form", "container", x)}


def _history(
    connection: Connection,
    found: JudgedLot,
    sources: Sources,
    now: datetime,
    zone: tzinfo,
    *,
    may_assess: bool,
) -> dict[str, Any]:
    """What its answer rests on, and how it came about."""
    now_us, newest = from_datetime(now), Part(MOST_ROWS, None, backwards=True)
    stays = named_stays(connection, found.lot.id)
    kind, rows = temperatures_by_time(connection, found, sources)
    return {
        "findings": findings(
            found.judgement.exposure,
            # One more than is shown: the newest stretch may be the live tail, which is none yet.
            excursions_of(connection, found, now_us, newest=MOST_ROWS + 1, sources=sources),
            {from_datetime(stay.from_at) for stay in stays},
            _assessed(connection, found),
            found.lot.id,
            now_us,
            zone,
            may_assess=may_assess,
        ),
        "sources": source_lines(found, zone),
        "figures_by": kind.value,
        "figures": figure_lines(kind, rows),
        "places": place_lines(stays, now, zone),
        "custody": held_lines(custody_lines(connection, found.lot.id, newest), zone),
        "answers": answer_lines(answers(connection, found.lot.id, newest), zone),
        "changes": change_lines(verdicts(connection, found.lot.id, newest), zone),
    }


def _container_now(
    connection: Connection, settings: Settings, about: Lot, found: JudgedLot, now: datetime, sources: Sources
) -> ContainerNow | None:
    """How the container is in which the lot is now; None: it is in none, or its life is over."""
    if found.judgement.exposure.present is None or about.container_id is None:
        return None
    told = told_containers(
        connection,
        ChosenContainers(container_ids=(about.container_id,)),
        Part(1, None),
        now,
        settings.clock_tolerance_us if CLOCKS_DISAGREE in found.judgement.reason_codes else None,
        # It may be in a box, and judged by what that is in.
        sources if about.container_id in sources else None,
    )
    if told and told[0].listed.measured_by_id is not None:
        return told_where_measured(connection, [about.container_id], now)[about.container_id]
    return told[0] if told else None


def _assessed(connection: Connection, found: JudgedLot) -> list[KeptAssessment]:
    """What was assessed of the lot, and for all that were where it was, while it was there; the newest first."""
    kept = [
        one
        for one in assessments(connection, lot_id=found.lot.id, container_ids=found.lot.container_ids)
        if one.container_id is None
        or any(
            from_datetime(one.from_at) < stay.until_us and stay.from_us < from_datetime(one.until_at)
            for stay in found.lot.stays
            if stay.container_id == one.container_id
        )
    ]
    return sorted(kept, key=lambda one: one.from_at, reverse=True)


def _alerts_about(connection: Connection, about: Lot, now: datetime, seen_at: Sites) -> list[AlertView]:
    """Open alerts of a lot and of the container it is in now, told of or not yet."""
    ended = about.life_ends_at is not None and about.life_ends_at <= now
    alerts = [
        alert
        for alert in alerts_not_over(connection, seen_at)
        if (alert.container_id is None and about.id in alert.lot_ids)
        or (alert.container_id is not None and alert.container_id == about.container_id and not ended)
    ]
    return alert_views(connection, worst_alerts_first(alerts), now) if alerts else []
