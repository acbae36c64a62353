"""What each part's database role may do: what service/store/tables.py says of its part, and no more.

Every part may come in as a role of its own, `unbroken_ingest`, … Who owns the tables, and migrates, is none of them. A
part that comes in as the owner may do everything: then nothing but our own code keeps evidence as it is.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import groupby

from psycopg.errors import DuplicateObject, UniqueViolation

from service.store.pool import Connection
from service.store.rows import all_rows, all_values, one_value
from service.store.tables import ALL, PARTS, TABLES, VIEWS, Table

#: Grants to everybody who may log in.
PUBLIC = "PUBLIC"


def role_of(part: str) -> str:
    """The database role of a part of the service."""
    return f"unbroken_{part}"


ROLES = tuple(role_of(part) for part in PARTS)


@dataclass(frozen=True, slots=True, order=True)
class Privilege:
    """A role may do something with a thing of the database.

    Attributes:
        role: a part's role, or PUBLIC.
        thing: as it is named in a statement: `TABLE public.readings`, `SEQUENCE public.dirty_id_seq`, `SCHEMA next`.
        may: SELECT, INSERT, …
        column: of which column alone; empty: of all.
    """

    role: str
    thing: str
    may: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class _Thing:
    """One thing of the database, named as in a statement, and its columns."""

    name: str
    columns: list[str]


@dataclass(frozen=True, slots=True)
class Differences:
    """What the roles that there are lack, and what they have beyond it; and which roles there are not."""

    missing: list[Privilege]
    too_many: list[Privilege]
    absent: list[str]


@dataclass(frozen=True, slots=True)
class Power:
    """What a role is beside what it was granted, and the statement that ends it."""

    role: str
    what: str
    to_end: str


def differences(connection: Connection) -> Differences:
    """How the privileges in the database differ from what tables.py says."""
    there = frozenset(all_values(connection, "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)", [list(ROLES)]))
    things = {one.name: one.columns for one in all_rows(connection, _Thing, _THINGS)}
    # Of the columns that there are: a view has not all of its table's.
    wanted = {
        one for one in _wanted(things) if one.role in there and (not one.column or one.column in things[one.thing])
    }
    held = set(all_rows(connection, Privilege, _HELD, {"roles": list(ROLES)}))
    return Differences(sorted(wanted - held), sorted(held - wanted), [role for role in ROLES if role not in there])


@dataclass(frozen=True, slots=True)
class Change:
    """What a role is to be given, or not to have any more, of one thing: in words, and the statement that does it."""

    said: str
    statement: str


def changes(found: Differences) -> list[Change]:
    """What mends the differences, one for each role and thing."""
    return [
        *(
            Change(f"{role} may {may} on {_short(thing)}, beyond its part", f"REVOKE {may} ON {thing} FROM {role}")
            for role, thing, may in _grouped(found.too_many)
        ),
        *(
            Change(f"{role} lacks {may} on {_short(thing)}", f"GRANT {may} ON {thing} TO {role}")
            for role, thing, may in _grouped(found.missing)
        ),
    ]


def make_privileges(connection: Connection) -> list[str]:
    """Have each role that there is hold exactly what it is to hold; gives the statements that were needed.

    Roles that there are not are made, if we may: they can log in, and have no password.
    """
    done = []
    if one_value(connection, "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"):
        done += [_make_role(connection, role) for role in differences(connection).absent]
    for change in changes(differences(connection)):
        connection.execute(change.statement.encode())
        done.append(change.statement)
    return done


def powers(connection: Connection) -> list[Power]:
    """What the roles are that no part of the service needs to be: superuser, the owner, a member of another role."""
    return all_rows(connection, Power, _POWERS, {"roles": list(ROLES)})


@dataclass(frozen=True, slots=True, order=True)
class Session:
    """A part that is at work, by the name it gave, and the database role it came in as."""

    application: str
    role: str


def sessions(connection: Connection) -> list[Session]:
    """Which parts are at work here, as what roles."""
    query = (
        "SELECT DISTINCT application_name AS application, usename AS role FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name LIKE 'unbroken %%'"
    )
    return sorted(all_rows(connection, Session, query))


def own_role(connection: Connection) -> str:
    """Who we are to the database."""
    return str(one_value(connection, "SELECT session_user"))


def _make_role(connection: Connection, role: str) -> str:
    statement = f"CREATE ROLE {role} LOGIN"
    try:
        with connection.transaction():
            connection.execute(statement.encode())
    except (DuplicateObject, UniqueViolation):
        pass  # roles are of all databases of a server, and another one was migrated at the same moment
    return statement


def _grouped(privileges: Iterable[Privilege]) -> Iterable[tuple[str, str, str]]:
    """Role, thing, and what is meant of it, as a statement has it: `SELECT, UPDATE (until_at, superseded_by)`."""
    for (role, thing), some in groupby(sorted(privileges), key=lambda one: (one.role, one.thing)):
        columns: dict[str, list[str]] = {}
        for one in some:
            columns.setdefault(one.may, []).append(one.column)
        # What is meant of all columns, named by the empty one, includes each of them.
        yield role, thing, ", ".join(may if "" in of else f"{may} ({', '.join(of)})" for may, of in columns.items())


def _short(thing: str) -> str:
    return thing.split()[1].removeprefix("public.")


def _wanted(things: Collection[str]) -> Iterable[Privilege]:
    """Of the things that there are: an older schema has not all of them."""
    for name in [*TABLES, *VIEWS]:
        thing = f"TABLE {name if '.' in name else f'public.{name}'}"
        if thing in things:
            for part in PARTS:
                yield from _of(TABLES[VIEWS.get(name, name)], part, thing, VIEWS.get(name, name))
    for thing in things:
        if thing.startswith("SEQUENCE"):
            yield Privilege(role_of("backup"), thing, "SELECT")
    if "SCHEMA next" in things:
        yield from (Privilege(role_of(part), "SCHEMA next", "USAGE") for part in ("evaluator", "backup"))


def _of(table: Table, part: str, thing: str, name: str) -> Iterable[Privilege]:
    role = role_of(part)
    if part in table.readers() and (part in {"evaluator", "backup"} or not name.startswith("next.")):
        yield Privilege(role, thing, "SELECT")
    for parts, may in ((table.insert, "INSERT"), (table.delete, "DELETE"), (table.truncate, "TRUNCATE")):
        if part in parts:
            yield Privilege(role, thing, may)
    changed = table.columns(part)
    if part in table.lock and not changed:
        # To lock a row one must be allowed to change a column of it: the one of which a trigger refuses every change.
        changed = ("id",)
    for column in changed:
        yield Privilege(role, thing, "UPDATE", "" if column == ALL else column)


_THINGS = """
    SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || nspname || '.' || relname AS name,
        ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = pg_class.oid AND attnum > 0) AS columns
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname IN ('public', 'next') AND relkind IN ('r', 'v', 'S')
    UNION ALL SELECT 'SCHEMA next', '{}' FROM pg_namespace WHERE nspname = 'next'
