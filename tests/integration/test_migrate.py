"""The schema, on a real TimescaleDB."""

import pytest

from service.domain.profiles import BUILT_IN
from service.store import migrate as module
from service.store.migrate import MigrationError, migrate, migrations, statements
from service.store.pool import Connection
from service.store.profiles import all_profiles


def test_readings_are_a_hypertable(connection: Connection) -> None:
    """Ten years of readings are kept in chunks of time."""
    rows = connection.execute("SELECT hypertable_name FROM timescaledb_information.hypertables").fetchall()
    assert [row["hypertable_name"] for row in rows] == ["readings"]


def test_migrating_again_changes_nothing(connection: Connection) -> None:
    """Every process may migrate at its start."""
    assert migrate(connection) == []


def test_built_in_profiles_survive_storage_unchanged(connection: Connection) -> None:
    """A lot is judged by exactly the figures that are written down."""
    assert set(all_profiles(connection).values()) == set(BUILT_IN)


def test_a_changed_migration_is_refused(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A schema that differs from what was applied is not silently accepted."""
    name, text = migrations()[0]
    monkeypatch.setattr(module, "migrations", lambda: [(name, text + "\n"), *migrations()[1:]])
    with pytest.raises(MigrationError, match="was changed after"):
        migrate(connection)


def test_a_newer_database_is_refused(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """An old version does not write into a newer schema."""
    monkeypatch.setattr(module, "migrations", lambda: migrations()[:-1])
    with pytest.raises(MigrationError, match="newer version"):
        migrate(connection)


def test_one_statement_per_execute() -> None:
    """A migration is cut at semicolons that end a line; comments are left out."""
    assert statements("-- why\nCREATE TABLE a (\n  b text\n);\n\nSELECT ';' AS c;\n") == [
        "CREATE TABLE a (\n  b text\n)",
        "SELECT ';' AS c",
    ]
