"""Quality decides about a lot: what may be decided, by how many signatures, and what stands against a release."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from service.domain.answers.answer import Answered, answer
from service.domain.answers.papers import Decision, Disposition, Papers
from service.domain.verdicts.reasons import Reason
from service.domain.verdicts.verdict import Judgement

#: As many accounts sign the release of a lot that was rejected: nobody takes back a rejection alone.
SIGNATURES_AFTER_REJECTION = 2


class Standing(StrEnum):
    """What a decision is worth."""

    WAITS = "waits"
    IN_FORCE = "in_force"
    LAPSED = "lapsed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision about a lot, as it stands. `change_id`: the change that its signatures are of."""

    decision: Decision
    standing: Standing
    change_id: int


def standing(decision: Decision, *, signed: bool, lapsed: bool, followed: bool, followed_in_force: bool) -> Standing:
    """What a decision is worth.

    A release waits for its signatures, and lapses when a limit is passed, signed or not: what was decided of a lot
    within its limits says nothing of one that was beyond them. The other decisions count at once.

    Args:
        signed: it has all signatures that it needs.
        followed: something was decided of the lot later; followed_in_force: and counts.
    """
    if decision is Decision.RELEASED and lapsed:
        return Standing.LAPSED
    if followed_in_force:
        return Standing.ENDED
    if decision is not Decision.RELEASED or signed:
        return Standing.IN_FORCE
    # Who decides otherwise decides against a release that waits, too: it is never signed afterwards.
    return Standing.ENDED if followed else Standing.WAITS


def why_not_decided(decision: Decision, earlier: Sequence[Decided]) -> str | None:
    """Why this cannot be decided about a lot now; None: it can. `earlier`: what was decided before, newest first."""
    newest = earlier[0] if earlier else None
    in_force = _in_force(earlier)
    if newest is not None and newest.decision is decision and newest.standing is Standing.WAITS:
        return f"its release waits already: sign change {newest.change_id}"
    if newest is not None and newest.decision is decision and newest.standing is Standing.IN_FORCE:
        return f"it is {decision} already"
    if decision is Decision.QUARANTINED and in_force is Decision.REJECTED:
        return "it is rejected, which says more; only a release ends that"
    return None


def signatures_needed(decision: Decision, asked: int, earlier: Sequence[Decided]) -> int:
    """How many accounts sign a decision. `asked`: as many as the product asks for of a release."""
    if decision is not Decision.RELEASED:
        return 1
    return max(1, asked, SIGNATURES_AFTER_REJECTION if _in_force(earlier) is Decision.REJECTED else 1)


def if_released(judgement: Judgement, papers: Papers, now_us: int) -> Answered:
    """The answer as it would be if the lot were released now."""
    return answer(judgement, replace(papers, disposition=Disposition(Decision.RELEASED, "", "", now_us)), now_us)


def why_not_released(against: Sequence[Reason]) -> str | None:
    """Why a lot cannot be released; None: it can. `against`: what stands against its use but for a release."""
    if not against:
        return None
    texts = " ".join(reason.text for reason in against)
    return f"beside a release, this stands against its use: {texts} Mend that first, then release it"


def _in_force(earlier: Sequence[Decided]) -> Decision | None:
    return next((one.decision for one in earlier if one.standing is Standing.IN_FORCE), None)
