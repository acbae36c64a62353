"""The page on which is recorded what a lot had used of its limits before our readings begin."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from service.acts.carried_in import carry_in
from service.auth.access import access_of
from service.domain.exposure.container import Threshold, threshold_of
from service.domain.instant import SECOND_US, duration_text
from service.domain.profiles import Profile, beyond_text
from service.domain.wall_clock import from_wall
from service.errors import RefusedError, UnbrokenError
from service.settings import Settings
from service.store.lots.carried_in import NewCarriedIn, carried_in
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.registry.profiles import profile_in_version
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
from service.web.words import moment

router = APIRouter(include_in_schema=False)

_UNTIL = "Where our readings begin."

#: What lies before is a slip of the keyboard.
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@router.get("/lots/{lot_id}/carried-in")
def show_carried_in_form(request: Request, lot_id: LotId) -> Response:
    """A field for each limit that the lot is judged by."""
    return answered(request, lambda connection, _, now: _shown(connection, now, lot_id, {}))


@router.post("/lots/{lot_id}/carried-in")
def send_carried_in_form(request: Request, lot_id: LotId, form: TheForm) -> Response:
    """Record it; what is wrong is told beside its field."""
    actor = access_of(request).caller.actor
    given = {name: typed(form, name, A_REASON) for name in form if name != "document"}

    def do(connection: Connection, settings: Settings, now: datetime) -> Response:
        try:
            given["document_sha256"] = brought_along(connection, actor, form, settings)
            new = _new(connection, lot_id, given, now)
            retried(carry_in)(connection, actor, new, given["reason"])
        except UnbrokenError as error:
            fields = {name: name for name in (*given, "until", "evidence", "reason")}
            return _shown(connection, now, lot_id, given, problems(error, {**fields, "body": "document"}))
        return RedirectResponse(f"/lots/{lot_id}?done=carried-in", 303)

    return answered(request, do)


def _new(connection: Connection, lot_id: str, given: Mapping[str, str], now: datetime) -> NewCarriedIn:
    """What was typed.

    Raises:
        RefusedError: something is missing, or cannot be read; each field that is wrong is told.
    """
    used, wrong = [], []
    for threshold in _thresholds(_profile(connection, lot_id)):
        used_s = seconds_of(given.get(_name(threshold), ""))
        used.append((threshold, used_s or 0.0))
        if used_s is None:
            wrong.append((_name(threshold), MINUTES))
    clock = clock_of(connection, lot(connection, lot_id), now)
    until_at = _instant(given.get("until", ""), clock.zone, now)
    if until_at is None or until_at > now:
        wrong.append(("until", f"type a time (the clock at {clock.place}) that is not in the future"))
    for name, what in (("evidence", "say what shows it"), ("reason", "say why it is recorded")):
        if not given.get(name):
            wrong.append((name, what))
    if wrong or until_at is None:
        raise RefusedError(*wrong[0], *wrong[1:])
    return NewCarriedIn(lot_id, until_at, used, given["evidence"], given["document_sha256"] or None)


def _instant(text: str, zone: tzinfo, now: datetime) -> datetime | None:
    try:
        found = from_wall(text, zone, now)
    except (ValueError, OverflowError):
        return None
    return found if found >= _EARLIEST else None


def _profile(connection: Connection, lot_id: str) -> Profile:
    its = lot(connection, lot_id)
    return profile_in_version(connection, (its.profile_id, its.profile_version))


def _thresholds(profile: Profile) -> list[Threshold]:
    """Of its limits, each once."""
    return list(dict.fromkeys(threshold_of(limit) for limit in profile.limits))


def _name(threshold: Threshold) -> str:
    direction, threshold_c = threshold
    return f"used.{direction}.{threshold_c:g}"


def _shown(
    connection: Connection, now: datetime, lot_id: str, given: Mapping[str, str], wrong: Problems = NO_PROBLEMS
) -> Response:
    profile = _profile(connection, lot_id)
    its = lot(connection, lot_id)
    clock = clock_of(connection, its, now)
    limits = [
        Field(
            name := _name(threshold),
            f"Minutes {beyond_text(*threshold)}",
            given.get(name, ""),
            "In total, before that time; 0: never.",
            wrong[name],
        )
        for threshold in _thresholds(profile)
    ]
    return page(
        "carried_in.html",
        200 if wrong == NO_PROBLEMS else 422,
        as_of=moment(now, clock.zone),
        lot=its,
        until=Field(
            "until",
            f"Until (the clock at {clock.place})",
            given.get("until", ""),
            _UNTIL,
            wrong["until"],
            "datetime-local",
        ),
        limits=limits,
        others=[
            Field("evidence", "Evidence", given.get("evidence", ""), "", wrong["evidence"], "lines"),
            Field("reason", "Why it is recorded", given.get("reason", ""), "", wrong["reason"], "lines"),
        ],
        document=given.get("document_sha256", ""),
        document_problem=wrong["document"] or wrong["document_sha256"],
        known=[
            (
                moment(one.until_at, clock.zone),
                "; ".join(f"{beyond_text(*of)} {duration_text(round(used_s * SECOND_US))}" for of, used_s in one.used),
                one,
            )
            for one in carried_in(connection, lot_id)
        ],
        wrong=wrong.of_all,
        mended=len(wrong.of_fields),
    )
