"""The table of rules: what people are told of. To add a cause, write its function and its entry."""

from functools import cache

from service.domain.alerting.conflict_rules import CONFLICTING_READINGS, conflicting_readings
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.limit_rules import LIMIT_RULES
from service.domain.alerting.logger_rules import (
    LOGGER_SILENT,
    battery_low,
    calibration_due,
    clock_skew,
    logger_silent,
    sensor_fault,
    sensor_stuck,
)
from service.domain.alerting.lot_rules import FORECAST_CROSSES, LOT_UNMONITORED, forecast_crosses, lot_unmonitored
from service.domain.alerting.rules import ContainerFacts, Rule, ServiceFacts
from service.domain.clocks import CLOCKS_DISAGREE
from service.domain.severity import Severity


def _is_behind(rule: Rule[ServiceFacts], facts: ServiceFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    return _since(rule, facts, "is behind")


def _fails(rule: Rule[ServiceFacts], facts: ServiceFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    return _since(rule, facts, "cannot be told anything")


def _is_unusable(rule: Rule[ServiceFacts], facts: ServiceFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    return _since(rule, facts, "cannot be used as it is, and what could be used last stays in force")


def _sets_aside(rule: Rule[ServiceFacts], facts: ServiceFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    return _since(rule, facts, "has set messages aside that the database does not take")


def _disagree(rule: Rule[ServiceFacts], facts: ServiceFacts, now_us: int) -> Finding | None:  # noqa: ARG001
    return _since(rule, facts, "disagree")


def _since(rule: Rule[ServiceFacts], facts: ServiceFacts, said: str) -> Finding | None:
    if facts.since_us is None:
        return None
    return Finding(
        facts.since_us, f"{said}: {facts.detail}" if facts.detail else said, rule.severity, rule.delay_s or 0
    )


_INFO, _WARNING, _CRITICAL = Severity

#: Of the on-call file, or a calendar of it.
ON_CALL_UNUSABLE = "on_call_unusable"

#: Asked whenever a container's readings change.
PROMPT: tuple[Rule[ContainerFacts], ...] = LIMIT_RULES

#: Asked of all containers now and then: time alone makes them hold. `at` is in hours, volts, days and seconds.
SWEPT: tuple[Rule[ContainerFacts], ...] = (
    Rule(LOGGER_SILENT, _CRITICAL, None, 600, logger_silent),
    Rule("sensor_fault", _CRITICAL, 600, 600, sensor_fault),
    Rule(CONFLICTING_READINGS, _CRITICAL, 0, 0, conflicting_readings),
    Rule("sensor_stuck", _WARNING, 0, 3_600, sensor_stuck, at=24),
    # Of a 3 V cell; a warmer hour lifts the voltage, so that only a day above it counts.
    Rule("battery_low", _WARNING, 0, 86_400, battery_low, at=2.5),
    Rule("calibration_due", _WARNING, 0, 0, calibration_due, at=30),
    Rule("clock_skew", _WARNING, 0, 3_600, clock_skew, at=120),
    Rule(FORECAST_CROSSES, _WARNING, 0, 900, forecast_crosses, at=3_600),
    # Time to attach a logger to what was packed just now.
    Rule(LOT_UNMONITORED, _CRITICAL, 900, 0, lot_unmonitored),
)

RULES = PROMPT + SWEPT

#: The largest figure `at` that makes sense of each cause. What is larger was meant in another unit.
LARGEST_AT = {
    "budget_used": 1.0,
    "sensor_stuck": 8_760.0,
    "battery_low": 100.0,
    "calibration_due": 3_650.0,
    "clock_skew": 604_800.0,
    FORECAST_CROSSES: 604_800.0,
}

#: Of the service itself: subjects ``service:…`` and ``receiver:…``.
SERVICE_RULES: tuple[Rule[ServiceFacts], ...] = (
    # So long after `alerts` itself began to look: whatever starts together with it is given time.
    Rule("ingest_behind", _CRITICAL, 60, 60, _is_behind),
    Rule("evaluator_behind", _CRITICAL, 0, 60, _is_behind),
    Rule("messages_set_aside", _WARNING, 0, 0, _sets_aside),
    Rule(CLOCKS_DISAGREE, _CRITICAL, 0, 60, _disagree),
    Rule("delivery_failing", _CRITICAL, 0, 300, _fails),
    # A file is not whole while it is written.
    Rule(ON_CALL_UNUSABLE, _WARNING, 20, 0, _is_unusable),
)


@cache
def causes() -> tuple[str, ...]:
    """Every cause there is, of containers first."""
    return tuple(rule.cause for rule in RULES) + tuple(rule.cause for rule in SERVICE_RULES)
