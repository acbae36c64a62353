"""What quality decides about a lot: released once it is signed; quarantined or rejected at once."""

from datetime import datetime

from service.answers.documents import status_document
from service.answers.judging import JudgedLot, judge_locked
from service.domain.answers.deciding import Decided, if_released, signatures_needed, why_not_decided, why_not_released
from service.domain.answers.papers import Decision
from service.domain.identity.actor import Actor
from service.domain.instant import from_datetime
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.errors import ConflictError
from service.settings import Settings
from service.store.acting import acting
from service.store.changes import ChangeToSign, note_change
from service.store.lots.dispositions import KeptDisposition, add_disposition, disposition_of_change, dispositions
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.row_locks import lock_lots


def decide(
    connection: Connection,
    actor: Actor,
    lot_id: str,
    decision: Decision,
    reason: str,
    settings: Settings,
    now: datetime,
) -> KeptDisposition:
    """Decide about a lot, as it is now. Its signatures are of the decision with all that was told of the lot then.

    Raises:
        NotFoundError: there is no such lot.
        ConflictError: it is so decided already, or something else than a release stands against its use.
    """
    with acting(connection, actor, reason):
        registered = lot(connection, lot_id)
        lock_lots(connection, [lot_id])
        earlier = [Decided(x.decision, x.standing, x.change_id) for x in dispositions(connection, lot_id)]
        if why := why_not_decided(decision, earlier):
            raise ConflictError(f"lot {lot_id!r} cannot be {decision}: {why}")
        judged = judge_locked(connection, lot_id, settings, now)
        if decision is Decision.RELEASED:
            _refuse_release(judged, now)
        status = status_document(judged, now)
        what = {
            "decision": decision,
            "lot_id": lot_id,
            "lot_number": registered.lot_number,
            "product_id": registered.product_id,
            "status": status,
        }
        needed = signatures_needed(decision, judged.papers.asked.release_signatures, earlier)
        change_id = note_change(
            connection,
            Kind.DISPOSITION,
            f"{lot_id}/{decision}",
            what,
            [Touched(lot_id=lot_id)],
            Cause.PAPERS,
            signatures_needed=needed,
        )
        add_disposition(connection, lot_id, decision, reason, status, change_id)
        return disposition_of_change(connection, change_id)


def signatures_now(connection: Connection, change: ChangeToSign, settings: Settings, now: datetime) -> int:
    """As many accounts sign a decision, asked while its lot is locked and somebody signs it.

    Raises:
        ConflictError: it is a release of a lot that cannot be released any more.
    """
    decided = disposition_of_change(connection, change.id)
    if decided.decision is not Decision.RELEASED:
        return change.signatures_needed
    judged = judge_locked(connection, decided.lot_id, settings, now)
    _refuse_release(judged, now)
    # It may have been asked for by fewer signatures than its product asks for now.
    return max(change.signatures_needed, judged.papers.asked.release_signatures)


def _refuse_release(judged: JudgedLot, now: datetime) -> None:
    against = if_released(judged.judgement, judged.papers, from_datetime(now)).against
    if why := why_not_released(against):
        raise ConflictError(f"lot {judged.lot.id!r} cannot be released: {why}")
