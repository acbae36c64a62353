"""The verdict of lots at this moment, from what the evaluator stored: used to record it and to answer with it."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from service.answers.carried_in import begun_before, lost_by_a_run, no_less_than
from service.answers.papers import KeptPapers, kept_papers, papers_of
from service.answers.way_back import KeptAround, around, kept_around
from service.domain.answers.answer import Answer, Answered, answer
from service.domain.answers.papers import Papers
from service.domain.answers.way_back import way_back
from service.domain.answers.ways import Way
from service.domain.brought import MOST_ORIGINS, Brought, Resting, shares
from service.domain.clocks import CLOCKS_DISAGREE, AsOf, disagreement
from service.domain.exposure.carried import CarriedIn
from service.domain.exposure.container import Record
from service.domain.exposure.lot import expose
from service.domain.exposure.outlook import Outlook, outlook
from service.domain.exposure.uncalibrated import next_change_us, uncalibrated
from service.domain.exposure.uncounted import AttachedProbes, awaits_reading, uncounted
from service.domain.exposure.uncounted import next_change_us as next_attachment_us
from service.domain.instant import BEGINNING_US, SECOND_US, duration_text, from_datetime, to_datetime
from service.domain.lots.moves import UnconfirmedMove
from service.domain.profiles import Profile
from service.domain.severity import Severity
from service.domain.softening import NO_CHANGES, Change, Changes, signed_by_author, unsigned
from service.domain.spans import Spans
from service.domain.verdicts.causes import Cause
from service.domain.verdicts.verdict import Judgement, Verdict, judge
from service.errors import NotFoundError
from service.settings import Settings
from service.store.clocks import times
from service.store.exposure.records import Records, load_records
from service.store.lots.answers import behind_since
from service.store.lots.lives import LotLife, load_lives
from service.store.lots.moves import unconfirmed_moves
from service.store.pool import Connection, snapshot
from service.store.reaches import told_changes
from service.store.registry.attached_probes import attached_probes
from service.store.registry.attachments import AttachedLogger, loggers_without_range
from service.store.registry.calibrations import calibrated_spans
from service.store.registry.profiles import all_profiles
from service.store.series.origins import brought_to, origins

_LOOK_AGAIN_US = 60 * SECOND_US

#: Reasons that tell how long something has gone on, or what was heard last, or that hold only at the moment of asking.
_UNEVEN = frozenset({"uncalibrated", "probe_not_commissioned", "evaluator_behind", CLOCKS_DISAGREE})

#: What a lot is marked for once papers of it were recorded or signed, which leaves its containers as they are.
_OF_PAPERS = frozenset({Cause.PAPERS, Cause.SIGNED})

_NOTHING_WAITS: Mapping[str, int] = {}
_NOTHING_ATTACHED: AttachedProbes = {}


@dataclass(frozen=True, slots=True)
class JudgedLot:
    """A lot, its profile, verdict, papers and answer, until when these stand, and what of it was brought.

    Attributes:
        resting: on what that was brought most of it rests; resting_more: how many else there are.
        brought_us: so much of its life rests on all that was brought.
        way_back: if it is not proven, what would make it usable.
        touching: the changes that touch it.
    """

    lot: LotLife
    profile: Profile
    judgement: Judgement
    outlook: Outlook
    papers: Papers
    answered: Answered
    touching: Sequence[Change] = ()
    resting: tuple[Resting, ...] = ()
    resting_more: int = 0
    brought_us: int = 0
    way_back: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class _ByTime:
    """What is judged of a lot by temperature and time alone, papers aside."""

    carried: CarriedIn | None
    judgement: Judgement
    outlook: Outlook


def judge_lots(
    connection: Connection,
    lot_ids: Sequence[str],
    as_of: AsOf,
    *,
    behind_since_us: Mapping[str, int] = _NOTHING_WAITS,
) -> list[JudgedLot]:
    """Verdicts of lots as of now, in the order of their ids; unknown ids are left out.

    Args:
        behind_since_us: lots that something concerns which waits for the evaluator, and has for too long; since when.
    """
    if not lot_ids:
        return []
    profiles = all_profiles(connection)
    lots = load_lives(connection, lot_ids)
    container_ids = sorted({stay.container_id for lot in lots for stay in lot.stays})
    places = sorted({stay.container_id for lot in lots for stay in lot.places})
    records = load_records(connection, container_ids)
    calibrated = calibrated_spans(connection, container_ids)
    without_range = loggers_without_range(connection, container_ids)
    attached = attached_probes(connection, container_ids)
    papers = kept_papers(connection, lots)
    changes = told_changes(connection, lot_ids, places)
    brought = brought_to(connection, container_ids)
    unconfirmed = _unconfirmed(connection, lots)
    known: dict[Hashable, _ByTime] = {}
    judged = [
        judge_lot(
            lot,
            profiles[lot.profile_key],
            records,
            calibrated,
            without_range,
            as_of,
            attached=attached,
            behind_since_us=behind_since_us.get(lot.id),
            papers=papers,
            changes=changes,
            unconfirmed=unconfirmed.get(lot.id, ()),
            known=known,
        )
        for lot in lots
    ]
    kept = kept_around(connection, [one.lot for one in judged if one.answered.answer is Answer.NOT_PROVEN])
    return _with_origins(connection, [with_way_back(one, kept) for one in judged], brought)


def _unconfirmed(connection: Connection, lots: Sequence[LotLife]) -> dict[str, list[UnconfirmedMove]]:
    """By lot, the moves that nobody confirmed: its own, and those of what it was split off since."""
    told = unconfirmed_moves(
        connection, sorted({lot.id for lot in lots} | {one for lot in lots for one, _ in lot.split_off})
    )
    if not told:
        return {}
    return {
        lot.id: [
            *told.get(lot.id, ()),
            *(move for one, until_us in lot.split_off for move in told.get(one, ()) if move.moved_at_us < until_us),
        ]
        for lot in lots
    }


def _with_origins(connection: Connection, judged: list[JudgedLot], brought: Mapping[str, Brought]) -> list[JudgedLot]:
    if not brought:
        return judged
    found = [shares(one.judgement.exposure, brought) for one in judged]
    told = origins(connection, {number for one in found for number in one.origin_ids[:MOST_ORIGINS].tolist()})
    return [
        replace(
            one,
            resting=tuple(
                Resting(told[number], length_us)
                for number, length_us in zip(
                    its.origin_ids[:MOST_ORIGINS].tolist(), its.lengths_us[:MOST_ORIGINS].tolist(), strict=True
                )
            ),
            resting_more=max(0, len(its.origin_ids) - MOST_ORIGINS),
            brought_us=int(its.lengths_us.sum()),
        )
        for one, its in zip(judged, found, strict=True)
    ]


def with_way_back(judged: JudgedLot, kept: KeptAround) -> JudgedLot:
    """The same, with its way back, if it is not proven."""
    if judged.answered.answer is not Answer.NOT_PROVEN:
        return judged
    known = around(kept, judged.lot, judged.touching, judged.outlook.silent_after_us)
    return replace(judged, way_back=way_back(judged.judgement, judged.papers, judged.answered, known))


def judge_lot(
    lot: LotLife,
    profile: Profile,
    records: Records,
    calibrated: Mapping[str, Spans],
    without_range: Mapping[str, Sequence[AttachedLogger]],
    as_of: AsOf,
    *,
    papers: KeptPapers,
    attached: AttachedProbes = _NOTHING_ATTACHED,
    behind_since_us: int | None = None,
    changes: Changes = NO_CHANGES,
    unconfirmed: Sequence[UnconfirmedMove] = (),
    known: dict[Hashable, _ByTime] | None = None,
) -> JudgedLot:
    """The answer of a lot as of now; of records, calibrations, probes and changes those of where it was count.

    Args:
        known: what time alone made of the lots judged before it by the same: a thousand parts in one place are judged
            once.
    """
    by_time = None if known is None else known.get(key := _time_of(lot, behind_since_us))
    if by_time is None:
        by_time = _judged_by_time(
            lot, profile, records, calibrated, without_range, as_of, attached=attached, behind_since_us=behind_since_us
        )
        if known is not None:
            known[key] = by_time
    lot, judgement = replace(lot, carried=by_time.carried), by_time.judgement
    touching = changes.touching(lot.id, lot.life_from_us, lot.life_until_us, lot.places)
    its_papers = papers_of(
        papers,
        lot,
        judgement.exposure.gaps,
        unsigned=unsigned(touching),
        signed_by_author=signed_by_author(touching),
        unconfirmed=unconfirmed,
        now_us=as_of.now_us,
    )
    answered = answer(judgement, its_papers, as_of.now_us)
    edges = [by_time.outlook.good_until_us, answered.good_until_us]
    good_until_us = min((x for x in edges if x is not None), default=None)
    return JudgedLot(
        lot,
        profile,
        judgement,
        replace(by_time.outlook, good_until_us=good_until_us),
        its_papers,
        answered,
        touching,
    )


def _time_of(lot: LotLife, behind_since_us: int | None) -> Hashable:
    """All of a lot that its verdict rests on beside what is known of containers: equal for parts that lie together."""
    carried = lot.carried
    was_used = None if carried is None else (carried.until_us, carried.by, *sorted(carried.used_us.items()))
    return (
        lot.profile_key,
        lot.life_from_us,
        lot.life_until_us,
        lot.began_us,
        lot.stays,
        was_used,
        behind_since_us,
    )


def _judged_by_time(
    lot: LotLife,
    profile: Profile,
    records: Records,
    calibrated: Mapping[str, Spans],
    without_range: Mapping[str, Sequence[AttachedLogger]],
    as_of: AsOf,
    *,
    attached: AttachedProbes,
    behind_since_us: int | None,
) -> _ByTime:
    of_its_gap = {
        stay.container_id: records[stay.container_id, profile.max_gap_s]
        for stay in lot.stays
        if (stay.container_id, profile.max_gap_s) in records
    }
    before = begun_before(lot, of_its_gap, profile, as_of.now_us)
    carried = None if lot.carried is None else no_less_than(before, lot.carried)
    # Limits that nobody thought of when it was recorded may have been passed before.
    life_start_known = lot.life_from_us > BEGINNING_US and (carried is None or carried.unknown_of(profile) is None)
    # With the start unknown the verdict is "unproven" anyway; figures then count from the first placement.
    first_us = lot.stays[0].from_us if lot.stays else as_of.now_us
    course = (
        lot.life_from_us if lot.life_from_us > BEGINNING_US else first_us,
        lot.life_until_us,
        lot.stays,
        of_its_gap,
        profile,
    )
    exposure = expose(*course, now_us=as_of.now_us, carried_us={} if carried is None else carried.used_us)
    judgement = judge(
        exposure,
        profile,
        life_start_known=life_start_known,
        behind_since_us=behind_since_us,
        clocks=as_of.disagreement or _measured_later(of_its_gap, as_of),
        uncalibrated=uncalibrated(exposure, lot.stays, calibrated),
        without_range=_measured_by(lot, without_range),
        lost_before=lost_by_a_run(before),
        uncounted=uncounted(exposure, attached, as_of.now_us),
    )
    found = outlook(exposure, *course, now_us=as_of.now_us)
    edges = [found.good_until_us, next_change_us(lot.stays, calibrated, as_of.now_us)]
    if judgement.doubting:
        edges.append(next_attachment_us(exposure, attached, as_of.now_us))
    if as_of.disagreement is not None or awaits_reading(judgement.uncounted):
        # Clocks are put right by people, and readings that do not count mark no lot: it is looked at again soon.
        edges.append(as_of.now_us + _LOOK_AGAIN_US)
    return _ByTime(
        carried,
        judgement,
        replace(
            found,
            good_until_us=min((x for x in edges if x is not None), default=None),
            even=found.even and _UNEVEN.isdisjoint(judgement.reason_codes),
        ),
    )


def _measured_by(lot: LotLife, attached: Mapping[str, Sequence[AttachedLogger]]) -> list[str]:
    """Those of these loggers that were where the lot was, by id."""
    return sorted(
        {
            one.logger_id
            for stay in lot.stays
            for one in attached.get(stay.container_id, ())
            if max(one.from_us, stay.from_us, lot.life_from_us) < min(one.until_us, stay.until_us, lot.life_until_us)
        }
    )


def judge_now(connection: Connection, lot_ids: Sequence[str], settings: Settings, now: datetime) -> list[JudgedLot]:
    """Verdicts as an answer may rest on them: none says a lot is well while something that concerns it waits unseen."""
    # Spans of before a pass and the end of the measured time of after it would make a hot night a measured, cold one.
    with snapshot(connection):
        return _judged(connection, lot_ids, settings, now)


def judge_locked(connection: Connection, lot_id: str, settings: Settings, now: datetime) -> JudgedLot:
    """The verdict on a lot as an act may rest on it that has locked the lot: no pass that concerns it ends meanwhile.

    Papers are read as they are, so that the lot is not to be judged by them first.

    Raises:
        NotFoundError: there is no such lot.
    """
    found = judge_all_locked(connection, [lot_id], settings, now)
    if not found:
        raise NotFoundError(f"there is no lot {lot_id!r}; give the id of one that is registered")
    return found[0]


def judge_all_locked(
    connection: Connection, lot_ids: Sequence[str], settings: Settings, now: datetime
) -> list[JudgedLot]:
    """The same of several lots; unknown ids are left out."""
    return _judged(connection, lot_ids, settings, now, but=_OF_PAPERS)


def _judged(
    connection: Connection, lot_ids: Sequence[str], settings: Settings, now: datetime, but: Collection[Cause] = ()
) -> list[JudgedLot]:
    now_us, tolerance_us = from_datetime(now), settings.clock_tolerance_us
    recorded = times(connection)
    return judge_lots(
        connection,
        lot_ids,
        AsOf(
            now_us,
            disagreement(now_us, recorded, tolerance_us),
            believed_until_us=now_us + settings.ahead_s * SECOND_US + tolerance_us,
        ),
        behind_since_us=behind_since(connection, lot_ids, settings.evaluator_behind_s, but),
    )


def lost_since(connection: Connection, lot_ids: Sequence[str], settings: Settings, now: datetime) -> datetime | None:
    """Since when the last of these lots to go out of limits is, as it is told now; None: none is."""
    since_us = [
        reason.since_us
        for found in judge_now(connection, lot_ids, settings, now)
        if found.judgement.verdict is Verdict.NONVIABLE
        for reason in found.judgement.reasons
        if reason.severity is Severity.CRITICAL and reason.since_us is not None
    ]
    return to_datetime(max(since_us)) if since_us else None


def _measured_later(records: Mapping[str, Record], as_of: AsOf) -> str | None:
    """Where a container was measured later than can be."""
    for container_id, record in records.items():
        until_us = record.measured_until_us
        if until_us > as_of.believed_until_us:
            return f"readings of {container_id} are from {duration_text(until_us - as_of.now_us)} after now"
    return None
