"""What of a changed lot may make its answer better, and what certainly does not."""

from datetime import UTC, date, datetime

import pytest

from service.domain.lots.changes import (
    LotFacts,
    why_end_softens,
    why_expiry_softens,
    why_not_so,
    why_start_softens,
)

EARLY, LATE = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("was", "becomes", "start", "end"),
    [
        (EARLY, LATE, True, True),
        (LATE, EARLY, False, False),
        (None, LATE, True, False),
        (LATE, None, False, True),
    ],
)
def test_a_life_is_made_shorter_at_its_start_and_longer_at_its_end_by_signature_only(
    was: datetime | None, becomes: datetime | None, start: bool, end: bool
) -> None:
    """A later start leaves out the hour at the bench; an end that is taken back frees what was used up."""
    assert (why_start_softens(was, becomes) is not None) is start
    assert (why_end_softens(was, becomes) is not None) is end


def test_a_label_is_read_as_good_for_longer_by_signature_only() -> None:
    """An expiry date that comes to be known, or is sooner, counts at once."""
    early, late = date(2026, 12, 31), date(2027, 12, 31)
    assert why_expiry_softens(early, late)
    assert why_expiry_softens(early, None)
    assert why_expiry_softens(late, early) is None
    assert why_expiry_softens(None, early) is None


def test_a_life_does_not_end_before_it_began() -> None:
    """Such a lot would have been kept for no time at all, and prove nothing."""
    assert why_not_so(LotFacts(LATE, EARLY, None, None))
    assert why_not_so(LotFacts(EARLY, LATE, None, None)) is None
    assert why_not_so(LotFacts(None, EARLY, None, None)) is None
