"""The page on which quality decides about a lot: releases it, sets it apart, rejects it, recalls it, ends a recall."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.acts.dispositions import decide
from service.acts.recalls import lift, recall_lot
from service.answers.judging import judge_now
from service.auth.access import access_of
from service.domain.answers.deciding import Standing, if_released, why_not_released
from service.domain.answers.papers import Decision
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Sites
from service.domain.instant import from_datetime
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.lots.dispositions import KeptDisposition, dispositions
from service.store.lots.lots import lot
from service.store.lots.recalls import recalls, whereabouts
from service.store.pool import Connection
from service.store.retry import retried
from service.web.answering import answered
from service.web.forms import A_REASON, NO_PROBLEMS, Field, LotId, Problems, TheForm, problems, typed
from service.web.lots.clock import clock_of
from service.web.lots.views import ANSWER_TEXTS
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

#: What each decision is called where it is taken, and where it was.
DECISIONS = {
    Decision.RELEASED: ("Release it", "Released"),
    Decision.QUARANTINED: ("Set it apart (quarantine)", "Set apart"),
    Decision.REJECTED: ("Reject it", "Rejected"),
}

_STANDINGS = {
    Standing.WAITS: "waits for signatures",
    Standing.IN_FORCE: "in force",
    Standing.LAPSED: "lapsed: a limit was passed",
    Standing.ENDED: "ended by a later decision",
}


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """Something that was decided of a lot."""

    text: str
    reason: str
    recorded_by: str
    recorded_at: Moment
    standing: str
    signed: str


@router.get("/lots/{lot_id}/decision")
def show_decision_form(request: Request, lot_id: LotId) -> Response:
    """What was decided so far, and what can be."""
    return answered(request, lambda *found: _shown(*found, lot_id=lot_id, sites=access_of(request).sees))


@router.post("/lots/{lot_id}/decision")
def send_decision_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Decide about the lot, recall it, or have its recall end."""
    actor, sites = access_of(request).caller.actor, access_of(request).sees
    act, reason = typed(form, "act"), typed(form, "reason", A_REASON)

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            if not reason:
                raise RefusedError("reason", "say why: it is kept with the decision, and read by whoever signs it")
            retried(_decide)(connection, actor, lot_id, act, reason, settings, now)
        except UnbrokenError as error:
            found = problems(error, {"reason": "reason", "decision": "act"})
            return _shown(connection, settings, now, lot_id=lot_id, sites=sites, act=act, reason=reason, wrong=found)
        return RedirectResponse(f"/lots/{lot_id}?done={act}", 303)

    return answered(request, do)


def _decide(
    connection: Connection, actor: Actor, lot_id: str, act: str, reason: str, settings: Settings, now: datetime
) -> None:
    others: dict[str, Callable[[], object]] = {
        "recall": lambda: recall_lot(connection, actor, lot_id, reason),
        "lift": lambda: [
            lift(connection, actor, one.id, reason) for one in recalls(connection, lot_id=lot_id, is_open=True)
        ],
    }
    if act in others:
        others[act]()
    elif act in set(Decision):
        decide(connection, actor, lot_id, Decision(act), reason, settings, now)
    else:
        raise RefusedError("decision", "choose one of these")


def _shown(
    connection: Connection,
    settings: Settings,
    now: datetime,
    *,
    lot_id: str,
    sites: Sites,
    act: str = "",
    reason: str = "",
    wrong: Problems = NO_PROBLEMS,
) -> Response:
    its = lot(connection, lot_id)
    zone = clock_of(connection, its, now).zone
    [found] = judge_now(connection, [lot_id], settings, now)
    against = why_not_released(if_released(found.judgement, found.papers, from_datetime(now)).against)
    open_recalls = recalls(connection, lot_id=lot_id, is_open=True)
    needed = found.papers.asked.release_signatures

    def why(*acts: str) -> Field:
        mine = act in acts
        problem = wrong["reason"] if mine else ""
        return Field("reason", "Why", reason if mine else "", "", problem, "lines", key=f"why-{acts[-1]}")

    return page(
        "decision.html",
        200 if wrong == NO_PROBLEMS else 409 if wrong.of_all else 422,
        as_of=moment(now, zone),
        lot=its,
        answer=found.answered.answer.value,
        answer_text=ANSWER_TEXTS[found.answered.answer],
        reasons=[one.text for one in found.answered.reasons],
        against=against,
        needed=needed,
        choice=Field(
            "act",
            "What is decided",
            act,
            problem=wrong["act"],
            kind="choice",
            choices=(("", "—"), *((one.value, text) for one, (text, _) in DECISIONS.items())),
        ),
        why_decided=why("", *Decision),
        why_recalled=why("recall"),
        why_lifted=why("lift"),
        recalled=[(one, moment(one.recorded_at, zone), whereabouts(connection, one.id, sites)) for one in open_recalls],
        decided=[decision_line(one, zone) for one in dispositions(connection, lot_id)],
        wrong=wrong.of_all,
    )


def decision_line(one: KeptDisposition, zone: tzinfo) -> DecisionLine:
    """A decision as it is shown, by the clock of a place."""
    by = f" by {', '.join(one.signed_by)}" if one.signed_by else ""
    return DecisionLine(
        DECISIONS[one.decision][1],
        one.reason,
        one.recorded_by,
        moment(one.recorded_at, zone),
        _STANDINGS[one.standing],
        f"{len(one.signed_by)} of {one.signatures_needed} signed{by}",
    )
