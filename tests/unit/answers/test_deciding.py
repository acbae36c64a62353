"""What quality may decide about a lot, and what each decision is worth."""

import pytest

from service.domain.answers.deciding import (
    Decided,
    Standing,
    signatures_needed,
    standing,
    why_not_decided,
    why_not_released,
)
from service.domain.answers.papers import Decision
from service.domain.answers.recalling import why_not_lifted, why_not_recalled
from service.domain.severity import Severity
from service.domain.verdicts.reasons import Reason

RELEASED, QUARANTINED, REJECTED = Decision.RELEASED, Decision.QUARANTINED, Decision.REJECTED
WAITS, IN_FORCE, LAPSED, ENDED = Standing.WAITS, Standing.IN_FORCE, Standing.LAPSED, Standing.ENDED


@pytest.mark.parametrize(
    ("decision", "signed", "lapsed", "followed", "in_force", "found"),
    [
        (RELEASED, False, False, False, False, WAITS),
        (RELEASED, True, False, False, False, IN_FORCE),
        # Another release was asked for after this one counted, and waits.
        (RELEASED, True, False, True, False, IN_FORCE),
        # It was quarantined while its release waited: no signature that comes later frees it.
        (RELEASED, False, False, True, True, ENDED),
        (RELEASED, False, False, True, False, ENDED),
        (RELEASED, True, False, True, True, ENDED),
        (RELEASED, True, True, False, False, LAPSED),
        (RELEASED, False, True, False, False, LAPSED),
        (QUARANTINED, False, False, False, False, IN_FORCE),
        (QUARANTINED, False, False, True, False, IN_FORCE),
        (REJECTED, True, False, True, True, ENDED),
    ],
)
def test_what_a_decision_is_worth(
    decision: Decision, signed: bool, lapsed: bool, followed: bool, in_force: bool, found: Standing
) -> None:
    """What is worse counts at once; a release once it is signed, and until a limit is passed or it is ended."""
    is_worth = standing(decision, signed=signed, lapsed=lapsed, followed=followed, followed_in_force=in_force)
    assert is_worth is found


@pytest.mark.parametrize(
    ("decision", "earlier", "why"),
    [
        (RELEASED, [], None),
        (RELEASED, [(RELEASED, WAITS)], "waits already: sign change 7"),
        (RELEASED, [(RELEASED, IN_FORCE)], "released already"),
        (RELEASED, [(RELEASED, LAPSED)], None),
        (RELEASED, [(REJECTED, IN_FORCE)], None),
        (QUARANTINED, [(RELEASED, IN_FORCE)], None),
        (QUARANTINED, [(QUARANTINED, IN_FORCE)], "quarantined already"),
        # Set apart again, so that the release that waits is void.
        (QUARANTINED, [(RELEASED, WAITS), (QUARANTINED, IN_FORCE)], None),
        # To set a rejected lot apart would make of two signatures one.
        (QUARANTINED, [(REJECTED, IN_FORCE)], "rejected, which says more"),
        (QUARANTINED, [(RELEASED, WAITS), (REJECTED, IN_FORCE)], "rejected, which says more"),
        (REJECTED, [(RELEASED, WAITS), (REJECTED, IN_FORCE)], None),
        (REJECTED, [(QUARANTINED, IN_FORCE)], None),
        (REJECTED, [(REJECTED, IN_FORCE)], "rejected already"),
    ],
)
def test_what_can_be_decided(decision: Decision, earlier: list[tuple[Decision, Standing]], why: str | None) -> None:
    """Nobody decides the same twice, and a rejection ends by a release alone."""
    found = why_not_decided(decision, [Decided(*one, 7) for one in earlier])
    assert (found is None) if why is None else why in (found or "")


@pytest.mark.parametrize(
    ("decision", "asked", "earlier", "needed"),
    [
        (RELEASED, 0, [], 1),
        (RELEASED, 2, [], 2),
        (RELEASED, 1, [(QUARANTINED, IN_FORCE)], 1),
        (RELEASED, 1, [(RELEASED, LAPSED), (REJECTED, IN_FORCE)], 2),
        (RELEASED, 1, [(RELEASED, LAPSED), (REJECTED, ENDED)], 1),
        (QUARANTINED, 2, [], 1),
    ],
)
def test_how_many_sign(decision: Decision, asked: int, earlier: list[tuple[Decision, Standing]], needed: int) -> None:
    """As many as the product asks for, and two where a lot was rejected: nobody takes that back alone."""
    assert signatures_needed(decision, asked, [Decided(*one, 7) for one in earlier]) == needed


def test_why_a_lot_is_not_released_names_the_worst_first() -> None:
    """Whoever wants to release it reads what to mend."""
    against = [Reason("recalled", "It is recalled.", Severity.CRITICAL), Reason("gap", "6 h.", Severity.CRITICAL)]
    assert why_not_released([]) is None
    assert "its use: It is recalled. 6 h. Mend that" in (why_not_released(against) or "")


def test_a_recall_counts_once_and_ends_once() -> None:
    """A second recall of a recalled lot, and a second end of a recall, say where the first one is."""
    assert why_not_recalled(None) is None
    assert "recall 3 counts" in (why_not_recalled(3) or "")
    assert why_not_lifted(None, lifted=False) is None
    assert "sign change 9" in (why_not_lifted(9, lifted=False) or "")
    assert "lifted already" in (why_not_lifted(9, lifted=True) or "")
