"""A logger that contradicts itself is told, as seriously as the limits between what it said."""

import pytest

from service.domain.alerting.conflict_rules import CONFLICTING_READINGS, conflicting_readings
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.rule_table import container_rule
from service.domain.alerting.rules import Conflicts, ContainerFacts
from service.domain.alerting.words import what_text
from service.domain.instant import from_datetime
from service.domain.profiles import LYOPHILISED_2_8
from service.domain.severity import Severity
from tests.scenario import START, at_us

NOW_US = from_datetime(START)
RULE = container_rule(CONFLICTING_READINGS)


def says(*conflicts: Conflicts, lot_ids: tuple[str, ...] = ("a",)) -> Finding | None:
    """What the rule finds in a refrigerator."""
    facts = ContainerFacts(
        "fridge", "refrigerator", LYOPHILISED_2_8, None, conflicts=conflicts, conflicting_lot_ids=lot_ids
    )
    return conflicting_readings(RULE, facts, NOW_US)


def of(coldest_c: float, warmest_c: float, logger_id: str = "L1", count: int = 180) -> Conflicts:
    """Contradictions between these temperatures."""
    return Conflicts(logger_id, "top", count, at_us(300), at_us(0), at_us(180), coldest_c, warmest_c)


def test_nothing_contradicted_is_nothing_to_tell() -> None:
    """Most loggers never do."""
    assert says() is None


def test_it_says_how_many_since_when_and_what_to_look_at() -> None:
    """Whoever is called looks at the logger's clock, or for a second device of its id."""
    found = says(of(5.0, 31.0))
    assert found is not None
    assert (found.since_us, found.severity, found.delay_s) == (at_us(300), Severity.CRITICAL, 0)
    assert what_text(CONFLICTING_READINGS, found.details) == (
        "has readings that contradict each other: logger L1 (probe top) gave another temperature for the same instant "
        "180 times since 2026-03-01 05:00 UTC (of 2026-03-01 00:00 to 2026-03-01 03:00 UTC by its clock); "
        "a clock may have fallen back, or two devices have one id"
    )


@pytest.mark.parametrize(
    ("coldest_c", "warmest_c", "severity"),
    [
        (5.0, 5.4, Severity.WARNING),
        (5.0, 8.0, Severity.WARNING),
        (8.0, 8.1, Severity.CRITICAL),
        (9.0, 20.0, Severity.WARNING),
        (9.0, float("inf"), Severity.CRITICAL),
        (-0.5, 3.0, Severity.WARNING),
        (-0.6, 3.0, Severity.CRITICAL),
        (float("-inf"), 3.0, Severity.CRITICAL),
    ],
)
def test_it_is_serious_where_a_limit_lies_between(coldest_c: float, warmest_c: float, severity: Severity) -> None:
    """Two temperatures on one side of every limit leave no lot in doubt."""
    found = says(of(coldest_c, warmest_c))
    assert found is not None
    assert found.severity is severity


def test_where_no_lot_was_it_is_a_warning() -> None:
    """Nobody is called at night for an empty refrigerator."""
    found = says(of(5.0, 31.0), lot_ids=())
    assert found is not None
    assert found.severity is Severity.WARNING


def test_many_probes_are_counted_not_listed() -> None:
    """A message is read on a telephone."""
    found = says(*(of(5.0, 31.0, f"L{n}", n) for n in range(1, 6)))
    assert found is not None
    text = what_text(CONFLICTING_READINGS, found.details)
    assert "logger L5" in text
    assert "logger L2" not in text
    assert "and 2 more probes" in text
