"""Rules about loggers: silent, faulty, stuck, with a low battery, a wrong clock, or a calibration that is due.

Nothing here changes a verdict.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from service.domain.alerting.details import (
    BatteryVoltage,
    CalibrationDue,
    ClockError,
    LowBatteries,
    ProbeName,
    SensorFault,
    Silence,
    Silent,
    SilentProbe,
    Stuck,
    WrongClocks,
)
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.rules import UNDER_WAY, ContainerFacts, Probe, Rule, at_most_warning
from service.domain.instant import SECOND_US
from service.domain.series.quality import Quality
from service.domain.severity import Severity

LOGGER_SILENT = "logger_silent"

#: Silence is told after this many usual steps of a probe, but before this share of the largest gap has passed.
_STEPS, _SHARE_OF_GAP = 3.0, 0.75

#: It is never told before this many steps, nor before this time: one late reading is no silence.
_LEAST_STEPS, _LEAST_S = 1.5, 600.0

#: So many readings in a row without a number are no accident.
FAULTY_READINGS = 3

#: As many numbers that a probe cannot show are no accident among this many of its newest readings.
GARBLED_AMONG = 10

#: A compressor cycles there and a door is opened, so that the air is never still. Liquid nitrogen and dry ice keep one
#: temperature for weeks.
CYCLING_KINDS = frozenset({"freezer", "refrigerator"})

#: Of fewer readings nobody can say that they stand still.
STUCK_READINGS = 20

_MINUTE_US, _DAY_US = 60 * SECOND_US, 86_400 * SECOND_US


def usual_interval_s(measured_us: NDArray[np.int64], received_us: NDArray[np.int64]) -> float | None:
    """How often a probe is heard: the usual step between its readings, or between its uploads if that is longer.

    None: it shows none, with too few steps or uploads. Medians, of two in the middle the shorter: an outage is no
    habit. Both in any order; `received_us` may go back farther.
    """
    steps_us = _steps_us(np.unique(measured_us))
    if len(steps_us) < 2:
        return None
    step_us = _lower_median(steps_us)
    arrived_us = np.sort(received_us)
    # What arrives closer together than it was measured is part of one upload.
    uploads_us = arrived_us[1:][2 * _steps_us(arrived_us) > step_us]
    waits_us = _steps_us(np.append(arrived_us[:1], uploads_us))
    if not len(waits_us):
        return None
    wait_us = _lower_median(waits_us)
    # Of one long wait nobody can tell whether it is a habit.
    return None if len(waits_us) == 1 and wait_us > 2 * step_us else max(step_us, wait_us) / SECOND_US


def _steps_us(times_us: NDArray[np.int64]) -> NDArray[np.int64]:
    return times_us[1:] - times_us[:-1]


def _lower_median(values: NDArray[np.int64]) -> int:
    return int(np.sort(values)[(len(values) - 1) // 2])


def last_heard_us(probe: Probe) -> int | None:
    """When a probe was last heard by our clock, as its own may be wrong; None: it was not heard."""
    return None if probe.heard_us is None else probe.heard_us + (probe.lag_us or 0)


def logger_silent(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """Probes that were not heard for longer than their own pace explains; in a shipper, only once it is overdue.

    A probe that shows no pace may be silent for as long as the profile's largest gap. The rule's delay, if it has one,
    takes the place of both.
    """
    silent = _silent(facts, rule.delay_s, now_us)
    if not silent:
        return None
    probes = [probe for _, _, probe in silent]
    silence = Silence.OVERDUE if facts.kind in UNDER_WAY else Silence.WHOLE
    if len(silent) < len(facts.probes):
        silence = Silence.PARTLY
    details = Silent(silence, tuple(_silent_probe(probe, now_us) for probe in probes))
    severity = _severity(rule, facts, [*probes, *(probe for _, probe in _faulty(facts))])
    return Finding(silent[0][0], details, severity, int(silent[0][1]))


def may_still_be_silent(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int, told: bool) -> bool:
    """Whether it was silent before, and nobody has listened for long enough to say that it is no longer."""
    if not told or facts.ingest_up_since_us is None:
        return False
    return logger_silent(rule, replace(facts, ingest_up_since_us=None), now_us) is not None


def _silent(facts: ContainerFacts, delay_s: int | None, now_us: int) -> list[tuple[int, float, Probe]]:
    """Probes that are silent: since when, how long they may be; the longest silent first."""
    due_us = None
    if facts.kind in UNDER_WAY:
        due_us = facts.due_us
        # An empty shipper has been unpacked: nobody waits for it.
        if due_us is None or due_us >= now_us or not facts.lot_ids:
            return []
    silent: list[tuple[int, float, Probe]] = []
    for probe in facts.probes:
        heard_us, allowed_s = last_heard_us(probe), _allowed_s(delay_s, facts, probe)
        if due_us is not None and heard_us is not None and heard_us >= due_us:
            continue
        if _may_not_have_been_heard(facts, heard_us, allowed_s, now_us):
            continue
        known_us = [x for x in (heard_us, due_us) if x is not None]
        # A probe that was never heard is silent from the moment that somebody looks.
        since_us = max(known_us, default=now_us)
        if not known_us or now_us - since_us > allowed_s * SECOND_US:
            silent.append((since_us, allowed_s, probe))
    return sorted(silent, key=lambda one: one[0])


def _may_not_have_been_heard(facts: ContainerFacts, heard_us: int | None, allowed_s: float, now_us: int) -> bool:
    """Whether a probe may have sent while nobody listened, and has not had its time to be heard since."""
    if facts.ingest_up_since_us is None or (heard_us is not None and heard_us >= facts.ingest_up_since_us):
        return False
    return now_us - facts.ingest_up_since_us <= max(_LEAST_S, allowed_s) * SECOND_US


def _allowed_s(delay_s: int | None, facts: ContainerFacts, probe: Probe) -> float:
    if delay_s is not None:
        return delay_s
    max_gap_s, interval_s = facts.profile.max_gap_s, probe.interval_s
    if interval_s is None:
        return max_gap_s
    return max(_LEAST_S, _LEAST_STEPS * interval_s, min(_STEPS * interval_s, _SHARE_OF_GAP * max_gap_s))


def _silent_probe(probe: Probe, now_us: int) -> SilentProbe:
    heard_us = last_heard_us(probe)
    return SilentProbe(
        _name(probe),
        None if heard_us is None else _whole_s(now_us - heard_us),
        None if probe.interval_s is None else round(probe.interval_s),
        probe.refused,
        _whole_s(max(0, now_us - max(one.last_us for one in probe.refused))) if probe.refused else 0,
    )


def sensor_fault(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """Probes whose newest readings have no usable number: a broken wire, a lost sensor, a decoder that is wrong."""
    faulty = _faulty(facts)
    if not faulty:
        return None
    probes = [probe for _, probe in faulty]
    details = SensorFault(
        tuple(_name(probe) for probe in probes if not _impossible(probe)),
        tuple(_name(probe) for probe in probes if _impossible(probe)),
    )
    silent = (probe for _, _, probe in _silent(facts, facts.silent_after_s, now_us))
    severity = _severity(rule, facts, [*probes, *silent])
    return Finding(min(since_us for since_us, _ in faulty), details, severity, rule.delay_s or 0)


def _faulty(facts: ContainerFacts) -> list[tuple[int, Probe]]:
    """Probes that give no usable number any more, or that garble some, and since when."""
    faulty: list[tuple[int, Probe]] = []
    for probe in facts.probes:
        usable = np.flatnonzero(probe.qualities <= Quality.LO)
        first = int(usable[-1]) + 1 if len(usable) else 0
        since_us = [int(x) for x in probe.times_us[_impossible(probe)[:1]]]
        if len(probe.times_us) - first >= FAULTY_READINGS:
            since_us.append(int(probe.times_us[first]))
        if since_us:
            faulty.append((min(since_us), probe))
    return faulty


def _impossible(probe: Probe) -> list[int]:
    """Which of a probe's newest readings are numbers it cannot show; none if they are too few to be no accident.

    Where each second reading is garbled, nothing of it can be believed, though no three of them come in a row.
    """
    lately = np.flatnonzero(probe.qualities[-GARBLED_AMONG:] == Quality.IMPOSSIBLE)
    if len(lately) < FAULTY_READINGS:
        return []
    found: list[int] = (lately + max(0, len(probe.qualities) - GARBLED_AMONG)).tolist()
    return found


def sensor_stuck(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    """Probes that have shown one and the same number for `rule.at` hours, where the air cannot stand still so long.

    The default is a day: a logger that shows half degrees may show one of them all night in a steady refrigerator, and
    not from one afternoon to the next. A probe that is buffered may stand still for longer: its readings are to be
    given for less than that time.
    """
    if facts.kind not in CYCLING_KINDS or rule.at is None:
        return None
    stuck = [
        (since_us, probe)
        for probe in facts.probes
        if (since_us := _same_since_us(probe)) is not None
        and int(probe.times_us[-1]) - since_us >= rule.at * 3_600 * SECOND_US
    ]
    if not stuck:
        return None
    since_us, probe = min(stuck, key=lambda one: one[0])
    lasted_us = int(probe.times_us[-1]) - since_us
    details = Stuck(_name(probe), round(float(probe.temperatures_c[-1]), 3), _whole_s(lasted_us))
    return Finding(since_us, details, rule.severity, rule.delay_s or 0)


def _same_since_us(probe: Probe) -> int | None:
    """Since when a probe has shown the number it shows; None: it has none, or too few readings show it."""
    usable = probe.qualities <= Quality.LO
    # "HI" and "LO" are no numbers, and no number equals NaN.
    numbers = np.where(probe.qualities == Quality.OK, probe.temperatures_c, np.nan)[usable]
    times_us = probe.times_us[usable]
    if len(numbers) < STUCK_READINGS:
        return None
    others = np.flatnonzero(numbers != numbers[-1])
    first = int(others[-1]) + 1 if len(others) else 0
    return int(times_us[first]) if len(numbers) - first >= STUCK_READINGS else None


def battery_low(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """Loggers whose battery gives less than `rule.at` volts."""
    at = -np.inf if rule.at is None else rule.at
    low = {probe.logger_id: probe for probe in facts.probes if probe.battery_v is not None and probe.battery_v < at}
    if not low:
        return None
    details = LowBatteries(tuple(BatteryVoltage(x, probe.battery_v or 0.0) for x, probe in low.items()))
    return Finding(_first_heard_us(low.values(), now_us), details, rule.severity, rule.delay_s or 0)


def calibration_due(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """Probes whose calibration is overdue, or will be within `rule.at` days: that is only news to plan by."""
    ahead_us = int((rule.at or 0) * _DAY_US)
    due = sorted((p.calibration_due_us, p.logger_id, p.probe) for p in facts.probes if p.calibration_due_us is not None)
    if not due or due[0][0] - now_us > ahead_us:
        return None
    due_us = due[0][0]
    overdue = due_us <= now_us
    by_us = now_us if overdue else now_us + ahead_us
    names = tuple(ProbeName(logger_id, probe) for at_us, logger_id, probe in due if at_us <= by_us)
    details = CalibrationDue(names, abs(due_us - now_us) // _DAY_US, overdue)
    if overdue:
        return Finding(due_us, details, rule.severity, rule.delay_s or 0)
    return Finding(due_us - ahead_us, details, Severity.INFO, rule.delay_s or 0)


def clock_skew(rule: Rule[ContainerFacts], facts: ContainerFacts, now_us: int) -> Finding | None:
    """Loggers whose clock is ahead by `rule.at` seconds, or behind by as much more than their pace of uploads explains.

    Of a logger that shows no pace, nobody can tell a clock that is behind from an upload that was late.
    """
    at_us = int((rule.at or 0) * SECOND_US)
    wrong: dict[str, tuple[ClockError, Probe]] = {}
    for probe in facts.probes:
        if probe.lag_us is None:
            continue
        error = ClockError(probe.logger_id, probe.lag_us < 0, _whole_s(abs(probe.lag_us)))
        too_late = probe.interval_s is not None and probe.lag_us > at_us + probe.interval_s * SECOND_US
        if probe.lag_us < -at_us or too_late:
            wrong[probe.logger_id] = error, probe
    if not wrong:
        return None
    since_us = _first_heard_us([probe for _, probe in wrong.values()], now_us)
    details = WrongClocks(tuple(error for error, _ in wrong.values()))
    return Finding(since_us, details, rule.severity, rule.delay_s or 0)


def _severity(rule: Rule[ContainerFacts], facts: ContainerFacts, troubled: Sequence[Probe]) -> Severity:
    """The rule's, if no probe is left that watches lots to keep; else a warning at most. A probe may be named twice."""
    if facts.lots_to_keep and len({(probe.logger_id, probe.probe) for probe in troubled}) == len(facts.probes):
        return rule.severity
    return at_most_warning(rule.severity)


def _first_heard_us(probes: Iterable[Probe], now_us: int) -> int:
    """When the oldest of the readings looked at was measured."""
    return min((int(probe.times_us[0]) for probe in probes if len(probe.times_us)), default=now_us)


def _name(probe: Probe) -> ProbeName:
    return ProbeName(probe.logger_id, probe.probe)


def _whole_s(duration_us: int) -> int:
    """Seconds of a duration in whole minutes, from a minute on: what is said of it does not change with each look."""
    return (duration_us if duration_us < _MINUTE_US else duration_us // _MINUTE_US * _MINUTE_US) // SECOND_US
