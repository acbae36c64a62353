"""Who answers for lots, and who did."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from service.domain.custody.custody import Custody, Held, How, carrier_text
from service.domain.custody.handover import Holding
from service.domain.instant import from_datetime
from service.store.instants import or_end
from service.store.new_rows import new_row
from service.store.paging import IN_TIME, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, columns, tuples, values

#: These lots and what they were split off, with until when that counts.
_FAMILY = (
    "SELECT id AS lot_id, id AS of_id, 'infinity'::timestamptz AS ends_at FROM unnest(%(lots)s::text[]) AS id "
    "UNION ALL SELECT lot_id, ancestor_id, until_at FROM lineage WHERE lot_id = ANY(%(lots)s)"
)

#: Whether a row of handovers waits for the word of its receiver.
WAITS = "handovers.from_id IS NOT NULL AND NOT EXISTS (SELECT FROM handover_steps WHERE handover_id = handovers.id)"


@dataclass(frozen=True, slots=True)
class CustodyLine:
    """Who answered for a lot, as it is told.

    Attributes:
        of_lot_id: the lot itself, or one that it was split off, up to the split.
        organisation_name: None: a carrier without account.
        given_by, taken_by: the printed names of who offered it and of who confirmed it; None: nobody did, or not yet.
    """

    id: str
    of_lot_id: str
    organisation_id: str | None
    organisation_name: str | None
    carrier: str | None
    waybill: str | None
    from_at: datetime
    until_at: datetime | None
    how: How
    handover_id: int | None
    given_by: str | None
    taken_by: str | None


def custody_lines(connection: Connection, lot_id: str, part: Part = WHOLE) -> list[CustodyLine]:
    """Who answered for a lot, in order of time; a part has its lot's custody up to the split."""
    return rows_of_part(
        connection,
        CustodyLine,
        f"""
        SELECT * FROM (
            SELECT custody.id, of_id AS of_lot_id, organisation_id, organisations.name AS organisation_name,
                custody.carrier, custody.waybill, custody.from_at,
                nullif(least(custody.until_at, family.ends_at), 'infinity') AS until_at, how, handover_id,
                CASE WHEN how IN ('handover', 'receipt') THEN handovers.recorded_by END AS given_by,
                CASE how WHEN 'began' THEN handovers.recorded_by ELSE (
                    SELECT recorded_by FROM handover_steps
                    WHERE handover_steps.handover_id = handovers.id AND outcome = 'confirmed') END AS taken_by
            FROM ({_FAMILY}) AS family JOIN custody ON custody.lot_id = of_id AND custody.from_at < family.ends_at
            LEFT JOIN organisations ON organisations.id = organisation_id
            LEFT JOIN handovers ON handovers.id = handover_id
        ) AS told WHERE true
        """,
        {"lots": [lot_id]},
        IN_TIME,
        part,
    )


def held(connection: Connection, lot_ids: Collection[str]) -> dict[str, list[Held]]:
    """By lot, when somebody answered for it, in order of time; lots for which nobody ever did are left out."""
    found: defaultdict[str, list[Held]] = defaultdict(list)
    for lot_id, from_at, until_at, name, carrier, waybill in tuples(
        connection,
        f"""
        SELECT family.lot_id, from_at, nullif(least(until_at, ends_at), 'infinity'), name, carrier, waybill
        FROM ({_FAMILY}) AS family JOIN custody ON custody.lot_id = of_id AND from_at < ends_at
        LEFT JOIN organisations ON organisations.id = organisation_id ORDER BY from_at
        """,
        {"lots": list(lot_ids)},
    ):
        by = name if carrier is None else carrier_text(carrier, waybill)
        found[lot_id].append(Held(from_datetime(from_at), or_end(until_at), by))
    return found


