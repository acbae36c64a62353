"""The verdict on one logger's file, as if a lot had been with that logger all the while. No server needed."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from service.domain.exposure.container import Record, Watch, judge_container, thresholds_of
from service.domain.exposure.evidence import Course, Temperatures, temperatures
from service.domain.exposure.lot import Stay, expose
from service.domain.instant import END_US, from_datetime, to_datetime
from service.domain.profiles import Profile
from service.domain.series.mending import at_one_instant
from service.domain.series.sensor_range import SensorRange, doubted, sensor_range
from service.domain.series.track import track
from service.domain.verdicts.verdict import Judgement, judge
from service.formats.logger_file import LoggerFile

_HOME = "file"


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of the file, with the verdict it would have alone."""

    starts_at: datetime
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class FileVerdict:
    """What a file proves: in whole, and day by day in the zone asked for."""

    from_us: int
    until_us: int
    judgement: Judgement
    temperatures: Temperatures
    days: tuple[Day, ...]


def judge_file(file: LoggerFile, profile: Profile, zone: tzinfo = UTC) -> FileVerdict:
    """Judge the window the device says it was logging in, or else from its first reading to its last."""
    readings = file.readings
    first_us, last_us = int(readings.measured_at_us.min()), int(readings.measured_at_us.max())
    from_us = first_us if file.starts_at_us is None else file.starts_at_us
    until_us = last_us + 1 if file.ends_at_us is None else max(file.ends_at_us, last_us + 1)
    courses = [
        _course(number, file, probe, _range(file, name))
        for number, (name, probe) in enumerate(sorted((name, probe) for probe, name in enumerate(readings.probes)))
    ]
    watches = [
        Watch(
            at_one_instant(
                track(course.times_us, course.temperatures_c, course.qualities, file.range_min_c, file.range_max_c)
            ),
            from_us,
            until_us,
        )
        for course in courses
    ]
    record = judge_container(watches, thresholds_of([profile]), profile.max_gap_s)
    days = _days(from_us, until_us, zone)
    return FileVerdict(
        from_us,
        until_us,
        _judged(record, profile, from_us, until_us, now_us=until_us),
        temperatures([courses], profile),
        tuple(
            Day(
                to_datetime(opens_us).astimezone(zone),
                _judged(record, profile, max(from_us, opens_us), min(until_us, closes_us), now_us=until_us),
            )
            for opens_us, closes_us in days
        ),
    )


def _range(file: LoggerFile, probe: str) -> SensorRange:
    own = file.logger_id or ""
    return sensor_range(file.range_min_c, file.range_max_c, logger_id=own, probe=probe, model=file.model)


def _course(number: int, file: LoggerFile, probe: int, shown: SensorRange) -> Course:
    readings = file.readings
    own = np.flatnonzero(readings.probe == probe)
    # Stable: of one instant, what the file says first comes first.
    own = own[np.argsort(readings.measured_at_us[own], kind="stable")]
    temperatures_c = readings.temperature_c[own]
    qualities = doubted(temperatures_c, readings.quality[own].astype(np.int16), shown)
    measured = readings.measured_at_us[own], temperatures_c, qualities
    return Course(_HOME, number, *measured, file.range_min_c, file.range_max_c)


def _judged(record: Record, profile: Profile, from_us: int, until_us: int, *, now_us: int) -> Judgement:
    stays = [Stay(_HOME, from_us, END_US)]
    return judge(expose(from_us, until_us, stays, {_HOME: record}, profile, now_us=now_us), profile)


def _days(from_us: int, until_us: int, zone: tzinfo) -> list[tuple[int, int]]:
    midnight = to_datetime(from_us).astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    days = []
    while from_datetime(midnight) < until_us:
        # Local midnights: a day may have 23 or 25 hours.
        following = midnight + timedelta(days=1)
        days.append((from_datetime(midnight), from_datetime(following)))
        midnight = following
    return days