"""

#: What our roles and everybody were granted. The roles' rights to things of other schemas are TimescaleDB's matter.
_HELD = """
    WITH granted AS (
        SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || nspname || '.' || relname AS thing,
            acl.grantee, acl.privilege_type AS may, '' AS column
        FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(relacl) AS acl
        WHERE nspname IN ('public', 'next') AND relkind IN ('r', 'v', 'S')
        UNION ALL
        SELECT 'TABLE ' || nspname || '.' || relname, acl.grantee, acl.privilege_type, attname
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
            JOIN pg_namespace ON pg_namespace.oid = relnamespace, aclexplode(attacl) AS acl
        WHERE nspname IN ('public', 'next') AND relkind IN ('r', 'v')
        UNION ALL
        SELECT 'SCHEMA next', acl.grantee, acl.privilege_type, ''
        FROM pg_namespace, aclexplode(nspacl) AS acl WHERE nspname = 'next'
    )
    SELECT DISTINCT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE rolname END AS role, thing, may, granted.column
    FROM granted LEFT JOIN pg_roles ON pg_roles.oid = grantee WHERE grantee = 0 OR rolname = ANY(%(roles)s)
"""

_POWERS = """
    SELECT rolname AS role, 'a superuser' AS what, 'ALTER ROLE ' || rolname || ' NOSUPERUSER' AS to_end
    FROM pg_roles WHERE rolname = ANY(%(roles)s) AND rolsuper
    UNION ALL
    SELECT rolname, 'allowed to make roles', 'ALTER ROLE ' || rolname || ' NOCREATEROLE'
    FROM pg_roles WHERE rolname = ANY(%(roles)s) AND rolcreaterole
    UNION ALL
    SELECT member.rolname, 'a member of ' || whole.rolname, format('REVOKE %%I FROM %%I', whole.rolname, member.rolname)
    FROM pg_auth_members JOIN pg_roles AS member ON member.oid = pg_auth_members.member
        JOIN pg_roles AS whole ON whole.oid = roleid WHERE member.rolname = ANY(%(roles)s)
    UNION ALL
    SELECT rolname, 'the owner of ' || relname, format('ALTER TABLE %%I.%%I OWNER TO CURRENT_USER', nspname, relname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace JOIN pg_roles ON pg_roles.oid = relowner
    WHERE nspname IN ('public', 'next') AND relkind IN ('r', 'v') AND rolname = ANY(%(roles)s)
    UNION ALL
    SELECT rolname, 'allowed to make tables in schema public', 'REVOKE CREATE ON SCHEMA public FROM PUBLIC, ' || rolname
    FROM pg_roles WHERE rolname = ANY(%(roles)s) AND NOT rolsuper AND has_schema_privilege(rolname, 'public', 'CREATE')
    ORDER BY 1, 2
"""
