"""What a page says of a lot: pure, from what is stored of it and the judgement on it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service.answers.documents import VERDICT_TEXTS
from service.answers.listing import Told
from service.domain.answers.answer import Answer, Answered
from service.domain.instant import from_datetime
from service.domain.verdicts.verdict import Judgement, Verdict
from service.store.lots.lots import Lot
from service.web.lots.budgets import Budget, budgets, budgets_of
from service.web.words import Moment, ago, moment

#: The one thing a clinician reads.
ANSWER_TEXTS = {
    Answer.DO_NOT_USE: "Do not use",
    Answer.NOT_PROVEN: "Not proven — do not use yet",
    Answer.USABLE: "May be used",
}

#: The same in few words, where there is little room.
SHORT_TEXTS = {**ANSWER_TEXTS, Answer.NOT_PROVEN: "Not proven"}

#: What to do with a lot that may not be used. Never "discard": late readings can bring it back.
ADVICE = "Keep it cold, set it apart, tell quality."


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


def lot_view(lot: Lot, judgement: Judgement, answered: Answered, sites: Mapping[str, str], now: datetime) -> LotView:
    """What is shown of one lot.

    Args:
        sites: names of the sites, by id.
    """
    reason = answered.reasons[0]
    main = _Main(answered.answer, judgement.verdict, reason.code, reason.text, reason.since_us)
    return _view(lot, main, budgets(judgement), sites, now)


def listed_view(told: Told, sites: Mapping[str, str], now: datetime) -> LotView:
    """The same of a lot in a list."""
    main = _Main(told.answer, told.verdict, told.reason_code, told.reason, told.since_us)
    return _view(told.lot, main, budgets_of(told.limits, told.reason_codes), sites, now)


@dataclass(frozen=True, slots=True)
class _Main:
    """An answer, and the main reason for it."""

    answer: Answer
    verdict: Verdict
    code: str
    reason: str
    since_us: int | None


def _view(lot: Lot, main: _Main, left: tuple[Budget, ...], sites: Mapping[str, str], now: datetime) -> LotView:
    since_us, since_text = _since(lot, main)
    if since_us is not None:
        since_text += f" ({ago(since_us, now)})"
    return LotView(
        id=lot.id,
        lot_number=lot.lot_number,
        product=lot.product_name,
        where=_where(lot, sites, now),
        answer=main.answer.value,
        answer_text=ANSWER_TEXTS[main.answer],
        verdict=main.verdict.value,
        verdict_text=VERDICT_TEXTS[main.verdict],
        reason=main.reason,
        since=None if since_us is None else moment(since_us),
        since_text=since_text,
        advice="" if main.answer is Answer.USABLE else ADVICE,
        budgets=left,
    )


def _since(lot: Lot, main: _Main) -> tuple[int | None, str]:
    """Since when the main reason holds, and what to write after that time."""
    if main.code == "within_limits" and lot.life_starts_at is not None:
        return from_datetime(lot.life_starts_at), ", the start of its life"
    return main.since_us, ""


def _where(lot: Lot, sites: Mapping[str, str], now: datetime) -> str:
    ended = lot.life_ends_at
    if ended is not None and ended <= now:
        return f"Its life ended {moment(ended).text}"
    if lot.split_up_at is not None:
        return "In its parts"
    if lot.container_id is None:
        return "Recorded in no container"
    return f"{lot.container_name}, {sites.get(lot.site_id or '', lot.site_id)}"
