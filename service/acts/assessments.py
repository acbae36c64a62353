"""Quality's judgement of one stretch of time: it counts once another account has signed it, until it is struck."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime

from service.answers.excursions import excursions_of
from service.answers.judging import JudgedLot, judge_lots
from service.domain import spans
from service.domain.answers.assessable import times_of, why_not_assessed
from service.domain.answers.papers import Assessment, Finding
from service.domain.clocks import AsOf
from service.domain.identity.actor import Actor
from service.domain.instant import SECOND_US, from_datetime, rfc3339
from service.domain.lots.placements import Placement, whereabouts
from service.domain.softening import Kind
from service.domain.spans import Spans
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError, RefusedError
from service.store.acting import acting
from service.store.changes import note_change
from service.store.dirty import mark_lots
from service.store.documents import refuse_no_document
from service.store.lots import assessments as store
from service.store.lots.assessments import KeptAssessment, NewAssessment
from service.store.lots.lots import lot, lots_in_during
from service.store.lots.papers import load_assessments
from service.store.lots.placements import placements
from service.store.pool import Connection
from service.store.reaches import Touched, lots_touched
from service.store.registry.containers import container
from service.store.row_locks import lock_lots


def assess(connection: Connection, actor: Actor, new: NewAssessment, reason: str, now: datetime) -> KeptAssessment:
    """Have an assessment wait for its signature. Its stretch must be what it says, as the lots are judged now.

    Raises:
        NotFoundError: there is no such lot or container.
        RefusedError: more is accepted than the stretch lasts, or there is no such document.
        ConflictError: the stretch is not what is said, be it that a late upload has closed it since, or an assessment
            counts there already.
    """
    from_us, until_us = from_datetime(new.from_at), from_datetime(new.until_at)
    if until_us <= from_us:
        raise RefusedError("until", "a stretch ends after it begins; give a later time")
    with acting(connection, actor, reason):
        if new.document_sha256 is not None:
            refuse_no_document(connection, "document_sha256", new.document_sha256)
        lot_ids = _lots_of(connection, new)
        # Of two that assess the same time, the second finds the first.
        lock_lots(connection, lot_ids)
        judged = judge_lots(connection, lot_ids, AsOf(from_datetime(now)))
        times = _times(connection, new, judged, from_datetime(now))
        counting = _counting(connection, new, judged)
        accepted_us = round(new.accepted_s * SECOND_US)
        if refused := why_not_assessed(new.finding, from_us, until_us, accepted_us, times, counting):
            raise refused
        what = {**asdict(new), "from_at": rfc3339(new.from_at), "until_at": rfc3339(new.until_at)}
        touched = (
            Touched(lot_id=new.lot_id)
            if new.lot_id is not None
            else Touched(container_id=new.container_id, from_at=new.from_at, until_at=new.until_at)
        )
        row_id = f"{new.lot_id or new.container_id}/{rfc3339(new.from_at)}"
        change_id = note_change(connection, Kind.ASSESSMENT, row_id, {"assessment": what}, [touched], Cause.PAPERS)
        number = store.add_assessment(connection, new, change_id)
        return store.assessment(connection, number, lot_id=new.lot_id, container_id=new.container_id)


def strike(
    connection: Connection,
    actor: Actor,
    number: int,
    reason: str,
    *,
    lot_id: str | None = None,
    container_id: str | None = None,
) -> KeptAssessment:
    """An assessment of a lot, or of a container, counts no more, at once.

    Raises:
        NotFoundError: it has none of that number.
        ConflictError: it is struck already.
    """
    with acting(connection, actor, reason):
        known = store.assessment(connection, number, lot_id=lot_id, container_id=container_id)
        lot_ids = lots_touched(connection, [known.change_id])
        lock_lots(connection, lot_ids)
        known = store.assessment(connection, number, lot_id=lot_id, container_id=container_id)
        if known.struck_at is not None:
            raise ConflictError(f"assessment {number} was struck on {known.struck_at:%Y-%m-%d %H:%M} UTC; leave it so")
        store.strike_assessment(connection, number, reason)
        mark_lots(connection, lot_ids, Cause.PAPERS)
        return store.assessment(connection, number, lot_id=lot_id, container_id=container_id)


def strike_elsewhere(connection: Connection, lot_id: str, before: Sequence[Placement]) -> None:
    """Of a lot that is recorded elsewhere now, what was assessed there counts no more: its evidence was of that place.

    Call it inside the transaction of the act, with the lot locked. What is of all in a container needs no striking.

    Args:
        before: its placements before the act.
    """
    counting = [one for one in store.assessments(connection, lot_id=lot_id) if one.struck_at is None]
    now_there = placements(connection, lot_id) if counting else []
    for one in counting:
        stretch = one.from_at, one.until_at
        if whereabouts(before, *stretch) != whereabouts(now_there, *stretch):
            store.strike_assessment(connection, one.id, "the lot was recorded elsewhere during that time since")


@contextmanager
def striking_elsewhere(connection: Connection, lot_ids: Collection[str]) -> Iterator[None]:
    """Strike what was assessed of lots that are recorded elsewhere after this block than before it: what they lie in
    was elsewhere, or what they were split off.
    """
    before = store.assessed_places(connection, lot_ids) if lot_ids else {}
    yield
    after = store.assessed_places(connection, lot_ids) if before else {}
    for number, places in before.items():
        if after.get(number) != places:
            store.strike_assessment(connection, number, "the lot was recorded elsewhere during that time since")


def _lots_of(connection: Connection, new: NewAssessment) -> list[str]:
    if new.lot_id is not None:
        return [lot(connection, new.lot_id).id]
    place = container(connection, new.container_id or "")
    found = lots_in_during(connection, place.id, new.from_at, new.until_at)
    if not found:
        raise ConflictError(f"no lot was in {place.id!r} during that time: there is nothing to assess")
    return found


def _times(connection: Connection, new: NewAssessment, judged: Sequence[JudgedLot], now_us: int) -> Spans:
    """When it is so, of the lot; of a container: of any lot, while that was there."""
    if new.lot_id is None:
        return spans.union(
            *(
                spans.clip(times_of(one.judgement.exposure, new.finding), stay.from_us, stay.until_us)
                for one in judged
                for stay in one.lot.stays
                if stay.container_id == new.container_id
            )
        )
    [one] = judged
    shown = excursions_of(connection, one, now_us) if new.finding is Finding.EXCURSION else []
    # As they are shown, flutter joined.
    joined = spans.spans((x.from_us, x.until_us) for x in shown)
    return spans.union(times_of(one.judgement.exposure, new.finding), joined)


def _counting(connection: Connection, new: NewAssessment, judged: Sequence[JudgedLot]) -> list[Assessment]:
    """The assessments that count where this one shall: of the lot, be they of where it was, or of the container."""
    if new.lot_id is not None:
        return [x for one in judged for x in one.papers.assessments]
    known = load_assessments(connection, [], [new.container_id or ""])
    return known.there.get(new.container_id or "", [])
