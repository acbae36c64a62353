"""The papers of lots, put together as an answer is made of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from service.domain.answers.expiry import expires_us
from service.domain.answers.papers import Assessment, Papers
from service.domain.custody.custody import Held, holes
from service.domain.lots.moves import UnconfirmedMove
from service.domain.shipments.under_way import Voyage, awaiting_log
from service.domain.spans import Spans
from service.domain.verdicts.reasons import Reason
from service.store.custody.custody import held
from service.store.lots.lives import LotLife
from service.store.lots.papers import Assessments, LotPapers, load_assessments, load_papers, time_zones
from service.store.pool import Connection
from service.store.shipments.shipments import voyages


@dataclass(frozen=True, slots=True)
class KeptPapers:
    """What is kept of the papers of some lots. `zones`: by container, of where a lot with an expiry date was.

    Attributes:
        custody: by lot, when somebody answered for it.
    """

    of_lots: Mapping[str, LotPapers]
    assessments: Assessments
    zones: Mapping[str, str]
    voyages: Mapping[str, Sequence[Voyage]]
    custody: Mapping[str, Sequence[Held]]


def kept_papers(connection: Connection, lots: Sequence[LotLife]) -> KeptPapers:
    """What is kept of the papers of these lots."""
    lot_ids = [lot.id for lot in lots]
    container_ids = sorted({stay.container_id for lot in lots for stay in lot.stays})
    of_lots = load_papers(connection, lot_ids)
    expire = any(one.expires_on is not None for one in of_lots.values())
    return KeptPapers(
        of_lots,
        load_assessments(connection, lot_ids, container_ids),
        time_zones(connection, container_ids) if expire else {},
        voyages(connection, lot_ids),
        held(connection, lot_ids),
    )


def papers_of(
    kept: KeptPapers,
    lot: LotLife,
    gaps: Spans,
    *,
    unsigned: Reason | None,
    signed_by_author: Reason | None,
    unconfirmed: Sequence[UnconfirmedMove],
    now_us: int,
) -> Papers:
    """The papers of one lot as of now."""
    its = kept.of_lots[lot.id]
    return Papers(
        asked=its.asked,
        certificates=its.certificates,
        disposition=its.disposition,
        waiting=its.waiting,
        recall=its.recall,
        assessments=tuple(_assessments(kept.assessments, lot)),
        expires_on=its.expires_on,
        expired_us=None if its.expires_on is None else expires_us(its.expires_on, lot.stays, kept.zones),
        unsigned=unsigned,
        signed_by_author=signed_by_author,
        unconfirmed=unconfirmed,
        life_ended_us=None if lot.life_until_us == lot.split_up_us else _passed(lot.life_until_us, now_us),
        split_up_us=None if lot.split_up_us is None else _passed(lot.split_up_us, now_us),
        carried=lot.carried,
        under_way=awaiting_log(kept.voyages.get(lot.id, ()), gaps, now_us),
        custody_holes=holes(
            kept.custody.get(lot.id, ()), lot.began_us, lot.life_until_us, now_us, required=its.asked.custody
        ),
    )


def _passed(at_us: int, now_us: int) -> int | None:
    return at_us if at_us <= now_us else None


def _assessments(kept: Assessments, lot: LotLife) -> list[Assessment]:
    """Those of the lot, and those of where it was, as far as it was there."""
    found = list(kept.of_lots.get(lot.id, ()))
    for stay in lot.stays:
        for one in kept.there.get(stay.container_id, ()):
            from_us, until_us = max(one.from_us, stay.from_us), min(one.until_us, stay.until_us)
            if from_us < until_us:
                found.append(replace(one, from_us=from_us, until_us=until_us))
    return found
