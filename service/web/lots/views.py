"""What a page says of a lot: pure, from what is stored of it and the judgement on it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from service.answers.documents import VERDICT_TEXTS
from service.answers.judging import JudgedLot
from service.domain.instant import from_datetime
from service.domain.verdicts.verdict import Answer, Judgement, Verdict
from service.store.lots.lots import Lot
from service.web.lots.budgets import Budget, budgets
from service.web.words import Moment, ago, moment

#: The one thing a clinician reads.
ANSWER_TEXTS = {
    Answer.DO_NOT_USE: "Do not use",
    Answer.NOT_PROVEN: "Not proven — do not use yet",
    Answer.USABLE: "May be used",
}

_SHORT_TEXTS = {**ANSWER_TEXTS, Answer.NOT_PROVEN: "Not proven"}

#: What to do with a lot that may not be used. Never "discard": late readings can bring it back.
ADVICE = "Keep it cold, set it apart, tell quality."

_WORST_FIRST = (Verdict.NONVIABLE, Verdict.UNPROVEN, Verdict.AT_RISK, Verdict.VIABLE)


@dataclass(frozen=True, slots=True)
class LotView:
    """One lot as it is shown; `answer` and `verdict` are the names styles go by."""

    id: str
    lot_number: str
    product: str
    where: str
    answer: str
    answer_text: str
    verdict: str
    verdict_text: str
    reason: str
    since: Moment | None
    since_text: str
    advice: str
    budgets: tuple[Budget, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A link that shows only the lots with one answer; `answer` is empty for all."""

    answer: str
    text: str
    count: int


def lot_view(lot: Lot, judgement: Judgement, sites: Mapping[str, str], now: datetime) -> LotView:
    """What is shown of one lot.

    Args:
        sites: names of the sites, by id.
    """
    since_us, since_text = _since(lot, judgement)
    if since_us is not None:
        since_text += f" ({ago(since_us, now)})"
    return LotView(
        id=lot.id,
        lot_number=lot.lot_number,
        product=lot.product_name,
        where=_where(lot, sites, now),
        answer=judgement.answer.value,
        answer_text=ANSWER_TEXTS[judgement.answer],
        verdict=judgement.verdict.value,
        verdict_text=VERDICT_TEXTS[judgement.verdict],
        reason=judgement.reasons[0].text,
        since=None if since_us is None else moment(since_us),
        since_text=since_text,
        advice="" if judgement.answer is Answer.USABLE else ADVICE,
        budgets=budgets(judgement),
    )


def _since(lot: Lot, judgement: Judgement) -> tuple[int | None, str]:
    """Since when the main reason holds, and what to write after that time."""
    reason = judgement.reasons[0]
    if reason.code == "within_limits" and lot.life_starts_at is not None:
        return from_datetime(lot.life_starts_at), ", the start of its life"
    return reason.since_us, ""


def _where(lot: Lot, sites: Mapping[str, str], now: datetime) -> str:
    ended = lot.life_ends_at
    if ended is not None and ended <= now:
        return f"Its life ended {moment(ended).text}"
    if lot.container_id is None:
        return "Recorded in no container"
    return f"{lot.container_name}, {sites.get(lot.site_id or '', lot.site_id)}"


def worst_first(judged: Iterable[JudgedLot]) -> list[JudgedLot]:
    """What calls for somebody on top; within one verdict by id, as a shelf list is."""
    return sorted(judged, key=lambda found: (_WORST_FIRST.index(found.judgement.verdict), found.lot.id))


def choices(judgements: Iterable[Judgement]) -> list[Choice]:
    """How many lots have which answer; first of all, how many there are."""
    counted = Counter(judgement.answer for judgement in judgements)
    answers = [Choice(answer.value, text, counted[answer]) for answer, text in _SHORT_TEXTS.items()]
    return [Choice("", "All lots", counted.total()), *answers]


def behind_since(judgements: Iterable[Judgement]) -> Moment | None:
    """Since when readings wait for the evaluator, if that is why there is no good answer."""
    waiting = (reason for judgement in judgements for reason in judgement.reasons if reason.code == "evaluator_behind")
    first = next(waiting, None)
    return None if first is None or first.since_us is None else moment(first.since_us)
