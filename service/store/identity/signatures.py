"""Signatures as they are kept, and what the records they are bound to say now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.domain.identity.caller import Sites
from service.domain.identity.signing import Meaning, Signable, Signature
from service.store.paging import NEWEST_FIRST, WHOLE, Part, rows_of_part
from service.store.pool import Connection
from service.store.rows import all_rows, all_values, one_row, one_value
from service.store.visible import visible, visible_at


@dataclass(frozen=True, slots=True)
class NewSignature:
    """A signature about to be given; fields as in Signature."""

    record_kind: Signable
    record_id: str
    content: str
    meaning: Meaning
    account_id: int
    printed_name: str
    known_by: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class RecordNow:
    """A record that can be signed, as it is now.

    Attributes:
        content: what is signed; content_sha256: in hexadecimal.
        corrected_by: the correction that put something else in its place.
        site_id, time_zone: of the site whose record it is; UTC: it is no site's.
    """

    record_id: str
    content: str
    content_sha256: str
    corrected_by: int | None
    site_id: str | None
    time_zone: str


# A profile is signed as it is stored, one version at a time: `cryo-80/2`.
_RECORDS = {
    Signable.CHANGE: """
        SELECT changes_to_sign.id::text AS record_id, content, site_id,
            (SELECT superseded_by FROM (
                SELECT 'recorded_placements' AS held_in, id, superseded_by FROM recorded_placements
                UNION ALL SELECT 'recorded_attachments', id, superseded_by FROM recorded_attachments
                UNION ALL SELECT 'recorded_calibrations', id, superseded_by FROM recorded_calibrations
                UNION ALL SELECT 'recorded_clock_mends', id, superseded_by FROM recorded_clock_mends
                UNION ALL SELECT 'recorded_absences', id, superseded_by FROM recorded_absences
            ) AS recorded WHERE recorded.id = row_id AND held_in = CASE kind
                WHEN 'placement' THEN 'recorded_placements'
                WHEN 'attachment' THEN 'recorded_attachments'
                WHEN 'commissioning' THEN 'recorded_attachments'
                WHEN 'attachment_end' THEN 'recorded_attachments'
                WHEN 'calibration' THEN 'recorded_calibrations'
                WHEN 'clock_mend' THEN 'recorded_clock_mends'
                WHEN 'absence' THEN 'recorded_absences' END) AS corrected_by
        FROM changes_to_sign WHERE changes_to_sign.id::text = ANY(%s)
    """,
    Signable.PROFILE: """
        SELECT id || '/' || version AS record_id, document::text AS content, NULL AS site_id,
            NULL::bigint AS corrected_by
        FROM profiles WHERE id || '/' || version = ANY(%s)
    """,
}


def records_now(connection: Connection, kind: Signable, record_ids: Collection[str]) -> dict[str, RecordNow]:
    """What records say now, by id; one that is not there is absent."""
    rows = all_rows(
        connection,
        RecordNow,
        "SELECT record_id, content, encode(sha256(convert_to(content, 'UTF8')), 'hex') AS content_sha256, "
        f"corrected_by, site_id, coalesce(time_zone, 'UTC') AS time_zone FROM ({_RECORDS[kind]}) AS records "
        "LEFT JOIN sites ON sites.id = site_id",
        [list(record_ids)],
    )
    return {row.record_id: row for row in rows}


def _signature(record_kind: str, meaning: str, **row: Any) -> Signature:
    return Signature(record_kind=Signable(record_kind), meaning=Meaning(meaning), **row)


_COLUMNS = (
    "id, record_kind, record_id, content, encode(content_sha256, 'hex') AS content_sha256, meaning, account_id, "
    "printed_name, known_by, signed_at, time_zone"
)


def add_signature(connection: Connection, new: NewSignature) -> Signature:
    """Keep a signature, given now. Call it inside `acting`."""
    given = {name: getattr(new, name) for name in NewSignature.__slots__}
    kept = one_row(
        connection,
        _signature,
        "INSERT INTO signatures (record_kind, record_id, content, content_sha256, meaning, account_id, printed_name, "
        "known_by, time_zone) VALUES (%(record_kind)s, %(record_id)s, %(content)s, "
        "sha256(convert_to(%(content)s, 'UTF8')), %(meaning)s, %(account_id)s, %(printed_name)s, %(known_by)s, "
        f"%(time_zone)s) RETURNING {_COLUMNS}",
        given,
    )
    if kept is None:
        raise AssertionError("an INSERT gives its row")
    return kept


def signatures_of(connection: Connection, kind: Signable, record_ids: Collection[str]) -> list[Signature]:
    """The signatures of some records, in the order they were given."""
    return all_rows(
        connection,
        _signature,
        f"SELECT {_COLUMNS} FROM signatures WHERE record_kind = %s AND record_id = ANY(%s) ORDER BY id",
        [kind, list(record_ids)],
    )


def signers(connection: Connection, change_id: int) -> set[int]:
    """The accounts that have signed a change, by number."""
    return set(
        all_values(
            connection,
            "SELECT account_id FROM signatures WHERE record_kind = 'change' AND record_id = %s",
            [str(change_id)],
        )
    )


def signatures(
    connection: Connection,
    kind: Signable | None = None,
    record_id: str | None = None,
    part: Part = WHOLE,
    *,
    sites: Sites = None,
) -> list[Signature]:
    """Signatures, newest first. `sites`: those of records of these sites, and of what is no site's."""
    of_change = visible("change", "record_id::bigint", sites)
    return rows_of_part(
        connection,
        _signature,
        f"SELECT {_COLUMNS} FROM signatures WHERE (%(kind)s::text IS NULL OR record_kind = %(kind)s) "
        "AND (%(record)s::text IS NULL OR record_id = %(record)s) "
        f"AND CASE record_kind WHEN 'change' THEN {of_change} ELSE true END",
        {"kind": kind, "record": record_id, **visible_at(sites)},
        NEWEST_FIRST,
        part,
    )


def has_signed(connection: Connection, session_id: int) -> bool:
    """Whether something was signed in this session."""
    return one_value(connection, "SELECT signed_at IS NOT NULL FROM sessions WHERE id = %s", [session_id]) is True


def note_signing(connection: Connection, session_id: int, at: datetime) -> None:
    """Something is signed in this session, first at this time."""
    connection.execute("UPDATE sessions SET signed_at = coalesce(signed_at, %s) WHERE id = %s", [at, session_id])


def account_behind(connection: Connection, actor_id: str) -> int | None:
    """The account of an actor: its own, that of its key, or one that a link or the machine calls by its name."""
    kind, _, name = actor_id.partition(":")
    found: int | None = None
    if kind == "account" and name.isdecimal():
        found = int(name)
    elif kind == "key":
        found = one_value(connection, "SELECT account_id FROM api_keys WHERE prefix = %s", [name])
    elif kind in {"link", "machine"}:
        found = one_value(
            connection,
            "SELECT id FROM accounts WHERE lower(%(name)s) IN (login, lower(name)) "
            "ORDER BY login = lower(%(name)s) DESC LIMIT 1",
            {"name": name},
        )
    return found
