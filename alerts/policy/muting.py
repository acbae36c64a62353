"""When nobody is told although there is something to tell: silences, maintenance, and inhibition."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from service.domain.alerting.alert import Alert
from service.domain.alerting.logger_rules import LOGGER_SILENT
from service.domain.alerting.rule_table import inhibited_by_silence
from service.domain.alerting.silence import Silence
from service.domain.severity import Severity


def inhibited_causes(alerts: Iterable[Alert]) -> frozenset[tuple[str, str]]:
    """Containers, each with a cause that says nothing new of it while its loggers are silent.

    Only if that is critical is nothing heard of the container any more; else it may be one probe of several.
    """
    return frozenset(
        (alert.container_id, cause)
        for alert in alerts
        if alert.cause == LOGGER_SILENT and alert.state in ("firing", "acknowledged") and alert.container_id
        for cause in inhibited_by_silence(of_all=alert.severity == Severity.CRITICAL)
    )


def why_muted(
    alert: Alert, silences: Sequence[Silence], inhibited: frozenset[tuple[str, str]], now: datetime
) -> str | None:
    """Why nobody is told of an alert now; None: nothing keeps it back."""
    if (alert.container_id, alert.cause) in inhibited:
        return "its container's logger is silent, and that is told"
    for silence in silences:
        if not silence.matches(alert):
            continue
        if silence.from_at <= now < silence.until_at:
            return f"silenced until {silence.until_at.isoformat()}"
        fired_at = alert.began_at if alert.past or alert.fired_at is None else alert.fired_at
        if alert.resolved_at and silence.from_at <= fired_at and alert.resolved_at <= silence.until_at:
            return "it came and went while it was silenced"
    return None
