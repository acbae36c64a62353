"""Lots as lists tell of them: the answer that is stored of each, as far as it still stands. Nothing is judged."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from service.domain.answers.answer import Answer
from service.domain.answers.standing import Document
from service.domain.clocks import CLOCKS_DISAGREE, disagreement
from service.domain.exposure.figures import LimitFigures
from service.domain.instant import SECOND_US, from_datetime
from service.domain.profiles import Direction, Effect, Limit
from service.domain.verdicts.reasons import REASON_CODES
from service.domain.verdicts.verdict import Verdict
from service.settings import Settings
from service.store.clocks import times
from service.store.lots.listing import AsOf, Chosen, ListedLot, count_lots, lots_listed
from service.store.paging import Part
from service.store.pool import Connection


@dataclass(frozen=True, slots=True)
class Told:
    """What a list tells of a lot: its answer, the first reason for it, and its figures as of when it was judged.

    Attributes:
        reason_codes: of all reasons there are.
    """

    lot: ListedLot
    answer: Answer
    verdict: Verdict
    reason_code: str
    reason: str
    since_us: int | None
    limits: tuple[LimitFigures, ...]
    reason_codes: tuple[str, ...]

    @property
    def rank(self) -> int:
        """With its id, its place in the list."""
        return self.lot.rank

    @property
    def lot_id(self) -> str:
        """Its id."""
        return self.lot.id


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lots there are, and how many have each answer and verdict."""

    lots: int
    answers: dict[Answer, int]
    verdicts: dict[Verdict, int]


def told_lots(connection: Connection, chosen: Chosen, part: Part, settings: Settings, now: datetime) -> list[Told]:
    """A part of the lots that are asked for, worst first."""
    as_of = as_of_now(connection, settings, now)
    return [told(row, as_of) for row in lots_listed(connection, chosen, as_of, part)]


def counted_lots(connection: Connection, chosen: Chosen, settings: Settings, now: datetime) -> Counts:
    """How many lots of those that are asked for have which answer and verdict; zeroes included."""
    answers: Counter[Answer] = Counter(dict.fromkeys(Answer, 0))
    verdicts: Counter[Verdict] = Counter(dict.fromkeys(Verdict, 0))
    for found in count_lots(connection, chosen, as_of_now(connection, settings, now)):
        answers[Answer(found.answer)] += found.lots
        verdicts[Verdict(found.verdict)] += found.lots
    return Counts(answers.total(), dict(answers), dict(verdicts))


def as_of_now(connection: Connection, settings: Settings, now: datetime) -> AsOf:
    """By what a list tells whether stored answers stand."""
    now_us = from_datetime(now)
    tolerance_us = settings.clock_tolerance_us
    doubted = disagreement(now_us, times(connection), tolerance_us) is not None
    believed_until_us = now_us + settings.ahead_s * SECOND_US + tolerance_us
    return AsOf(now_us, believed_until_us, settings.evaluator_behind_s, doubted)


def told(row: ListedLot, as_of: AsOf) -> Told:
    """What a list tells of one row."""
    code, reason, since_us = _first_reason(row, as_of)
    return Told(
        lot=row,
        answer=Answer(row.answer),
        verdict=Verdict(row.verdict),
        reason_code=code,
        reason=reason,
        since_us=since_us,
        limits=tuple(_limit(figures) for figures in row.limits or ()),
        reason_codes=(code, *(one["code"] for one in row.reasons or ())),
    )


def _first_reason(row: ListedLot, as_of: AsOf) -> tuple[str, str, int | None]:
    if row.reasons is None:
        return "evaluator_behind", "It is registered, and not evaluated yet: no good answer is given.", None
    if row.withdrawn:
        # The reasons stored are those of the answer before.
        code = CLOCKS_DISAGREE if as_of.doubted else "evaluator_behind"
        return code, REASON_CODES[code], None
    first = row.reasons[0]
    since = first["since"]
    return first["code"], first["text"], None if since is None else from_datetime(datetime.fromisoformat(since))


def _limit(figures: Document) -> LimitFigures:
    """The figures of a limit, from a status that told them."""
    limit = Limit(
        Direction(figures["direction"]),
        figures["threshold_c"],
        Effect(figures["effect"]),
        figures["budget_s"],
        figures["single_s"],
    )
    return LimitFigures(
        limit=limit,
        certain_us=_us(figures["certain_s"]),
        possible_us=_us(figures["possible_s"]),
        longest_certain_us=_us(figures["longest_certain_s"]),
        longest_possible_us=_us(figures["longest_possible_s"]),
        remaining_us=None if figures["remaining_s"] is None else _us(figures["remaining_s"]),
        exceeded_at_us=(
            None if figures["exceeded_at"] is None else from_datetime(datetime.fromisoformat(figures["exceeded_at"]))
        ),
    )


def _us(seconds: float) -> int:
    return round(seconds * SECOND_US)
