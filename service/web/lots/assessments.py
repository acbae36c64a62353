"""The page on which quality assesses a stretch of a lot's life: a gap, disputed time, or an excursion."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from service.acts.assessments import assess
from service.answers.excursions import excursions_of
from service.answers.judging import JudgedLot, judge_now
from service.auth.access import access_of
from service.domain.answers.assessable import times_of
from service.domain.answers.papers import Finding
from service.domain.instant import SECOND_US, duration_text, from_datetime, to_datetime
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.lots.assessments import KeptAssessment, NewAssessment, assessments
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.retry import retried
from service.web.answering import answered
from service.web.forms import (
    A_REASON,
    MINUTES,
    NO_PROBLEMS,
    Field,
    LotId,
    Problems,
    TheForm,
    problems,
    seconds_of,
    typed,
)
from service.web.lots.clock import clock_of
from service.web.lots.documents import brought_along
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

_FINDINGS = {
    Finding.GAP: "not measured",
    Finding.DISPUTED: "disputed: its readings prove nothing",
    Finding.EXCURSION: "an excursion",
}

_FIELDS = ("stretch", "accepted_min", "evidence", "deviation", "reason")

_ACCEPTED = (
    "The stretch counts as so long beyond each limit, and no longer as unknown; 0: it was certainly within. "
    "An excursion is only documented: its time counts in full."
)

_STATES = {"waits": "waits for a signature", "counts": "counts", "struck": "struck: counts no more"}


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """An assessment as it is shown."""

    what: str
    from_at: Moment
    until: Moment
    accepted: str
    evidence: str
    deviation: str
    recorded_by: str
    signed_by: str
    state: str
    document: str


@dataclass(frozen=True, slots=True)
class _Stretch:
    finding: Finding
    from_us: int
    until_us: int

    @property
    def key(self) -> str:
        """As the form sends it."""
        return f"{self.finding}/{self.from_us}/{self.until_us}"

    def text(self, zone: tzinfo) -> str:
        """As people read it, by the clock of a place."""
        ends = " to ".join(moment(end, zone).exact for end in (self.from_us, self.until_us))
        return f"{ends} ({duration_text(self.until_us - self.from_us)}), {_FINDINGS[self.finding]}"


@router.get("/lots/{lot_id}/assessment")
def show_assessment_form(
    request: Request,
    lot_id: LotId,
    finding: str = "",
    from_: Annotated[str, Query(alias="from")] = "",
    until: str = "",
) -> Response:
    """What can be assessed of the lot; the stretch that is named is chosen already."""

    def show(connection: Connection, settings: Settings, now: datetime) -> Response:
        asked = {"stretch": _named(finding, from_, until), "accepted_min": "0"}
        return _shown(connection, settings, now, lot_id, asked)

    return answered(request, show)


@router.post("/lots/{lot_id}/assessment")
def send_assessment_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Have an assessment wait for its signature; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor
    given = {name: typed(form, name, A_REASON) for name in _FIELDS}

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            given["document_sha256"] = brought_along(connection, actor, form, settings)
            new = _new(lot_id, given)
            retried(assess)(connection, actor, new, given["reason"], now)
        except UnbrokenError as error:
            fields = {name: name for name in given}
            wrong = problems(error, {**fields, "accepted_s": "accepted_min", "until": "stretch", "body": "document"})
            return _shown(connection, settings, now, lot_id, given, wrong)
        return RedirectResponse(f"/lots/{lot_id}?done=assessment", 303)

    return answered(request, do)


def _named(finding: str, from_at: str, until: str) -> str:
    try:
        ends = [from_datetime(datetime.fromisoformat(one)) for one in (from_at, until)]
        return _Stretch(Finding(finding), *ends).key
    except (ValueError, OverflowError):
        return ""


def _new(lot_id: str, given: dict[str, str]) -> NewAssessment:
    """What was typed, as an assessment.

    Raises:
        RefusedError: something is missing, or no number; each field that is wrong is told.
    """
    wrong = [
        (name, what)
        for name, what in (
            ("evidence", "say what shows it, such as the freezer's own log"),
            ("deviation", "give the number it has in your own system"),
            ("reason", "say why so much is accepted"),
        )
        if not given[name]
    ]
    try:
        finding, from_us, until_us = given["stretch"].split("/")
        from_at, until_at = to_datetime(int(from_us)), to_datetime(int(until_us))
        found = Finding(finding)
    except (ValueError, OverflowError):
        wrong.append(("stretch", "choose what is assessed"))
    accepted_s = seconds_of(given["accepted_min"])
    if accepted_s is None:
        wrong.append(("accepted_min", MINUTES))
    if wrong or accepted_s is None:
        raise RefusedError(*wrong[0], *wrong[1:])
    return NewAssessment(
        lot_id=lot_id,
        container_id=None,
        finding=found,
        from_at=from_at,
        until_at=until_at,
        accepted_s=accepted_s,
        evidence=given["evidence"],
        document_sha256=given["document_sha256"] or None,
        deviation=given["deviation"],
    )


def _shown(
    connection: Connection,
    settings: Settings,
    now: datetime,
    lot_id: str,
    given: dict[str, str],
    wrong: Problems = NO_PROBLEMS,
) -> Response:
    its = lot(connection, lot_id)
    [found] = judge_now(connection, [lot_id], settings, now)
    stretches = list(_stretches(connection, found, from_datetime(now)))
    zone = clock_of(connection, its, now).zone
    return page(
        "assessment.html",
        200 if wrong == NO_PROBLEMS else 409 if wrong.of_all else 422,
        as_of=moment(now, zone),
        lot=its,
        fields=_fields(given, wrong, [(one.key, one.text(zone)) for one in stretches]),
        document=given.get("document_sha256", ""),
        document_problem=wrong["document"] or wrong["document_sha256"],
        stretches=stretches,
        known=[assessment_line(one, zone) for one in assessments(connection, lot_id=lot_id)],
        wrong=wrong.of_all,
        mended=len(wrong.of_fields),
    )


def _fields(given: Mapping[str, str], wrong: Problems, choices: Sequence[tuple[str, str]]) -> list[Field]:
    def typed_before(name: str) -> str:
        return given.get(name, "")

    choice = Field("stretch", "What is assessed", typed_before("stretch"), "", wrong["stretch"], "choice")
    accepted = typed_before("accepted_min")
    return [
        replace(choice, choices=(("", "—"), *choices)),
        Field("accepted_min", "Minutes accepted as beyond its limits", accepted, _ACCEPTED, wrong["accepted_min"]),
        Field("evidence", "Evidence", typed_before("evidence"), "", wrong["evidence"], "lines"),
        Field("deviation", "Number of the deviation", typed_before("deviation"), "", wrong["deviation"]),
        Field("reason", "Why", typed_before("reason"), "", wrong["reason"], "lines"),
    ]


def _stretches(connection: Connection, found: JudgedLot, now_us: int) -> Iterator[_Stretch]:
    """What can be assessed of a lot, the worst kind first."""
    exposure = found.judgement.exposure
    for finding in (Finding.GAP, Finding.DISPUTED):
        for from_us, until_us in times_of(exposure, finding).tolist():
            yield _Stretch(finding, from_us, until_us)
    for one in excursions_of(connection, found, now_us):
        if one.ended is not None and one.until_us - one.from_us >= SECOND_US:
            yield _Stretch(Finding.EXCURSION, one.from_us, one.until_us)


def assessment_line(one: KeptAssessment, zone: tzinfo = UTC) -> AssessmentLine:
    """An assessment as it is shown, by the clock of a place."""
    return AssessmentLine(
        _FINDINGS[one.finding],
        moment(one.from_at, zone),
        moment(one.until_at, zone),
        duration_text(round(one.accepted_s * SECOND_US)),
        one.evidence,
        one.deviation,
        one.recorded_by,
        ", ".join(one.signed_by),
        _STATES[one.state],
        one.document_sha256 or "",
    )
