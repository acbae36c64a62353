"""How well a logger does its work, as its documents tell it."""

from datetime import datetime

from service.api.schemas.registry import loggers as schemas
from service.domain.instant import SECOND_US, from_datetime, to_datetime
from service.domain.intake.refusals import Refused, look_at
from service.domain.series import health


def refused(one: Refused) -> schemas.RefusedMessages:
    """Messages of a logger that were refused for one reason."""
    return schemas.RefusedMessages(
        code=one.code,
        times=one.times,
        first_at=to_datetime(one.since_us),
        last_at=to_datetime(one.last_us),
        look_at=look_at(one.code),
    )


def health_of(heard: dict[str, health.Heard], since: datetime) -> schemas.LoggerHealth:
    """How well a logger does its work; `heard`: what it sent since then, by probe."""
    readings = health.together(list(heard.values())) if heard else None
    lag_us = None if readings is None else health.clock_lag_us(readings)
    return schemas.LoggerHealth(
        since=since,
        battery_v=None if readings is None else health.latest_battery_v(readings),
        clock_lag_s=None if lag_us is None else lag_us / SECOND_US,
        probes=[_probe_health(probe, of_probe, from_datetime(since)) for probe, of_probe in heard.items()],
    )


def _probe_health(probe: str, heard: health.Heard, since_us: int) -> schemas.ProbeHealth:
    gaps, numbers = health.gaps(heard, since_us), health.numbers(heard, since_us)
    return schemas.ProbeHealth(
        probe=probe,
        last_measured_at=to_datetime(int(heard.measured_us.max())),
        last_received_at=to_datetime(int(heard.received_us.max())),
        usual_interval_s=None if gaps.usual_us is None else gaps.usual_us / SECOND_US,
        gaps=gaps.count,
        gaps_s=gaps.total_us / SECOND_US,
        longest_gap_s=gaps.longest_us / SECOND_US,
        missing_seq=numbers.missing,
        restarts=numbers.restarts,
    )
