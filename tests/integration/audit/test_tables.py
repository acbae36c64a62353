"""Each table is of a class: what was measured and decided is never changed, only what is computed of it."""

from service.store.pool import Connection
from service.store.tables import ALL, PARTS, TABLES, VIEWS, Kind

_ITS_TRIGGERS = {"trail_of_inserts", "trail_of_updates", "trail_of_deletes", "stays_whole"}


def _names(connection: Connection, kind: str) -> set[str]:
    rows = connection.execute(
        "SELECT CASE relnamespace WHEN 'public'::regnamespace THEN '' ELSE 'next.' END || relname AS name "
        "FROM pg_class WHERE relkind = %s AND relnamespace IN ('public'::regnamespace, 'next'::regnamespace)",
        [kind],
    ).fetchall()
    return {row["name"] for row in rows}


def test_every_table_is_of_a_class(connection: Connection) -> None:
    """Nobody adds a table without saying whether its rows may ever change, and who writes them."""
    assert _names(connection, "r") == set(TABLES), "add the new table to service/store/tables.py, in its class"
    assert _names(connection, "v") == set(VIEWS), "add the new view to service/store/tables.py, with its table"


def test_every_table_that_people_write_keeps_a_trail(connection: Connection) -> None:
    """What somebody records cannot be recorded without saying who: a new table of that kind has its triggers too."""
    rows = connection.execute(
        "SELECT relname AS name, array_agg(tgname::text) AS triggers FROM pg_trigger JOIN pg_class ON "
        "pg_class.oid = tgrelid WHERE tgname = ANY(%s) GROUP BY relname",
        [list(_ITS_TRIGGERS)],
    ).fetchall()
    kept = {row["name"]: set(row["triggers"]) for row in rows}
    assert kept == {name: _ITS_TRIGGERS for name, table in TABLES.items() if table.trail}


def test_what_may_change_is_there(connection: Connection) -> None:
    """A column that may change is named as it is in the table."""
    rows = connection.execute(
        "SELECT attrelid::regclass::text AS name, array_agg(attname::text) AS columns FROM pg_attribute "
        "WHERE attnum > 0 AND NOT attisdropped AND attrelid = ANY(%s::regclass[]) GROUP BY 1",
        [list(TABLES)],
    ).fetchall()
    there = {row["name"]: {*row["columns"], ALL} for row in rows}
    for name, table in TABLES.items():
        assert {column for part in PARTS for column in table.columns(part)} <= there[name], name


def test_the_class_of_a_table_holds_for_every_part() -> None:
    """Evidence is only added; of a recorded fact only what closes it changes; nobody removes either."""
    for name, table in TABLES.items():
        parts = {*table.insert, *table.update, *table.delete, *table.truncate, *table.lock}
        assert parts <= set(PARTS) - {"backup"}, name
        if table.kind is not Kind.WORKING:
            assert not table.delete | table.truncate, name
            assert all(ALL not in table.columns(part) for part in PARTS), name
        if table.kind is Kind.EVIDENCE:
            assert not table.update, name
