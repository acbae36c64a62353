"""Morning checks as they were recorded: only added, never changed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from service.domain.checks.seen import Seen
from service.domain.identity.caller import Sites
from service.store.new_rows import new_row
from service.store.paging import NEWEST_FIRST, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, found, one_row, one_value
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class Check:
    """A morning check of a site: what was seen of [from_at, until_at), and what whoever saw it did about it."""

    id: int
    site_id: str
    from_at: datetime
    until_at: datetime
    seen: Seen
    comment: str
    recorded_at: datetime
    recorded_by: str


def _check(*, seen: Mapping[str, Any], **row: Any) -> Check:
    return Check(seen=msgspec.convert(seen, Seen), **row)


_CHECK = "SELECT id, site_id, from_at, until_at, seen, comment, recorded_at, recorded_by FROM checks "


def add_check(
    connection: Connection, site_id: str, from_at: datetime, until_at: datetime, seen: Seen, comment: str
) -> int:
    """Record what was seen, and give the check's id.

    Raises:
        ConflictError: another check of the site begins where this one does: somebody was quicker.
    """
    quicker = f"somebody else has just recorded the check of site {site_id!r}; look again, from then on"
    with new_row("check", site_id, taken={"checks_follow": quicker}, site_id=site_id):
        return int(
            one_value(
                connection,
                "INSERT INTO checks (site_id, from_at, until_at, seen, asks, comment) VALUES (%s, %s, %s, %s, %s, %s) "
                "RETURNING id",
                [site_id, from_at, until_at, Jsonb(msgspec.to_builtins(seen)), seen.asks, comment],
            )
        )


def check(connection: Connection, check_id: int) -> Check:
    """One check.

    Raises:
        NotFoundError: there is none of that id.
    """
    return found(one_row(connection, _check, _CHECK + "WHERE id = %s", [check_id]), "check", check_id)


def checks(
    connection: Connection,
    part: Part,
    seen_at: Sites = None,
    *,
    site_id: str | None = None,
    from_at: datetime | None = None,
    until_at: datetime | None = None,
) -> list[Check]:
    """Checks, newest first; those of one site, and made in [from_at, until_at), if asked."""
    query = (
        f"{_CHECK} WHERE {visible('site', 'checks.site_id', seen_at)} "
        "AND (%(site)s::text IS NULL OR site_id = %(site)s) "
        "AND (%(from)s::timestamptz IS NULL OR until_at >= %(from)s) "
        "AND (%(until)s::timestamptz IS NULL OR until_at < %(until)s)"
    )
    asked = {"site": site_id, "from": from_at, "until": until_at, **visible_at(seen_at)}
    return rows_of_part(connection, _check, query, asked, NEWEST_FIRST, part)


@dataclass(frozen=True, slots=True)
class Looked:
    """When somebody looked at a site, and who."""

    site_id: str
    first_at: datetime
    until_at: datetime
    recorded_by: str


def last_looks(connection: Connection, site_ids: Sequence[str]) -> dict[str, Looked]:
    """The last check of each of these sites, by id, and when its first was; one without any is absent."""
    rows = all_rows(
        connection,
        Looked,
        "SELECT site.id AS site_id, first.until_at AS first_at, last.until_at, last.recorded_by "
        "FROM unnest(%s::text[]) AS site (id) CROSS JOIN LATERAL ("
        "SELECT until_at, recorded_by FROM checks WHERE site_id = site.id ORDER BY until_at DESC, id DESC LIMIT 1"
        ") AS last CROSS JOIN LATERAL ("
        "SELECT until_at FROM checks WHERE site_id = site.id ORDER BY until_at LIMIT 1) AS first",
        [list(site_ids)],
    )
    return {row.site_id: row for row in rows}
