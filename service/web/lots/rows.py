"""A lot as a row of the board: pure, from what a list tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from service.answers.listing import Told
from service.domain.answers.answer import Answer
from service.domain.verdicts.verdict import Verdict
from service.domain.wall_clock import zone_named
from service.store.registry.sites import Site
from service.web.container_views import ContainerView
from service.web.lots.budgets import Budget, budgets_of, tightest
from service.web.lots.views import SHORT_TEXTS
from service.web.words import Moment, ago, moment

#: A lot that expires within so many days is marked.
_SOON_D = 30


@dataclass(frozen=True, slots=True)
class There:
    """How a lot's container is now, in few words; empty where there is nothing to say.

    Attributes:
        state: the name styles go by: `beyond`, `silent`, `heading` for a limit, or empty: well, or nothing is measured.
    """

    state: str
    temperature: str
    arrow: str
    trend: str
    says: str


@dataclass(frozen=True, slots=True)
class Row:
    """One lot in a line.

    Attributes:
        number: as it is printed on the vial.
        named: whether its id says more than its number.
        container_id, container: where it is; empty: `place` says why there is none.
        place: its site where several are shown, or where it is if in no container.
        at_risk: much of what it may bear is used up.
        since: since when the reason holds; None: it was never otherwise, or nobody knows.
        there: how its container is now; None: it is in none, or nobody asked.
        left: of the limit of which least is left; `limits`: how many there are.
        expires: the last day of its use; `expires_in`: how soon, if soon.
    """

    id: str
    number: str
    named: bool
    product: str
    container_id: str
    container: str
    place: str
    answer: str
    answer_text: str
    at_risk: bool
    reason: str
    since: Moment | None
    since_ago: str
    there: There | None
    left: Budget | None
    limits: int
    expires: str
    expires_in: str


def row(
    told: Told, sites: Mapping[str, Site], there: Mapping[str, ContainerView], now: datetime, *, several_sites: bool
) -> Row:
    """What is shown of one lot.

    Args:
        sites: all there are, by id.
        there: how containers are now, by id.
        several_sites: lots of several sites are shown, so that each says where it is.
    """
    lot = told.lot
    site = sites.get(lot.site_id or "")
    zone = UTC if site is None else zone_named(site.time_zone)
    left = budgets_of(told.limits, told.reason_codes)
    ended = lot.life_ends_at is not None and lot.life_ends_at <= now
    is_somewhere = lot.container_id is not None and not ended
    # Of a lot that always was within its limits the start of its life would be told, which says nothing now.
    since_us = None if told.reason_code == "within_limits" else told.since_us
    expires_in_d = None if lot.expires_on is None else (lot.expires_on - now.astimezone(zone).date()).days
    return Row(
        id=lot.id,
        number=lot.lot_number,
        named=lot.lot_number.casefold() != lot.id.casefold(),
        product=lot.product_name,
        container_id=(lot.container_id or "") if is_somewhere else "",
        container=(lot.container_name or "") if is_somewhere else "",
        place=_place(told, site, now, zone, several_sites=several_sites),
        answer=told.answer.value,
        answer_text=SHORT_TEXTS[told.answer],
        at_risk=told.answer is Answer.USABLE and told.verdict is Verdict.AT_RISK,
        # Of a lot within its limits the bar says the rest.
        reason="Within its limits" if told.reason_code == "within_limits" else told.reason,
        since=None if since_us is None else moment(since_us, zone),
        since_ago="" if since_us is None else ago(since_us, now),
        there=_there(there.get(lot.container_id or "")) if is_somewhere else None,
        left=tightest(left),
        limits=len(left),
        expires="" if lot.expires_on is None else lot.expires_on.isoformat(),
        expires_in=_soon(expires_in_d),
    )


def _there(container: ContainerView | None) -> There | None:
    if container is None:
        return None
    probe = container.now
    if probe is None:
        return There("silent", "", "", "", container.declared or "no probe speaks for it")
    moves = probe.direction in {"up", "down"}
    state, says = "", ""
    if probe.stale:
        state, says = "silent", f"last heard {probe.age}"
    elif probe.beyond:
        state, says = "beyond", f"{probe.limit} now"
    elif container.trouble:
        state, says = "heading", container.trouble
    return There(state, probe.temperature, probe.arrow if moves else "", probe.trend if moves else "", says)


def _place(told: Told, site: Site | None, now: datetime, zone: tzinfo, *, several_sites: bool) -> str:
    ended = told.lot.life_ends_at
    if ended is not None and ended <= now:
        return f"Its life ended {moment(ended, zone).text}"
    if told.lot.split_up_at is not None:
        return "In its parts"
    if told.lot.container_id is None:
        return "Recorded in no container"
    return site.name if site is not None and several_sites else ""


def _soon(days: int | None) -> str:
    if days is None or days > _SOON_D:
        return ""
    if days < 0:
        return "expired"
    return {0: "today", 1: "tomorrow"}.get(days, f"in {days} d")
