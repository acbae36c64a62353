"""The pages of loggers: when each was last heard, its battery, its clock, and where it measures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import AfterValidator

from service.auth.access import Access, access_of, may
from service.domain.instant import SECOND_US, duration_text, from_datetime, minutes_text
from service.domain.intake.refusals import look_at, refused_since
from service.domain.series import health
from service.domain.series.bounded import bounded_text, of_reading
from service.domain.series.quality import Quality
from service.domain.series.sensor_range import sensor_range
from service.domain.wall_clock import zone_named
from service.settings import Settings
from service.store.intake.refusals import refusals_since
from service.store.paging import BY_ID
from service.store.pool import Connection
from service.store.registry.attached_probes import attached_probes
from service.store.registry.calibrations import calibrations
from service.store.registry.clock_mends import clock_mends
from service.store.registry.containers import Container, containers_by_id
from service.store.registry.loggers import Logger, logger, loggers
from service.store.registry.sites import Site, sites
from service.store.series.health import load_heard
from service.store.series.newest import NewestReading, last_readings
from service.web.answering import answered
from service.web.container_views import degrees
from service.web.forms import in_one_line
from service.web.frame import frame
from service.web.registry.calibration_words import calibration_text
from service.web.registry.uncounted import of_logger
from service.web.rendering import page
from service.web.turning import leaf
from service.web.words import Moment, ago, moment

router = APIRouter(include_in_schema=False)

A_PAGE = 50

#: What is told of a logger's work rests on this time, and its newest readings before.
_LATELY = timedelta(days=7)

_DONE = {"registered": "The logger is registered. Next: attach it to the container that it measures."}

LoggerId = Annotated[str, AfterValidator(lambda logger_id: logger_id.replace("\0", "\N{REPLACEMENT CHARACTER}"))]


@dataclass(frozen=True, slots=True)
class LoggerRow:
    """A logger in a list; empty where there is nothing to say. `containers`: where it is attached, by id and name."""

    id: str
    model: str
    site: str
    registered: bool
    retired: bool
    heard: Moment | None
    age: str
    said: str
    battery: str
    range: str
    containers: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ProbeLine:
    """What one probe sent lately."""

    probe: str
    newest: Moment
    pace: str
    gaps: str
    missing: str


@router.get("/loggers")
def show_loggers(request: Request, q: str = "", after: str = "", before: str = "") -> Response:
    """Loggers, a page at a time, those that were only heard among them."""
    access = access_of(request)
    return answered(
        request, lambda *found: _loggers(*found, text=in_one_line(q), turned=(after, before), access=access)
    )


@router.get("/loggers/{logger_id:path}")
def show_logger(request: Request, logger_id: LoggerId, done: str = "") -> Response:
    """One logger, and how well it does its work."""
    access = access_of(request)
    return answered(request, lambda *found: _logger(*found, logger_id=logger_id, access=access, done=done))


def _loggers(
    connection: Connection, _: Settings, now: datetime, *, text: str, turned: tuple[str, str], access: Access
) -> Response:
    site = frame().site
    found = leaf(
        lambda part: loggers(
            connection,
            retired=False,
            site_id=None if site is None else site.id,
            text=text or None,
            part=part,
            seen_at=access.acts,
        ),
        BY_ID,
        A_PAGE,
        *turned,
    )
    return page(
        "loggers.html",
        as_of=moment(now, frame().zone),
        text=text,
        loggers=_rows(connection, found.rows, now),
        several_sites=site is None and len(frame().sites) > 1,
        before=found.before,
        after=found.after,
        first=found.is_first,
        may_add=may(access.caller, "show_new_logger"),
    )


def _rows(connection: Connection, found: list[Logger], now: datetime) -> list[LoggerRow]:
    newest = last_readings(connection, [one.id for one in found])
    there = containers_by_id(connection, {container_id for one in found for container_id in one.container_ids})
    known = {site.id: site for site in sites(connection)}
    return [_row(one, newest.get(one.id), there, known, now) for one in found]


def _row(
    one: Logger,
    newest: NewestReading | None,
    there: Mapping[str, Container],
    known: Mapping[str, Site],
    now: datetime,
) -> LoggerRow:
    zone, site = zone_of(one, known), known.get(one.site_id or "")
    at_us = None if newest is None else from_datetime(newest.received_at)
    return LoggerRow(
        one.id,
        one.model,
        one.site_id or "" if site is None else site.name,
        one.registered_at is not None,
        one.retired_at is not None,
        None if at_us is None else moment(at_us, zone),
        "" if at_us is None else ago(min(at_us, from_datetime(now)), now),
        "" if newest is None else _said(newest, one),
        "" if newest is None or newest.battery_v is None else f"{newest.battery_v:.2f} V",
        range_text(one),
        tuple((x, there[x].name if x in there else x) for x in one.container_ids),
    )


def zone_of(one: Logger, known: Mapping[str, Site]) -> tzinfo:
    """By which clock a logger is told of; one of no site: UTC."""
    site = known.get(one.site_id or "")
    return zone_named("UTC" if site is None else site.time_zone)


def _said(newest: NewestReading, one: Logger) -> str:
    """Its newest reading, as it was sent: a calibration is not in it."""
    quality, sent_c = Quality(newest.quality), newest.temperature_c
    shown = sensor_range(one.range_min_c, one.range_max_c, logger_id=one.id, probe=newest.probe, model=one.model)
    if quality is Quality.OK and sent_c is not None and not shown.shows(sent_c):
        return f"{degrees(sent_c)}, which it cannot show"
    found = of_reading(sent_c, quality, one.range_min_c, one.range_max_c)
    return "no number" if found is None else bounded_text(found, degrees)


def range_text(one: Logger) -> str:
    """What it can measure; empty: that is not wholly recorded."""
    if one.range_min_c is None or one.range_max_c is None:
        return ""
    return f"{degrees(one.range_min_c)} to {degrees(one.range_max_c)}".replace(".0 ", " ")


def _logger(
    connection: Connection, _: Settings, now: datetime, *, logger_id: str, access: Access, done: str
) -> Response:
    one = logger(connection, logger_id)
    [row] = _rows(connection, [one], now)
    zone = zone_of(one, {site.id: site for site in sites(connection)})
    since_us = from_datetime(now - _LATELY)
    heard = load_heard(connection, logger_id, since_us)
    together = health.together(list(heard.values())) if heard else None
    there = attached_probes(connection, one.container_ids).values()
    refused = refused_since(refusals_since(connection, [logger_id], since_us).get(logger_id, []), None)
    return page(
        "logger.html",
        as_of=moment(now, zone),
        done=_DONE.get(done, ""),
        one=row,
        kept=one,
        uncounted=of_logger((each for some in there for each in some), logger_id, now),
        clock="" if together is None else _clock(health.clock_lag_us(together)),
        battery="" if together is None else _volts(health.latest_battery_v(together)),
        online_since=None if one.online_since is None else moment(one.online_since, zone),
        first_heard=None if one.first_seen_at is None else moment(one.first_seen_at, zone),
        probes=[_probe_line(probe, of_probe, since_us, zone) for probe, of_probe in heard.items()],
        calibrations=[
            (each.probe, moment(each.from_at, zone), calibration_text(each, now), each.until_at is None)
            for each in calibrations(connection, logger_id)[::-1]
        ],
        mends=[
            (moment(each.from_at, zone), moment(each.until_at, zone), _by(each.offset_us), each.reason)
            for each in clock_mends(connection, logger_id)[::-1]
        ],
        refused=[(each.code, each.times, moment(each.last_us, zone), look_at(each.code)) for each in refused],
        may_attach=may(access.caller, "show_attach_form"),
        may_add=may(access.caller, "show_new_logger"),
    )


def _clock(lag_us: int | None) -> str:
    if lag_us is None:
        return "it tells no time: its readings count from when they arrive"
    if lag_us < -SECOND_US:
        return f"ahead of ours by at least {duration_text(-lag_us)}"
    return f"behind ours by at most {duration_text(max(lag_us, 0))}"


def _volts(battery_v: float | None) -> str:
    return "" if battery_v is None else f"{battery_v:.2f} V"


def _by(offset_us: int) -> str:
    return f"{'later' if offset_us > 0 else 'earlier'} by {duration_text(abs(offset_us))}"


def _probe_line(probe: str, heard: health.Heard, since_us: int, zone: tzinfo) -> ProbeLine:
    gaps, numbers = health.gaps(heard, since_us), health.numbers(heard, since_us)
    return ProbeLine(
        probe,
        moment(int(heard.measured_us.max()), zone),
        "" if gaps.usual_us is None else f"every {duration_text(gaps.usual_us)}",
        f"{gaps.count}, the longest {minutes_text(gaps.longest_us)}" if gaps.count else "none",
        str(numbers.missing) if numbers.missing else "none",
    )
