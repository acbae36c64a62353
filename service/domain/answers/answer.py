"""The answer a clinician reads: of the judgement on a lot, and its papers (docs/answers.md).

Worst first: `do_not_use` if any one thing forbids it; `not_proven` if any one thing is missing; `usable` if neither.
Deny by default: what is not known is missing.
"""

from dataclasses import dataclass
from enum import StrEnum

from service.domain.answers import paper_reasons
from service.domain.answers.assessing import Assessed, assess
from service.domain.answers.papers import Papers
from service.domain.verdicts.reasons import REASON_CODES, Reason
from service.domain.verdicts.verdict import Judgement

#: Every reason code that an answer may have, and what it says.
ANSWER_CODES = {**paper_reasons.PAPER_CODES, **REASON_CODES}


class Answer(StrEnum):
    """The one thing a clinician reads."""

    USABLE = "usable"
    NOT_PROVEN = "not_proven"
    DO_NOT_USE = "do_not_use"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer with all that explains it.

    Attributes:
        reasons: all of them, worst first.
        against: those of them that stand against its use; none: it may be used.
        good_until_us: until then time alone changes nothing that papers say of it; None: for ever.
        assessed: what is left of the doubts about its temperature once quality's assessments count.
    """

    answer: Answer
    reasons: tuple[Reason, ...]
    against: tuple[Reason, ...]
    good_until_us: int | None
    assessed: Assessed

    @property
    def reason_codes(self) -> list[str]:
        """The codes of the reasons, each once, in a fixed order: with the answer, what history tells changes of."""
        return sorted({reason.code for reason in self.reasons})


def answer(judgement: Judgement, papers: Papers, now_us: int) -> Answered:
    """The answer as of `now_us`, and why."""
    assessed = assess(judgement, papers.assessments, now_us)
    forbids = [*paper_reasons.forbidding(papers, now_us), *judgement.condemning]
    lacks = [*assessed.doubts, *paper_reasons.lacking(papers)]
    notes = [*judgement.warning, *judgement.notes, *assessed.notes, *paper_reasons.noted(papers)]
    may_be_used = not (forbids or lacks)
    found = Answer.DO_NOT_USE if forbids else Answer.USABLE if may_be_used else Answer.NOT_PROVEN
    if lacks and not forbids:
        notes += paper_reasons.suspended(papers)
    edges = [assessed.good_until_us, papers.expired_us]
    return Answered(
        found,
        (*forbids, *lacks, *notes),
        (*forbids, *lacks),
        min((at_us for at_us in edges if at_us is not None and at_us > now_us), default=None),
        assessed,
    )
