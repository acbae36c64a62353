"""Bring the schema up to date: numbered .sql files, applied once, in order, each in its own transaction."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources

from psycopg.errors import (
    FeatureNotSupported,
    InsufficientPrivilege,
    InternalError_,
    ObjectNotInPrerequisiteState,
    UndefinedFile,
)

from service.domain.identity.actor import part
from service.domain.profiles import BUILT_IN
from service.errors import UnbrokenError
from service.store.acting import act_as
from service.store.pool import Connection
from service.store.privileges import make_privileges
from service.store.registry import specifications
from service.store.registry.profiles import add_profile_if_new
from service.store.rows import all_rows, columns, one_value

#: Any number will do, as long as all migrations agree on it.
_LOCK = 7_243_001


class MigrationError(UnbrokenError):
    """The schema in the database is not one this version can continue from."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One .sql file."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Differences:
    """Names of migrations the database lacks, and of those it has that are not known here."""

    missing: list[str]
    unknown: list[str]


def migrations() -> list[Migration]:
    """Every migration, in order."""
    folder = resources.files("service.store") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name)
    return [Migration(file.name, file.read_text(encoding="utf-8")) for file in files]


def statements(text: str) -> list[str]:
    """The statements of a migration, one per execute.

    A statement ends with a semicolon at the end of a line; those of a function's body, between two $$, end nothing.
    """
    bare = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    found, begun = [], ""
    for piece in f"{bare}\n".split(";\n"):
        begun += piece
        if begun.count("$$") % 2:
            begun += ";\n"
            continue
        found.append(begun.strip())
        begun = ""
    return [statement for statement in (*found, begun.strip()) if statement]


def differences(connection: Connection) -> Differences:
    """How the schema in the database differs from this version's."""
    there = one_value(connection, "SELECT to_regclass('migrations') IS NOT NULL")
    applied = {row.name for row in _applied(connection)} if there else set()
    known = {one.name for one in migrations()}
    return Differences(sorted(known - applied), sorted(applied - known))


def refuse_unmigrated(connection: Connection) -> None:
    """Go no further on a schema that is older than we are. A newer one is left to those who made it.

    Raises:
        MigrationError: migrations are missing.
    """
    missing = differences(connection).missing
    if missing:
        raise MigrationError(
            f"the database lacks {len(missing)} migrations, first {missing[0]}: run `unbroken migrate`"
        )


@contextmanager
def _explained() -> Iterator[None]:
    """What a database that is not made for us says, with what to do."""
    try:
        yield
    except (FeatureNotSupported, InternalError_, ObjectNotInPrerequisiteState, UndefinedFile) as error:
        raise MigrationError(
            f"the database cannot take our schema ({error.diag.message_primary}); give it TimescaleDB, preloaded "
            "(deploy/README.md), or set UNBROKEN_DATABASE_URL to one that has it"
        ) from error
    except InsufficientPrivilege as error:
        raise MigrationError(
            f"the database's user may not make our schema ({error.diag.message_primary}); make it the owner of the "
            "database, and `CREATE EXTENSION timescaledb` there as a superuser (deploy/README.md)"
        ) from error


@dataclass(frozen=True, slots=True)
class _Applied:
    name: str
    checksum: str


def _applied(connection: Connection) -> list[_Applied]:
    return all_rows(connection, _Applied, f"SELECT {columns(_Applied)} FROM migrations")


def migrate(connection: Connection, known: Sequence[Migration] | None = None) -> list[str]:
    """Apply what is missing, add what is built in, and grant each part's role what it is to have.

    Returns the names of the migrations applied.

    Args:
        known: all migrations of a version; None: of this one.

    Raises:
        MigrationError: an applied migration has been changed since, or is not known here; or the database has no
            TimescaleDB, or its user may not make what is needed.
    """
    with _explained(), connection.transaction():
        act_as(connection, part("migration"))
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations ("
            "name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"
        )
        applied = {row.name: row.checksum for row in _applied(connection)}
        ours = migrations() if known is None else known
        if unknown := sorted(set(applied) - {one.name for one in ours}):
            raise MigrationError(
                f"the database was migrated by a newer version ({', '.join(unknown)}); start that version, "
                "or point UNBROKEN_DATABASE_URL at another database"
            )
        fresh = []
        for one in ours:
            checksum = hashlib.sha256(one.text.encode()).hexdigest()
            if one.name not in applied:
                for statement in statements(one.text):
                    connection.execute(statement)
                connection.execute("INSERT INTO migrations (name, checksum) VALUES (%s, %s)", [one.name, checksum])
                fresh.append(one.name)
            elif applied[one.name] != checksum:
                raise MigrationError(
                    f"migration {one.name} was changed after it had been applied; restore it and add a new one instead"
                )
        for profile in BUILT_IN:
            add_profile_if_new(connection, profile)
        if known is None:
            for specification in specifications.BUILT_IN:
                specifications.add_specification_if_new(connection, specification)
            make_privileges(connection)
        return fresh
