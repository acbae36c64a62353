"""Why a verdict changed: one word for each row of a lot's history."""

import re
from pathlib import Path

import pytest

from service.domain.verdicts.causes import CAUSES, Cause, cause_of, cause_of_readings


@pytest.mark.parametrize(
    ("touched_by", "told"),
    [
        (set(), Cause.TIME),
        ({Cause.EXCURSION}, Cause.EXCURSION),
        ({Cause.EXCURSION, Cause.LATE_DATA}, Cause.LATE_DATA),
        ({Cause.LATE_DATA, Cause.CALIBRATION}, Cause.CALIBRATION),
        ({Cause.CALIBRATION, Cause.CLOCK_MEND}, Cause.CLOCK_MEND),
        (set(Cause) - {Cause.FIRST}, Cause.CORRECTION),
    ],
)
def test_what_a_person_did_is_told_before_what_was_measured(touched_by: set[Cause], told: Cause) -> None:
    """Where a correction and ordinary readings came in one second, an auditor wants to see the correction."""
    assert cause_of(touched_by, first=False) is told
    assert cause_of(touched_by, first=True) is Cause.FIRST


def test_readings_are_late_when_a_silence_as_long_would_be_a_gap() -> None:
    """Up to the largest gap nobody had called the lot unproven for want of them."""
    assert cause_of_readings(100, max_gap_us=50, now_us=150) is Cause.EXCURSION
    assert cause_of_readings(99, max_gap_us=50, now_us=150) is Cause.LATE_DATA


def test_every_cause_is_explained() -> None:
    """A word in a record is worth what its explanation is."""
    assert list(CAUSES) == list(Cause)
    text = (Path(__file__).parents[3] / "docs/mending.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", text, re.MULTILINE)) == CAUSES
