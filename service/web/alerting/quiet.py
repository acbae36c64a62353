"""Alerts silenced for a while on their page: by whom, until when and why; recorded there, and ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from service.acts.silences import end_silence, record_silence
from service.auth.access import Access
from service.domain.alerting.alert import Alert
from service.domain.alerting.silence import RecordedSilence, Silence, SilenceState
from service.domain.wall_clock import from_wall, zone_name
from service.errors import UnbrokenError
from service.settings import Settings
from service.store.alerting.history import alerts_of
from service.store.alerting.silences import silences_in_force
from service.store.pool import Connection
from service.web.alerting.holders import Asked, Holder, RefusedHereError
from service.web.alerting.views import zone_of
from service.web.words import Moment, moment

_AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class SilenceView:
    """A silence in force: of what, until when, by whom and why."""

    id: int
    of: str
    until: Moment
    reason: str
    recorded_by: str


@dataclass(frozen=True, slots=True)
class Quiet:
    """What a form for silencing an alert offers: by the clock of its site."""

    what: str
    whole: str
    until: str
    zone: str


def silences_of(connection: Connection, alerts: Sequence[Alert], now: datetime) -> list[SilenceView]:
    """The silences in force by which people are not told of these alerts, each by the clock of the alert's site."""
    zones: dict[int, tuple[RecordedSilence, tzinfo]] = {}
    for one in silences_in_force(connection, now, now):
        about = next((alert for alert in alerts if alert.is_open and one.matches(alert)), None)
        if about is not None and one.state(now) is SilenceState.IN_FORCE:
            zones[one.id] = (one, zone_of(about))
    return [
        SilenceView(one.id, _scope_text(one), moment(one.until_at, zone), one.reason, one.recorded_by)
        for one, zone in zones.values()
    ]


def _scope_text(silence: Silence) -> str:
    if silence.container_id is not None:
        return "this container" if silence.cause is None else "this kind of alert here"
    return "this site" if silence.site_id is not None else "this kind of alert anywhere"


def offered(alert: Alert, now: datetime) -> Quiet | None:
    """What can be silenced of an alert; None: nothing that would not silence much else too."""
    if not alert.is_open or (alert.container_id is None and alert.site_id is not None):
        return None
    if alert.subject.startswith("lot:"):
        return None
    zone = zone_of(alert)
    return Quiet(
        "alerts of this kind" + (f" at {alert.name}" if alert.container_id else ""),
        f"all alerts at {alert.name}" if alert.container_id else "",
        f"{(now + _AN_HOUR).astimezone(zone):%Y-%m-%dT%H:%M}",
        f"{alert.site_name}, {zone_name(now, zone)}" if alert.site_name else zone_name(now, zone),
    )


def record(connection: Connection, _: Settings, now: datetime, holder: Holder, asked: Asked) -> None:
    """Tell nobody of the alert, or of anything at its container, until a time by the clock of its site."""
    access = _only_logged_in(holder)
    alert = next(iter(alerts_of(connection, holder.alert_ids)), None)
    if alert is None or offered(alert, now) is None:
        raise RefusedHereError("There is nothing here to silence: the alert is over, or is about no container.")
    if not asked.reason:
        raise RefusedHereError("Say why nobody is to be told; it stays in the record.")
    try:
        until = from_wall(asked.until, zone_of(alert), now)
    except (ValueError, OverflowError):
        raise RefusedHereError("Give until when, as the clock on the wall will show it.") from None
    if until <= now:
        raise RefusedHereError("That time is past already; give one that is still to come.")
    if alert.container_id is not None:
        access.refuse_elsewhere(connection, "container", alert.container_id)
    whole = asked.scope == "container" and alert.container_id is not None
    wanted = Silence(None, alert.container_id, None if whole else alert.cause, now, until)
    try:
        record_silence(connection, holder.actor, wanted, reason=asked.reason)
    except UnbrokenError as error:
        raise RefusedHereError(f"Nothing was recorded: {error}.") from error


def end(connection: Connection, _: Settings, now: datetime, holder: Holder, asked: Asked) -> None:
    """End a silence before its time; what is still so is told at once."""
    access = _only_logged_in(holder)
    access.refuse_elsewhere(connection, "silence", asked.silence)
    end_silence(connection, holder.actor, asked.silence, at=now)


def _only_logged_in(holder: Holder) -> Access:
    if holder.access is None:
        raise RefusedHereError("A link cannot do that: log in, and open the alert among all alerts.")
    return holder.access
