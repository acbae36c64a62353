"""The tables whose rows people write, held against the audit trail: what was changed past it leaves no line there."""

from dataclasses import dataclass

from psycopg import sql

from service.store.pool import Connection
from service.store.rows import all_rows, all_values

#: What each such table has (``keep_trail`` in the migrations).
_TRIGGERS = frozenset({"trail_of_inserts", "trail_of_updates", "trail_of_deletes", "stays_whole"})


@dataclass(frozen=True, slots=True)
class KeptTable:
    """A table with a trail.

    Attributes:
        of_all: the rows of parts of the service have lines, too.
        key: the columns of the key. no_act: those whose change is no act.
    """

    name: str
    of_all: bool
    key: tuple[str, ...]
    no_act: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptTables:
    """All there are, and those that should have a trail, and have none, or one that is switched off."""

    whole: tuple[KeptTable, ...]
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Trigger:
    table_name: str
    name: str
    enabled: bool
    arguments: bytes


def kept_tables(connection: Connection) -> KeptTables:
    """The tables with a trail, as the database has them, and as the trail knows them."""
    found: dict[str, dict[str, _Trigger]] = {}
    for one in all_rows(
        connection,
        _Trigger,
        "SELECT relname AS table_name, tgname AS name, tgenabled IN ('O', 'A') AS enabled, tgargs AS arguments "
        "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE relnamespace = 'public'::regnamespace AND tgname = ANY(%s)",
        [sorted(_TRIGGERS)],
    ):
        found.setdefault(one.table_name, {})[one.name] = one
    known = all_values(
        connection,
        "SELECT DISTINCT table_name FROM audit_trail "
        "WHERE to_regclass('public.' || quote_ident(table_name)) IS NOT NULL",
    )
    for name in known:
        found.setdefault(name, {})
    whole, broken = [], []
    for name, triggers in sorted(found.items()):
        if triggers.keys() == _TRIGGERS and all(one.enabled for one in triggers.values()):
            whose, *columns = triggers["trail_of_updates"].arguments.decode().split("\0")[:-1]
            no_act = tuple(one[1:] for one in columns if one.startswith("-"))
            key = tuple(one for one in columns if not one.startswith("-"))
            whole.append(KeptTable(name, whose == "everybody", key, no_act))
        else:
            broken.append(name)
    return KeptTables(tuple(whole), tuple(broken))


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what its newest line says. `was`: changed, added or removed, past the trail."""

    table_name: str
    row_key: str
    was: str


def differences(connection: Connection, table: KeptTable, most: int) -> list[Difference]:
    """Rows of a table that are not what the trail says of them: at most `most`, and those removed come last.

    A column that was not there yet when a line was written is as it may be.
    """
    name = sql.Identifier(table.name)
    parameters = {"table": table.name, "key": list(table.key), "no_act": list(table.no_act), "most": most}
    now_otherwise = sql.SQL(
        "SELECT %(table)s AS table_name, kept.row_key, "
        "CASE WHEN line.new IS NULL THEN 'added' ELSE 'changed' END AS was "
        "FROM (SELECT there, to_jsonb(there) AS whole, trail_key(to_jsonb(there), %(key)s) AS row_key "
        "FROM {name} AS there OFFSET 0) AS kept "
        "LEFT JOIN LATERAL (SELECT id, new FROM audit_trail WHERE table_name = %(table)s "
        "AND row_key = kept.row_key ORDER BY id DESC LIMIT 1) AS line ON true "
        "WHERE CASE WHEN line.id IS NULL THEN {of_all} WHEN line.new IS NULL THEN true "
        "ELSE to_jsonb(jsonb_populate_record(kept.there, line.new::jsonb - %(no_act)s::text[])) <> kept.whole END "
        "LIMIT %(most)s"
    ).format(name=name, of_all=sql.Literal(table.of_all))
    gone = sql.SQL(
        "SELECT %(table)s AS table_name, newest.row_key, 'removed' AS was "
        "FROM (SELECT DISTINCT ON (row_key) row_key, new IS NOT NULL AS is_there FROM audit_trail "
        "WHERE table_name = %(table)s ORDER BY row_key, id DESC) AS newest WHERE is_there "
        "AND NOT EXISTS (SELECT FROM {name} AS there "
        "WHERE trail_key(to_jsonb(there), %(key)s) = newest.row_key) LIMIT %(most)s"
    ).format(name=name)
    found = all_rows(connection, Difference, now_otherwise.as_string(connection), parameters)
    return (found + all_rows(connection, Difference, gone.as_string(connection), parameters))[:most]
