"""What a lot had used of its limits before our readings begin: recorded, it counts, and waits for a signature."""

from service.acts.parts import refuse_part
from service.domain.identity.actor import Actor
from service.domain.instant import rfc3339
from service.domain.lots.carrying_in import why_not_carried_in
from service.domain.softening import Kind
from service.domain.verdicts.causes import Cause
from service.store.acting import acting
from service.store.changes import note_change
from service.store.documents import refuse_no_document
from service.store.lots.carried_in import KeptCarriedIn, NewCarriedIn, add_carried_in, carried_in_of, used_document
from service.store.lots.lots import lot
from service.store.pool import Connection
from service.store.reaches import Touched
from service.store.registry.profiles import profile_in_version
from service.store.row_locks import lock_lots


def carry_in(connection: Connection, actor: Actor, new: NewCarriedIn, reason: str) -> KeptCarriedIn:
    """Record what a lot had used. Until another account of quality signs it, the lot is not proven.

    Raises:
        NotFoundError: there is no such lot.
        RefusedError: it does not say it of each limit the lot is judged by, or of a time outside its life.
    """
    with acting(connection, actor, reason):
        lock_lots(connection, [new.lot_id])
        known = lot(connection, new.lot_id)
        refuse_part(connection, new.lot_id, "what it had used before")
        profile = profile_in_version(connection, (known.profile_id, known.profile_version))
        if refused := why_not_carried_in(new.until_at, new.used, profile, known.life_starts_at, known.life_ends_at):
            raise refused
        if new.document_sha256 is not None:
            refuse_no_document(connection, "document_sha256", new.document_sha256)
        what = {
            "lot_id": new.lot_id,
            "lot_number": known.lot_number,
            "until": rfc3339(new.until_at),
            "used": used_document(new.used),
            "evidence": new.evidence,
            "document_sha256": new.document_sha256,
        }
        row_id = f"{new.lot_id}/{rfc3339(new.until_at)}"
        touched = [Touched(lot_id=new.lot_id)]
        change_id = note_change(connection, Kind.CARRIED_IN, row_id, {"carried_in": what}, touched, Cause.PAPERS)
        return carried_in_of(connection, add_carried_in(connection, new, change_id))
