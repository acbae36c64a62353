"""The page of one container: how it is now, what measures it, what is in it, and what is alarmed there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.answers.containers_now import told_containers
from service.answers.listing import told_lots
from service.auth.access import Access, access_of, may, may_with
from service.domain.alerting.rule_table import rule_of
from service.domain.alerting.rules import Alerting, Override
from service.domain.instant import SECOND_US, duration_text
from service.domain.wall_clock import zone_named
from service.settings import Settings
from service.store.alerting.history import alerts_not_over
from service.store.alerting.overrides import alerting_of
from service.store.lots.listing import Chosen
from service.store.paging import WHOLE, Part
from service.store.pool import Connection
from service.store.registry.absences import Absence, absences_in
from service.store.registry.attached_probes import attached_probes
from service.store.registry.attachments import Attachment, attachments
from service.store.registry.calibrations import Calibration, calibrations_at
from service.store.registry.container_list import ChosenContainers
from service.store.registry.containers import container
from service.store.registry.contents import contents, paths
from service.store.registry.sites import sites
from service.web.alerting.rows import alert_views
from service.web.alerting.views import worst_first
from service.web.answering import answered
from service.web.container_views import ContainerView, ProbeView, container_view
from service.web.lots.views import listed_view
from service.web.registry.calibration_words import calibration_text
from service.web.registry.container_map import container_map
from service.web.registry.limits import limit_row
from service.web.registry.uncounted import of_container, unattached
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

#: As many lots, absences and past attachments are shown of a container.
_MOST_LOTS = 100
_MOST_INSIDE = 600
_MOST = 20

_PLACES = {"air": "in the air", "buffered": "buffered", "product": "in the product", "ambient": "beside it, not judged"}

#: What is said after something was recorded, by the word in the address.
_DONE = {
    "registered": "The container is registered. Next: attach the logger that measures it.",
    "attached": "The logger is attached.",
    "settled": "The logger is attached and counts from now on. Next: a lot can be put in.",
    "commissioned": "The probe counts from now on.",
}


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """A probe that is attached, as it was recorded.

    Attributes:
        now: what it shows; None: it is not judged, or not yet.
        counts_from: None: it has not been commissioned.
        calibration: of the calibration in force, with its age; empty: it has none.
    """

    attachment_id: str
    logger_id: str
    probe: str
    place: str
    since: Moment
    counts_from: Moment | None
    now: ProbeView | None
    calibration: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class _Past:
    """Something that is over: an attachment, or an absence."""

    text: str
    since: Moment
    until: Moment
    why: str


@router.get("/containers/{container_id}")
def show_container(request: Request, container_id: str, done: str = "") -> Response:
    """One container: how it is now, and all that is recorded of it."""
    access = access_of(request)
    return answered(
        request, lambda *found: _shown(*found, container_id=container_id.replace("\0", ""), access=access, done=done)
    )


def _shown(
    connection: Connection, settings: Settings, now: datetime, *, container_id: str, access: Access, done: str
) -> Response:
    kept = container(connection, container_id)
    [told] = told_containers(
        connection, ChosenContainers(container_ids=[container_id]), WHOLE, now, settings.clock_tolerance_us
    )
    zone, view = zone_named(told.listed.time_zone), container_view(told, now)
    recorded = attachments(connection, container_id)
    present = [one for one in recorded if one.until_at is None or one.until_at > now]
    calibrated = calibrations_at(connection, {one.series_id for one in present}, now)
    lots = told_lots(
        connection, Chosen(container_id=container_id, seen_at=access.acts), Part(_MOST_LOTS + 1), settings, now
    )
    inside = contents(connection, container_id, Part(_MOST_INSIDE + 1))
    site_names = {site.id: site.name for site in sites(connection)}
    own = alerting_of(connection, [container_id])[container_id]
    alerts = [alert for alert in alerts_not_over(connection, access.acts) if alert.container_id == container_id]
    uncounted = of_container(attached_probes(connection, [container_id]).get(container_id, []), now)
    if not present and kept.retired_at is None:
        uncounted = unattached(connection, now, access.acts, site_id=kept.site_id, container_id=container_id)
    return page(
        "container.html",
        as_of=moment(now, zone),
        done=_DONE.get(done, ""),
        one=view,
        kept=kept,
        profile=told.profile,
        probes=[_probe(one, view, calibrated.get(one.series_id), now, zone) for one in present],
        uncounted=uncounted,
        past=[_past(one, zone) for one in recorded[::-1] if one not in present][:_MOST],
        absences=[_absence(one, recorded, zone) for one in absences_in(connection, container_id, _MOST)],
        lots=[listed_view(one, site_names, now) for one in lots[:_MOST_LOTS]],
        more_lots=len(lots) > _MOST_LOTS,
        alerts=alert_views(connection, worst_first(alerts), now) if alerts else [],
        limits=[limit_row(limit) for limit in told.profile.limits],
        longest_gap=duration_text(told.profile.max_gap_s * SECOND_US),
        door_grace=duration_text(kept.door_grace_s * SECOND_US) if kept.door_grace_s else "",
        overrides=_overrides(own),
        instruction=own.instruction,
        path=paths(connection, [container_id])[container_id],
        map=container_map(inside[:_MOST_INSIDE]),
        more_inside=len(inside) > _MOST_INSIDE,
        may_attach=may_with(connection, access.caller, "show_attach_form", "container", container_id),
        may_hand_over=may_with(connection, access.caller, "show_container_offer", "container", container_id),
        may_add_lot=may(access.caller, "show_new_lot"),
    )


def _probe(
    one: Attachment, view: ContainerView, calibration: Calibration | None, now: datetime, zone: tzinfo
) -> ProbeRow:
    name = f"{one.logger_id} · {one.probe}" if one.probe else one.logger_id
    return ProbeRow(
        one.id,
        one.logger_id,
        one.probe,
        _PLACES.get(one.place, one.place),
        moment(one.from_at, zone),
        None if one.commissioned_at is None else moment(one.commissioned_at, zone),
        next((probe for probe in view.probes if probe.name == name), None),
        "" if calibration is None else calibration_text(calibration, now),
        calibration is not None and calibration.due_at is not None and calibration.due_at <= now,
    )


def _past(one: Attachment, zone: tzinfo) -> _Past:
    until = one.until_at or one.from_at
    name = f"{one.logger_id} · {one.probe}" if one.probe else one.logger_id
    return _Past(f"{name}, {_PLACES.get(one.place, one.place)}", moment(one.from_at, zone), moment(until, zone), "")


def _absence(one: Absence, recorded: Sequence[Attachment], zone: tzinfo) -> _Past:
    of = next((x for x in recorded if x.id.partition("~")[0] == one.attachment_id), None)
    name = one.attachment_id if of is None else of.logger_id
    return _Past(name, moment(one.from_at, zone), moment(one.until_at, zone), one.reason)


def _overrides(own: Alerting) -> list[str]:
    """What is alarmed differently here: the later ones, the container's own, come last."""
    together: dict[str, Override] = {}
    for some in own.overrides:
        together |= some
    return [_override(cause, one) for cause, one in together.items()]


def _override(cause: str, one: Override) -> str:
    rule = rule_of(cause)
    what = f"“{rule.is_so}”" if rule is not None and rule.is_so else cause.replace("_", " ")
    if one.off:
        return f"{what}: nobody is told"
    said = []
    if one.severity is not None:
        said.append(str(one.severity))
    if one.delay_s is not None:
        said.append(f"after {duration_text(one.delay_s * SECOND_US)}")
    if one.recovers_s is not None:
        said.append(f"over once calm for {duration_text(one.recovers_s * SECOND_US)}")
    if one.at is not None:
        said.append(f"at {one.at:g}")
    return f"{what}: {', '.join(said) or 'as usual'}"
