"""Answers as they are stored, and given as long as they stand: the status of a lot without judging it."""

from datetime import datetime

from service.answers.documents import instant, status_document
from service.answers.judging import JudgedLot, judge_now
from service.domain.answers.standing import RULES, Document, LotState, why_stale
from service.domain.instant import SECOND_US, from_datetime, rfc3339
from service.errors import NotFoundError
from service.settings import Settings
from service.store.lots.answers import asked
from service.store.pool import Connection


def state_of(judged: JudgedLot, as_of: datetime) -> LotState:
    """A lot's answer, to be stored."""
    judgement, outlook = judged.judgement, judged.outlook
    return LotState(
        lot_id=judged.lot.id,
        verdict=judgement.verdict.value,
        answer=judged.answered.answer.value,
        reason_codes=judged.answered.reason_codes,
        verdict_codes=judgement.reason_codes,
        document=status_document(judged, as_of),
        judged_us=from_datetime(as_of),
        good_until_us=outlook.good_until_us,
        rules=RULES,
        max_gap_s=judged.profile.max_gap_s,
        measured_in=outlook.measured_in,
        awaited=outlook.awaited or None,
        even=outlook.even,
        grows_from_us=outlook.grows_from_us,
    )


def status_now(connection: Connection, lot_id: str, settings: Settings, now: datetime) -> Document:
    """The status of a lot as of now: what is stored, as long as it stands, or judged anew.

    Raises:
        NotFoundError: there is no such lot.
    """
    found = asked(connection, lot_id, settings.evaluator_behind_s)
    if found is not None:
        stale = why_stale(
            found.state,
            found.meanwhile,
            from_datetime(now),
            tolerance_us=settings.clock_tolerance_us,
            ahead_us=settings.ahead_s * SECOND_US,
        )
        if stale is None:
            return carried(found.state, found.meanwhile.measured_until_us, now)
    judged = judge_now(connection, [lot_id], settings, now)
    if not judged:
        raise NotFoundError(f"there is no lot {lot_id!r}; give the id of one that is registered")
    return status_document(judged[0], now)


def carried(state: LotState, measured_until_us: int | None, now: datetime) -> Document:
    """A stored status as of now: the life goes on, in range but for what no reading has told of yet.

    Args:
        measured_until_us: until when the lot's container is measured now; None: the lot's life does not grow.
    """
    document = {
        **state.document,
        "as_of": rfc3339(now),
        "good_until": instant(_good_until_us(state, measured_until_us)),
    }
    if state.grows_from_us is not None and measured_until_us is not None:
        known_us = max(measured_until_us, state.grows_from_us)
        document["parts"] = _grown(document["parts"], from_datetime(now), state.judged_us, known_us)
    return document


def _good_until_us(state: LotState, measured_until_us: int | None) -> int | None:
    """Until when time alone changes nothing: a silence that becomes a gap does."""
    found = [] if state.good_until_us is None else [state.good_until_us]
    if state.measured_in is not None and measured_until_us is not None:
        found.append(measured_until_us + state.max_gap_s * SECOND_US + 1)
    return min(found, default=None)


def _grown(parts: Document, now_us: int, judged_us: int, known_us: int) -> Document:
    # Whole microseconds, so that no sum of seconds differs in its last digit from the same one judged anew.
    parts_us = {name: round(length_s * SECOND_US) for name, length_s in parts.items()}
    grown_us, pending_us = now_us - judged_us, max(0, now_us - known_us)
    parts_us["life_s"] += grown_us
    parts_us["in_range_s"] += grown_us - (pending_us - parts_us["pending_s"])
    parts_us["pending_s"] = pending_us
    return {name: length_us / SECOND_US for name, length_us in parts_us.items()}
