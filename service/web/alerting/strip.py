"""What is wrong now, a line an alert, for pages that are about something else."""

from dataclasses import dataclass

from service.domain.alerting.lifecycle import AlertState
from service.domain.identity.caller import Sites
from service.domain.severity import severity_rank
from service.store.alerting.history import alerts_not_over
from service.store.pool import Connection
from service.web.alerting.views import what_is_said, zone_of
from service.web.words import Moment, moment

_SHOWN = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert in a line. `calm_since`: since when it is no longer so; None: it is."""

    severity: str
    in_hand: bool
    says: str
    since: Moment
    calm_since: Moment | None


def alert_lines(connection: Connection, seen_at: Sites, site_id: str | None) -> list[AlertLine]:
    """What goes off now: what nobody has in hand first, then the gravest, then the newest.

    Args:
        site_id: of this site, and of the service itself; None: of all.
    """
    alerts = [
        one
        for one in alerts_not_over(connection, seen_at)
        if one.state in _SHOWN and (site_id is None or one.site_id in {None, site_id})
    ]
    alerts.sort(
        key=lambda one: (one.state != AlertState.FIRING, -severity_rank(one.severity), -one.began_at.timestamp())
    )
    return [
        AlertLine(
            severity=one.severity,
            in_hand=one.state == AlertState.ACKNOWLEDGED,
            says=what_is_said(one) + _lots(one.lot_count),
            since=moment(one.began_at, zone_of(one)),
            calm_since=None if one.calm_since is None else moment(one.calm_since, zone_of(one)),
        )
        for one in alerts
    ]


def _lots(count: int) -> str:
    return f"; {count} {'lot' if count == 1 else 'lots'}" if count else ""
