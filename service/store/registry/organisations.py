"""Organisations: whose sites are, and who answers for lots."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Literal

from service.domain.identity.caller import Sites
from service.errors import RefusedError
from service.store.new_rows import new_row
from service.store.paging import BY_ID, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_values, columns, found, one_row, values
from service.store.visible import visible, visible_at

Kind = Literal["maker", "clinic", "carrier", "other"]


@dataclass(frozen=True, slots=True)
class Organisation:
    """A maker, a clinic, a carrier or another. `retired_at`: since when nothing new is recorded of it."""

    id: str
    name: str
    kind: Kind
    retired_at: datetime | None = None


_SELECT = f"SELECT {columns(Organisation)} FROM organisations "


def insert_organisation(connection: Connection, new: Organisation) -> None:
    """Register an organisation.

    Raises:
        ConflictError: the id is taken.
    """
    with new_row("organisation", new.id):
        connection.execute(
            f"INSERT INTO organisations ({columns(Organisation)}) VALUES ({values(Organisation)})", asdict(new)
        )


def update_organisation(connection: Connection, becomes: Organisation) -> None:
    """Its name, its kind, and whether it is retired, are what this says from now on."""
    connection.execute(
        "UPDATE organisations SET name = %(name)s, kind = %(kind)s, retired_at = %(retired_at)s WHERE id = %(id)s",
        asdict(becomes),
    )


def organisation(connection: Connection, organisation_id: str) -> Organisation:
    """One organisation.

    Raises:
        NotFoundError: there is none of that id.
    """
    row = one_row(connection, Organisation, _SELECT + "WHERE id = %s", [organisation_id])
    return found(row, "organisation", organisation_id)


def organisation_named(connection: Connection, organisation_id: str, field: str = "organisation_id") -> Organisation:
    """An organisation in use that something else names, in this field.

    Raises:
        RefusedError: there is none of that id, or it is retired.
    """
    row = one_row(connection, Organisation, _SELECT + "WHERE id = %s", [organisation_id])
    if row is None:
        raise RefusedError(field, f"there is no organisation {organisation_id!r}; register it first")
    if row.retired_at is not None:
        since = f"{row.retired_at:%Y-%m-%d %H:%M} UTC"
        raise RefusedError(field, f"organisation {organisation_id!r} is retired, since {since}; name another")
    return row


def organisations(
    connection: Connection, part: Part = WHOLE, seen_at: Sites = None, *, retired: bool = True
) -> list[Organisation]:
    """Organisations, by id. `retired`: those, too."""
    condition = "true" if retired else "retired_at IS NULL"
    query = f"{_SELECT} WHERE {visible('organisation', 'organisations.id', seen_at)} AND {condition}"
    return rows_of_part(connection, Organisation, query, visible_at(seen_at), BY_ID, part)


def uses_of_organisation(connection: Connection, organisation_id: str) -> list[str]:
    """What an organisation has in hand, in words: sites in use, and lots that it answers for."""
    return all_values(
        connection,
        "SELECT 'site ' || quote_literal(id) FROM sites WHERE organisation_id = %(id)s AND retired_at IS NULL "
        "UNION ALL SELECT 'lot ' || quote_literal(lot_id) FROM custody WHERE organisation_id = %(id)s "
        "AND until_at IS NULL UNION ALL SELECT 'handover ' || handovers.id FROM handovers "
        "WHERE %(id)s IN (from_id, to_id) AND from_id IS NOT NULL "
        "AND NOT EXISTS (SELECT FROM handover_steps WHERE handover_id = handovers.id)",
        {"id": organisation_id},
    )