def holdings(connection: Connection, lot_ids: Collection[str]) -> list[Holding]:
    """Who answers for these lots now, by lot id."""
    return all_rows(
        connection,
        Holding,
        f"""
        SELECT lots.id AS lot_id, coalesce(organisation_id, given.from_id) AS side_id, custody.from_at AS since,
            given.id AS handover_id, (
                SELECT id FROM handovers WHERE lot_ids @> ARRAY[lots.id] AND {WAITS} ORDER BY id LIMIT 1) AS offered
        FROM lots LEFT JOIN custody ON lot_id = lots.id AND until_at IS NULL
        LEFT JOIN handovers AS given ON given.id = handover_id AND custody.carrier IS NOT NULL
        WHERE lots.id = ANY(%s) ORDER BY lots.id
        """,
        [list(lot_ids)],
    )


def custody_now(connection: Connection, lot_ids: Collection[str]) -> list[Custody]:
    """The rows of who answers for these lots now, by lot id."""
    query = f"SELECT {columns(Custody)} FROM custody WHERE lot_id = ANY(%s) AND until_at IS NULL ORDER BY lot_id"
    return all_rows(connection, Custody, query, [list(lot_ids)])


def add_custody(connection: Connection, new: Custody, overlaps: str) -> None:
    """Add a row of custody. `overlaps`: what to say where somebody else answers for the lot then.

    Raises:
        ConflictError: somebody does.
    """
    with new_row("custody", new.id, overlaps=overlaps), connection.transaction():
        connection.execute(f"INSERT INTO custody ({columns(Custody)}) VALUES ({values(Custody)})", asdict(new))


def hand_on(
    connection: Connection,
    lot_ids: Sequence[str],
    at: datetime,
    *,
    how: How,
    handover_id: int,
    organisation_id: str | None = None,
    carrier: str | None = None,
    waybill: str | None = None,
) -> None:
    """Whoever answers for these lots does until `at`; from then on another does: an organisation, or a carrier.

    Raises:
        ConflictError: somebody is recorded to have answered for one of them later.
    """
    overlaps = "somebody is recorded to have answered for a lot of it at that time; look at its custody"
    asked = {
        "lots": list(lot_ids),
        "at": at,
        "how": how,
        "handover": handover_id,
        "organisation": organisation_id,
        "carrier": carrier,
        "waybill": waybill,
    }
    with new_row("custody", str(handover_id), overlaps=overlaps), connection.transaction():
        connection.execute(
            "UPDATE custody SET until_at = %(at)s WHERE lot_id = ANY(%(lots)s) AND until_at IS NULL", asked
        )
        connection.execute(
            "INSERT INTO custody (id, lot_id, organisation_id, carrier, waybill, from_at, how, handover_id) "
            "SELECT 'handover-' || %(handover)s::bigint || '-' || %(how)s || "
            "CASE WHEN %(carrier)s::text IS NULL THEN '' ELSE '-carrier' END || '-' || number, "
            "lot_id, %(organisation)s, %(carrier)s, %(waybill)s, %(at)s, %(how)s, %(handover)s "
            "FROM unnest(%(lots)s::text[]) WITH ORDINALITY AS handed (lot_id, number)",
            asked,
        )


def hand_parts_on(connection: Connection, lot_id: str, split_at: datetime) -> None:
    """Whoever answered for a lot when parts were split off it answers for them, as long as for it."""
    connection.execute(
        "INSERT INTO custody (id, lot_id, organisation_id, carrier, waybill, from_at, until_at, how, handover_id) "
        "SELECT 'split-' || part.id, part.id, organisation_id, carrier, waybill, split_at, until_at, 'split', "
        "handover_id FROM lots AS part JOIN custody ON custody.lot_id = parent_id "
        "WHERE parent_id = %(lot)s AND split_at = %(at)s "
        "AND from_at <= split_at AND coalesce(until_at, 'infinity') > split_at "
        "AND NOT EXISTS (SELECT FROM custody AS its WHERE its.lot_id = part.id)",
        {"lot": lot_id, "at": split_at},
    )
