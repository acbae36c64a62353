"""Handovers: what was offered to whom, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.domain.custody.handover import Offer, OfOrganisations, Outcome, State, Waiting
from service.domain.identity.caller import Sites
from service.store.custody.custody import WAITS
from service.store.identity.signatures import account_behind
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, found, one_row, one_value, tuples
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Handover:
    """Lots offered by one organisation to another.

    Attributes:
        container_id: in which they were when it was offered, all of them; None: one lot by itself.
        from_id: None: nobody answered for them before, and it counts at once.
        account: the login of who alone may confirm it; None: whoever acts for the receiver.
        state: what became of it; ended_at, ended_by: when, and by whom it was said.
    """

    id: int
    lot_ids: list[str]
    container_id: str | None
    from_id: str | None
    from_name: str | None
    to_id: str
    to_name: str
    account: str | None
    carrier: str | None
    waybill: str | None
    offered_at: datetime
    recorded_by: str
    recorded_at: datetime
    state: State
    ended_at: datetime | None
    ended_by: str | None
    reason: str | None


_SELECT = """
    SELECT handovers.id, lot_ids, container_id, from_id, giver.name AS from_name, to_id, receiver.name AS to_name,
        accounts.login AS account, carrier, waybill, offered_at, handovers.recorded_by, handovers.recorded_at,
        coalesce(step.outcome, CASE WHEN from_id IS NULL THEN 'confirmed' ELSE 'offered' END) AS state,
        step.at AS ended_at, step.recorded_by AS ended_by, step.reason
    FROM handovers JOIN organisations AS receiver ON receiver.id = to_id
    LEFT JOIN organisations AS giver ON giver.id = from_id LEFT JOIN accounts ON accounts.id = account_id
    LEFT JOIN LATERAL (
        SELECT * FROM handover_steps WHERE handover_id = handovers.id
        ORDER BY array_position(ARRAY['confirmed', 'withdrawn', 'refused'], outcome) LIMIT 1
    ) AS step ON true
"""


def handovers(
    connection: Connection, part: Part, seen_at: Sites = None, *, waiting: bool = False, lot_id: str | None = None
) -> list[Handover]:
    """Handovers, newest first.

    Args:
        waiting: those that nobody confirmed, refused or withdrew.
        lot_id: of this lot.
    """
    conditions = [visible("handover", "asked.id", seen_at)]
    inner = [WAITS if waiting else "true", "true" if lot_id is None else "lot_ids @> ARRAY[%(lot)s::text]"]
    query = f"SELECT * FROM ({_SELECT} WHERE {' AND '.join(inner)}) AS asked WHERE {' AND '.join(conditions)}"
    return rows_of_part(connection, Handover, query, {"lot": lot_id, **visible_at(seen_at)}, NEWEST_FIRST, part)


def handover(connection: Connection, handover_id: int) -> Handover:
    """One of them.

    Raises:
        NotFoundError: there is none of this number.
    """
    row = one_row(connection, Handover, _SELECT + "WHERE handovers.id = %s", [handover_id])
    return found(row, "handover", handover_id)


def add_handover(
    connection: Connection,
    lot_ids: Sequence[str],
    offer: Offer,
    *,
    from_id: str | None,
    container_id: str | None,
    account_id: int | None,
) -> int:
    """Keep an offer; returns its number."""
    added: int = one_value(
        connection,
        "INSERT INTO handovers (lot_ids, container_id, from_id, to_id, account_id, carrier, waybill, offered_at) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s, %s) RETURNING id",
        [
            list(lot_ids),
            container_id,
            from_id,
            offer.to_id,
            account_id,
            offer.carrier,
            offer.waybill,
            offer.at,
        ],
    )
    return added


def waiting_handover(connection: Connection, handover_id: int, moved: str | None = None) -> Waiting:
    """What is to be known of a handover that somebody ends. `moved`: a lot of it that is held by another now."""
    [row] = tuples(
        connection,
        "SELECT from_id, to_id, carrier, offered_at, account_id, offered_by, "
        "ARRAY(SELECT outcome FROM handover_steps WHERE handover_id = handovers.id) FROM handovers WHERE id = %s",
        [handover_id],
    )
    from_id, to_id, carrier, offered_at, account_id, offered_by, steps = row
    author_id = account_behind(connection, offered_by)
    return Waiting(handover_id, from_id, to_id, carrier, offered_at, account_id, author_id, steps, moved)


def add_step(
    connection: Connection, handover_id: int, outcome: Outcome, at: datetime, reason: str | None = None
) -> None:
    """Say what became of a handover."""
    connection.execute(
        "INSERT INTO handover_steps (handover_id, outcome, at, reason) VALUES (%s, %s, %s, %s)",
        [handover_id, outcome, at, reason],
    )


def organisations_of(connection: Connection, sites: Sites) -> OfOrganisations:
    """In whose name somebody acts who may act at these sites; None: in that of any."""
    if sites is None:
        return None
    return frozenset(
        all_values(
            connection,
            "SELECT DISTINCT organisation_id FROM sites WHERE id = ANY(%s) AND organisation_id IS NOT NULL",
            [sorted(sites)],
        )
    )


@dataclass(frozen=True, slots=True)
class Confirmer:
    """An account in use that may confirm what is handed to an organisation."""

    id: int
    login: str


def confirmers(connection: Connection, organisation_id: str) -> list[Confirmer]:
    """Who may confirm what is handed to an organisation: custodians and quality at one of its sites, or at all."""
    return all_rows(
        connection,
        Confirmer,
        "SELECT DISTINCT accounts.id, login FROM accounts JOIN grants ON account_id = accounts.id "
        "LEFT JOIN sites ON sites.id = site_id WHERE deactivated_at IS NULL AND revoked_at IS NULL "
        "AND role IN ('custodian', 'quality') AND (site_id IS NULL OR organisation_id = %s) ORDER BY login",
        [organisation_id],
    )
