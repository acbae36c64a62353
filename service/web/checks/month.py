"""The morning checks of a month, to be printed and kept: what was looked at each day, and by whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.domain.checks.days import Month, begins, day_of, month_named, states
from service.domain.checks.seen import ContainerSeen
from service.domain.wall_clock import wall_hour, zone_name, zone_named
from service.settings import Settings
from service.store.checks.checks import Check, checks, last_looks
from service.store.paging import Part
from service.store.pool import Connection
from service.store.registry.sites import site
from service.web.answering import answered
from service.web.checks.views import temperature
from service.web.rendering import page
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

#: As many columns fit on a sheet of paper that lies on its side.
_COLUMNS = 6

#: More checks than these, nobody makes in a month.
_MOST = 1_000

_STATES = {"missing": "no check", "before": "", "open": "not yet", "to come": ""}


@dataclass(frozen=True, slots=True)
class Cell:
    """What one check says of one container."""

    text: str
    odd: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A check, or a day without one. `said`: why there is nothing in it."""

    day: str
    at: Moment | None
    hour: str
    by: str
    comment: str
    odd: list[str]
    cells: Mapping[str, Cell]
    said: str
    missing: bool


@router.get("/checks/{site_id}/{month}")
def show_check_month(request: Request, site_id: str, month: str) -> Response:
    """A month of a site, as it is printed."""

    def show(connection: Connection, settings: Settings, now: datetime) -> Response:
        chosen = month_named(month)
        if chosen is None:
            return page("missing.html", 404)
        return _shown(connection, settings, now, site_id, chosen)

    return answered(request, show)


def _shown(connection: Connection, _: Settings, now: datetime, site_id: str, month: Month) -> Response:
    its = site(connection, site_id)
    zone = zone_named(its.time_zone)
    from_at, until_at = begins(month.first, zone), begins(month.later.first, zone)
    found = checks(connection, Part(_MOST), site_id=site_id, from_at=from_at, until_at=until_at)
    looked = last_looks(connection, [site_id]).get(site_id)
    today = day_of(now, zone)
    rows = _rows(found[::-1], month, None if looked is None else day_of(looked.first_at, zone), today, zone)
    # The newest name of each, in the order of names.
    names = {container.id: container.name for one in found[::-1] for container in one.seen.containers}
    columns = sorted(names, key=lambda container_id: (names[container_id], container_id))
    return page(
        "check_month.html",
        as_of=moment(now, zone),
        zone=zone_name(now, zone),
        site=its,
        month=f"{month.first:%B %Y}",
        earlier=month.earlier.text,
        later=month.later.text if month.later.first <= today else "",
        sheets=[columns[n : n + _COLUMNS] for n in range(0, len(columns), _COLUMNS)] or [[]],
        names=names,
        rows=rows,
        count=len(found),
        missing=sum(row.missing for row in rows),
    )


def _rows(found: Sequence[Check], month: Month, first: date | None, today: date, zone: tzinfo) -> list[Row]:
    by_day: dict[date, list[Check]] = {}
    for one in found:
        by_day.setdefault(day_of(one.until_at, zone), []).append(one)
    days = month.days
    rows: list[Row] = []
    for day, state in zip(days, states(days, frozenset(by_day), first, today), strict=True):
        said = f"{day:%a} {day.day}"
        if state == "checked":
            rows += [_row(said, one, zone) for one in by_day[day]]
        else:
            rows.append(Row(said, None, "", "", "", [], {}, _STATES[state], state == "missing"))
    return rows


def _row(day: str, one: Check, zone: tzinfo) -> Row:
    named = [f"{container.name}: {odd.text}" for container in one.seen.containers for odd in container.odd]
    cells = {
        container.id: Cell(_ends(container), bool(container.odd) or container.beyond)
        for container in one.seen.containers
    }
    odd = [*(other.text for other in one.seen.others), *named]
    hour = wall_hour(one.until_at, zone)
    return Row(day, moment(one.until_at, zone), hour, one.recorded_by, one.comment, odd, cells, "", missing=False)


def _ends(one: ContainerSeen) -> str:
    ends = ((one.coldest_c, one.coldest_proven_c), (one.warmest_c, one.warmest_proven_c))
    coldest, warmest = (temperature(*end).removesuffix(" °C") for end in ends)
    # Two numbers stand in one line.
    return "—" if one.coldest_c is None else f"{coldest}\N{NO-BREAK SPACE}…\N{NO-BREAK SPACE}{warmest}"
