"""The verdict on one logger's file, as if a lot had been with that logger all the while. No server needed."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from service.domain.container import Record, Watch, judge_container, thresholds_of
from service.domain.detector import track
from service.domain.evidence import Course, Temperatures, temperatures
from service.domain.exposure import Stay, expose
from service.domain.instant import END_US, from_datetime, to_datetime
from service.domain.mending import at_one_instant
from service.domain.profiles import Profile
from service.domain.sensor_range import SensorRange, doubted, sensor_range
from service.domain.verdict import Judgement, judge
from service.formats.reading import LoggerFile, Reading

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
    by_probe: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in file.readings:
        by_probe[reading.probe].append(reading)
    times_us = [reading.measured_at_us for reading in file.readings]
    from_us = min(times_us) if file.starts_at_us is None else file.starts_at_us
    until_us = max(times_us) + 1 if file.ends_at_us is None else max(file.ends_at_us, max(times_us) + 1)
    courses = [
        _course(number, readings, sensor_range(file.range_min_c, file.range_max_c, probe=probe, model=file.model))
        for number, (probe, readings) in enumerate(sorted(by_probe.items()))
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


def _course(number: int, readings: list[Reading], shown: SensorRange) -> Course:
    # Stable: of one instant, what the file says first comes first.
    ordered = sorted(readings, key=lambda reading: reading.measured_at_us)
    temperatures_c = np.array([np.nan if r.temperature_c is None else r.temperature_c for r in ordered], np.float64)
    return Course(
        _HOME,
        number,
        np.array([r.measured_at_us for r in ordered], dtype=np.int64),
        temperatures_c,
        doubted(temperatures_c, np.array([r.quality for r in ordered], dtype=np.int16), shown),
    )


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
