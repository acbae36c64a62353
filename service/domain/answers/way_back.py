"""The way back of a lot that is not proven: what would make it usable, cheapest first, and what no longer can."""

from dataclasses import replace

from service.domain.answers import paper_reasons
from service.domain.answers.answer import Answer, Answered
from service.domain.answers.paper_ways import paper_ways, service_ways
from service.domain.answers.papers import Finding, Papers
from service.domain.answers.time_ways import time_ways
from service.domain.answers.ways import Action, Around, Way
from service.domain.verdicts.reasons import WHY_UNMEASURED
from service.domain.verdicts.verdict import Judgement

_CHEAPEST_FIRST = list(Action)

#: With these something else begins to wait: a signature, or a first reading; or another lot is asked for.
_ONLY_BEGIN = frozenset(
    {
        Action.CHOOSE_PART,
        Action.ENTER_ITEM,
        Action.ENTER_CERTIFICATE,
        Action.COMMISSION,
        Action.ATTACH,
        Action.RECORD_PLACEMENT,
        Action.RECORD_CUSTODY,
    }
)


def way_back(judgement: Judgement, papers: Papers, answered: Answered, around: Around) -> tuple[Way, ...]:
    """What would make a lot usable that is not proven, cheapest first; of any other there is nothing to say.

    Of ways that end the same reasons one does; all reasons are to be ended.
    """
    if answered.answer is not Answer.NOT_PROVEN:
        return ()
    lacks = {reason.code for reason in (*answered.assessed.doubts, *paper_reasons.lacking(papers))}
    assessments = [one for one in papers.assessments if one.finding is not Finding.EXCURSION]
    found = (
        *service_ways(lacks),
        *paper_ways(lacks, papers, around),
        *time_ways(lacks, judgement, assessments, around),
    )
    ways = [replace(way, enough=_is_enough(way, lacks)) for way in found]
    return tuple(sorted(ways, key=lambda way: (not way.helps, _CHEAPEST_FIRST.index(way.action))))


def _is_enough(way: Way, lacks: set[str]) -> bool:
    # What only tells why time was not measured goes with the doubt about that time.
    return way.helps and way.action not in _ONLY_BEGIN and lacks - WHY_UNMEASURED <= way.ends
