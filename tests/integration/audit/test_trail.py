"""Who recorded what: the database demands it, and keeps it."""

import psycopg
import pytest

from service.domain.identity.actor import Actor, part
from service.store.acting import acting
from service.store.pool import Connection, connect

KELLER = Actor("account:keller", "A. Keller", "password")

_ADD_SITE = "INSERT INTO sites (id, name, time_zone) VALUES (%s, 'Basel', 'Europe/Zurich')"


def _trail(connection: Connection, table: str) -> list[tuple[object, ...]]:
    rows = connection.execute(
        "SELECT actor, actor_name, operation, row_key, old->>'name' AS old, new->>'name' AS new, reason "
        "FROM audit_trail WHERE table_name = %s ORDER BY id",
        [table],
    ).fetchall()
    return [tuple(row.values()) for row in rows]


def test_nobody_records_a_freezer_anonymously(database_url: str) -> None:
    """What people record is refused where nobody acts, and the words say so."""
    with connect(database_url, application="nobody") as connection:
        with pytest.raises(psycopg.DatabaseError, match="nobody acts"):
            connection.execute(_ADD_SITE, ["basel"])
        assert connection.execute("SELECT FROM sites").fetchall() == []


def test_each_change_is_kept_with_who_made_it_and_why(database_url: str) -> None:
    """Old and new values stay with the actor, the operation, the key and the reason."""
    with connect(database_url, application="somebody") as connection:
        with acting(connection, KELLER):
            connection.execute(_ADD_SITE, ["basel"])
        with acting(connection, KELLER, "it moved"):
            connection.execute("UPDATE sites SET name = 'Bern'")
        with acting(connection, KELLER):
            connection.execute("DELETE FROM sites")
        assert _trail(connection, "sites") == [
            ("account:keller", "A. Keller", "insert", "basel", None, "Basel", None),
            ("account:keller", "A. Keller", "update", "basel", "Basel", "Bern", "it moved"),
            ("account:keller", "A. Keller", "delete", "basel", "Bern", None, None),
        ]


def test_who_acts_ends_with_the_act(database_url: str) -> None:
    """A connection that goes back to its pool acts for nobody."""
    with connect(database_url, application="somebody") as connection:
        with acting(connection, KELLER):
            pass
        with pytest.raises(psycopg.DatabaseError, match="nobody acts"):
            connection.execute(_ADD_SITE, ["basel"])


def test_a_thousand_rows_of_one_statement_are_a_thousand_lines(connection: Connection) -> None:
    """Bulk acts stay bulk, and each row is accounted for."""
    connection.execute(
        "INSERT INTO sites (id, name, time_zone) SELECT n::text, n::text, 'UTC' FROM generate_series(1, 1000) AS n"
    )
    connection.execute("UPDATE sites SET name = 'x' WHERE id::integer > 400")
    counted = connection.execute(
        "SELECT operation, count(*) AS lines FROM audit_trail WHERE table_name = 'sites' GROUP BY 1 ORDER BY 1"
    ).fetchall()
    assert [(row["operation"], row["lines"]) for row in counted] == [("insert", 1000), ("update", 600)]


def test_what_changes_nothing_is_no_act(connection: Connection) -> None:
    """A statement that leaves a row as it was leaves no line."""
    connection.execute(_ADD_SITE, ["basel"])
    connection.execute("UPDATE sites SET name = name")
    assert len(_trail(connection, "sites")) == 1


def test_what_a_logger_says_of_itself_is_no_act(database_url: str) -> None:
    """Ingest hears of loggers, and writes no trail; what a person says of one is an act."""
    with connect(database_url, application="ingest", actor=part("ingest")) as connection:
        connection.execute("INSERT INTO loggers (id, online) VALUES ('l', true)")
        assert _trail(connection, "loggers") == []
        with acting(connection, KELLER):
            connection.execute("UPDATE loggers SET online = false")
            connection.execute("UPDATE loggers SET range_min_c = -90")
        assert [row[:3] for row in _trail(connection, "loggers")] == [("account:keller", "A. Keller", "update")]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_trail SET actor = 'x'", "DELETE FROM audit_trail", "TRUNCATE audit_trail"]
)
def test_the_trail_is_not_rewritten(connection: Connection, statement: str) -> None:
    """Not even whoever owns the table changes a line of it in passing."""
    connection.execute(_ADD_SITE, ["basel"])
    with pytest.raises(psycopg.DatabaseError, match="evidence"):
        connection.execute(statement)


def test_nobody_empties_a_table_unseen(connection: Connection) -> None:
    """TRUNCATE would leave no line of the rows that went."""
    with pytest.raises(psycopg.DatabaseError, match="evidence"):
        connection.execute("TRUNCATE csv_mappings")
