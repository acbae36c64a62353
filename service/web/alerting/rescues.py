"""Lots of a container that is in trouble, moved to one that is well: where they can go, and the record of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service.acts.moves import move
from service.answers.refuges import Refuge, refuges
from service.domain.alerting.advice import is_danger
from service.domain.alerting.alert import Alert
from service.domain.corrections import Word
from service.domain.identity.caller import Sites
from service.domain.wall_clock import from_wall, is_to_come, moment, zone_name
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.alerting.history import alerts_of
from service.store.lots.lots import lots_now_in
from service.store.lots.moves import moves_from
from service.store.pool import Connection
from service.web.alerting.holders import Asked, Holder, RefusedHereError
from service.web.alerting.views import zone_of

_MINUTE = timedelta(minutes=1)

#: What to do with a move that a link may not record.
_BY_QUALITY = "Ask quality to record the move."


@dataclass(frozen=True, slots=True)
class Rescue:
    """A container whose lots can be recorded as moved, and where to.

    Attributes:
        over: its alert is, and with it what may be recorded.
        done: what was recorded since the alert began, in words.
    """

    over: bool
    container_id: str
    name: str
    site: str
    zone: str
    lot_ids: tuple[str, ...]
    refuges: tuple[Refuge, ...]
    now: str
    done: tuple[str, ...]


def rescues(connection: Connection, alerts: Sequence[Alert], now: datetime, moves_at: Sites) -> list[Rescue]:
    """One for each container whose lots are in danger, or were moved out of it."""
    found = [_rescue(connection, alert, now, moves_at) for alert in _containers(alerts)]
    return [one for one in found if one.lot_ids or one.done]


def _containers(alerts: Sequence[Alert]) -> list[Alert]:
    """One alert for each container whose lots are in danger, the first of it."""
    return list(
        {one.container_id: one for one in reversed(alerts) if one.container_id and is_danger(one.cause)}.values()
    )[::-1]


def _rescue(connection: Connection, alert: Alert, now: datetime, moves_at: Sites) -> Rescue:
    container_id = alert.container_id or ""
    zone = zone_of(alert)
    since = alert.began_at - timedelta(hours=1)
    over = not alert.is_open
    return Rescue(
        over,
        container_id,
        alert.name,
        alert.site_name or "",
        f"{alert.site_name}, {zone_name(now, zone)}",
        tuple(lots_now_in(connection, container_id)),
        () if over else tuple(_at_hand(connection, container_id, now, moves_at)),
        f"{now.astimezone(zone):%Y-%m-%dT%H:%M}",
        tuple(
            f"{len(done.lot_ids)} {'lot' if len(done.lot_ids) == 1 else 'lots'} moved to {done.to_name} "
            f"on {moment(done.moved_at, zone)}, recorded by {done.recorded_by}{', unconfirmed' * done.unconfirmed}."
            for done in moves_from(connection, container_id, since)
        ),
    )


def _at_hand(connection: Connection, container_id: str, now: datetime, moves_at: Sites) -> list[Refuge]:
    """Where somebody can carry the lots to: whatever is at another site is a journey, and no rescue."""
    return [one for one in refuges(connection, container_id, now, seen_at=moves_at) if one.same_site]


def record_move(connection: Connection, settings: Settings, now: datetime, holder: Holder, asked: Asked) -> None:
    """Record a move for the sake of an open alert, since it began and to where all is well: no more than that.

    Where lots were decides whether they are usable: a link must rewrite no past, and where it reaches back, the move is
    listed with the alert as its reason.
    """
    if not holder.may_move:
        raise RefusedHereError("This is recorded by whoever is custodian or quality. Ask one of them.")
    rows = [row for row in alerts_of(connection, holder.alert_ids) if row.container_id == asked.container]
    rows = [row for row in rows if is_danger(row.cause)]
    if not all(is_of(row, holder.moves_at) for row in rows):
        raise RefusedHereError("You are neither custodian nor quality where these lots are. Ask somebody who is.")
    if not rows:
        raise RefusedHereError("This is not about that container; open the link in the message about it.")
    began_at = min((row.began_at for row in rows if row.is_open), default=None)
    if began_at is None:
        raise RefusedHereError(f"The alert is over, and with it what may be recorded here. {_BY_QUALITY}")
    if asked.to not in {one.container_id for one in _at_hand(connection, asked.container, now, holder.moves_at)}:
        raise RefusedHereError(
            "Choose the container the lots were moved to: one of the same site and profile that is measured now, "
            f"within its limits and without an alert. To any other: {_BY_QUALITY[0].lower()}{_BY_QUALITY[1:]}"
        )
    zone = zone_of(rows[0])
    try:
        at = from_wall(asked.at, zone, now) if asked.at else now
    except (ValueError, OverflowError):
        raise RefusedHereError("Give the time of the move as the clock on the wall showed it.") from None
    if is_to_come(at, now):
        raise RefusedHereError("That time is still to come; record the move when it has happened.")
    if at <= began_at - _MINUTE:
        raise RefusedHereError(f"That is before the alert began, {moment(began_at, zone)}. {_BY_QUALITY}")
    # Walls show whole minutes: the one in which the alert began is not before it.
    at = max(at, began_at)
    try:
        reason = f"moved because: {rows[0].summary}"
        word = Word(holder.actor, now, settings.scan_delay_s, settings.clock_tolerance_s, reason)
        move(connection, asked.container, asked.to, at=at, word=word)
    except UnbrokenError as error:
        raise RefusedHereError(f"Nothing was recorded: {error}.") from error


def is_of(alert: Alert, sites: Sites) -> bool:
    """Whether an alert is of one of these sites; None: of any."""
    return sites is None or alert.site_id in sites
