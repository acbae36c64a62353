"""What is known around lots that are not proven: the loggers of where they were, and papers that wait to be signed."""

from collections import defaultdict
from collections.abc import Collection

from service.domain.answers.ways import JudgingLogger, Place, Waiting
from service.domain.instant import from_datetime
from service.domain.softening import KINDS, Kind
from service.store.instants import or_end
from service.store.pool import Connection
from service.store.rows import tuples


def places(connection: Connection, container_ids: Collection[str]) -> dict[str, Place]:
    """These containers, and the loggers that judge them, by container id."""
    names = dict[str, str]()
    loggers: defaultdict[str, list[JudgingLogger]] = defaultdict(list)
    for container_id, name, logger_id, from_at, until_at in tuples(
        connection,
        "SELECT containers.id, name, logger_id, greatest(from_at, commissioned_at), until_at FROM containers "
        "LEFT JOIN attachments ON container_id = containers.id AND place <> 'ambient' AND commissioned_at IS NOT NULL "
        "LEFT JOIN series ON series.id = series_id WHERE containers.id = ANY(%s) ORDER BY from_at, logger_id",
        [list(container_ids)],
    ):
        names[container_id] = name
        if logger_id is not None:
            loggers[container_id].append(JudgingLogger(logger_id, from_datetime(from_at), or_end(until_at)))
    return {container_id: Place(name, tuple(loggers[container_id])) for container_id, name in names.items()}


# Of certificates and decisions the newest alone is worth a signature; of limits those that the lot is pinned to.
_WAITING_PAPERS = """
    WITH waiting AS MATERIALIZED (
        SELECT * FROM changes_to_sign
        WHERE freed_at IS NULL AND kind IN ('adoption', 'certificate', 'disposition')
    )
    SELECT lots.id, waiting.id, waiting.kind, row_id, waiting.recorded_by, signatures_needed - (
        SELECT count(*) FROM signatures WHERE record_kind = 'change' AND record_id = waiting.id::text)
    FROM waiting JOIN change_reaches AS reach ON change_id = waiting.id
    JOIN lots ON lots.id = reach.lot_id OR lots.product_id = reach.product_id
    WHERE lots.id = ANY(%s) AND CASE waiting.kind
        WHEN 'adoption' THEN EXISTS (
            SELECT FROM adoptions WHERE adoptions.change_id = waiting.id AND (adoptions.kind <> 'profile'
                OR (adoptions.profile_id, adoptions.profile_version) = (lots.profile_id, lots.profile_version)))
        WHEN 'certificate' THEN waiting.id = (
            SELECT certificates.change_id FROM certificates WHERE lot_id = lots.id ORDER BY version DESC LIMIT 1)
        ELSE EXISTS (
            SELECT FROM dispositions WHERE dispositions.change_id = waiting.id AND decision = 'released'
            AND id = (SELECT max(id) FROM dispositions WHERE lot_id = lots.id)
            AND NOT EXISTS (SELECT FROM release_lapses AS lapse
                WHERE lapse.disposition_id = dispositions.id AND lapse.lot_id = lots.id)) END
    ORDER BY waiting.id DESC
"""


def waiting_papers(connection: Connection, lot_ids: Collection[str]) -> dict[str, list[Waiting]]:
    """Papers of lots and of their products that wait for signatures, the newest first, by lot id."""
    found: defaultdict[str, list[Waiting]] = defaultdict(list)
    for lot_id, change_id, kind, row_id, by, signatures in tuples(connection, _WAITING_PAPERS, [list(lot_ids)]):
        what = f"{KINDS[Kind(kind)]} by {by}"
        found[lot_id].append(Waiting(change_id, kind, row_id, what, max(1, signatures)))
    return found
