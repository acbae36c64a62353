"""Each part of the service comes into the database as a role of its own, and can do there what its part does alone."""

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from typer.testing import CliRunner

from service.cli.evaluate import evaluate_all
from service.cli.main import command_line
from service.domain.clocks import AsOf
from service.domain.identity.actor import Actor, part
from service.evaluator.run import evaluate_once
from service.local.process import HOST
from service.local.servers import LocalServers
from service.local.system import find_or_install, run_in
from service.store.acting import acting
from service.store.lots.answers import states_before
from service.store.migrate import migrate
from service.store.pool import Connection, connect
from service.store.privileges import changes, differences, powers, role_of
from service.store.tables import ALL, PARTS, TABLES, VIEWS, Table
from tests.acting import TESTER
from tests.database_roles import connected_as, url_as
from tests.papers import add_product_of_before
from tests.scenario import Scenario, at_us, course
from tests.telling import Noted, telling, until

SOMEBODY = Actor("account:keller", "A. Keller", "password")


def refused(connection: Connection, statement: str) -> bool:
    """Whether the role has no privilege for it. Whatever else is wrong with the statement is no matter here."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement.encode())
    except InsufficientPrivilege:
        return True
    except psycopg.Error:
        pass
    return False


def _columns(connection: Connection) -> dict[str, list[str]]:
    rows = connection.execute(
        "SELECT attrelid::regclass::text AS name, array_agg(attname::text) AS columns FROM pg_attribute "
        "WHERE attnum > 0 AND NOT attisdropped AND attrelid = ANY(%s::regclass[]) GROUP BY 1",
        [[*TABLES, *VIEWS]],
    ).fetchall()
    return {row["name"]: row["columns"] for row in rows}


def _changed(table: Table, part_name: str, there: list[str]) -> set[str]:
    """The columns of which a part may try a change."""
    columns = set(table.columns(part_name))
    if not columns and part_name in table.lock:
        return {"id"}
    return set(there) if ALL in columns else columns & set(there)


@pytest.mark.parametrize("part_name", PARTS)
def test_a_part_may_do_to_each_table_what_its_class_says(
    database_url: str, connection: Connection, part_name: str
) -> None:
    """Ingest cannot judge, the evaluator cannot measure, and none of them can change what was measured or decided."""
    columns = _columns(connection)
    with connected_as(database_url, part_name) as tried:
        for name in [*TABLES, *VIEWS]:
            table = TABLES[VIEWS.get(name, name)]
            read = part_name in table.readers() and (part_name in {"evaluator", "backup"} or "." not in name)
            assert refused(tried, f"SELECT FROM {name}") is not read, f"SELECT FROM {name}"
            for may, parts in (
                (f"INSERT INTO {name} DEFAULT VALUES", table.insert),
                (f"DELETE FROM {name} WHERE false", table.delete),
                (f"TRUNCATE {name}", table.truncate),
            ):
                if name not in VIEWS or not may.startswith("TRUNCATE"):
                    assert refused(tried, may) is (part_name not in parts), may
            changed = _changed(table, part_name, columns[name])
            for column in columns[name]:
                statement = f"UPDATE {name} SET {column} = DEFAULT WHERE false"
                assert refused(tried, statement) is (column not in changed), statement


@pytest.mark.parametrize("part_name", PARTS)
def test_a_part_makes_nothing_and_takes_nothing_away(database_url: str, part_name: str) -> None:
    """Nobody but the owner changes the tables themselves, or takes the guards from them."""
    with connected_as(database_url, part_name) as connection:
        for statement in (
            "CREATE TABLE mine ()",
            "CREATE SCHEMA mine",
            "ALTER TABLE readings ADD COLUMN mine integer",
            "ALTER TABLE verdicts DISABLE TRIGGER verdicts_stay",
            "DROP TABLE lots CASCADE",
            "SELECT drop_chunks('readings', now())",
            "CREATE TRIGGER mine BEFORE INSERT ON readings EXECUTE FUNCTION refuse_change()",
            "SET ROLE postgres",
            "SET session_replication_role = replica",
            "CREATE TEMPORARY TABLE sites (id text); CREATE TRIGGER forged AFTER INSERT ON sites "
            "REFERENCING NEW TABLE AS new_rows EXECUTE FUNCTION write_trail('everybody', 'id')",
        ):
            assert refused(connection, statement), statement


@pytest.mark.parametrize("part_name", ["api", "evaluator"])
def test_who_locks_a_lot_cannot_change_it(database_url: str, connection: Connection, part_name: str) -> None:
    """An evaluator keeps others from the lots it judges; it cannot give them other names."""
    connection.execute("INSERT INTO sites (id, name, time_zone) VALUES ('s', 'S', 'UTC')")
    with connected_as(database_url, part_name) as locking:
        for table in ("lots", "series"):
            locking.execute(f"SELECT FROM {table} FOR NO KEY UPDATE")
            with pytest.raises(psycopg.DatabaseError, match=r"is evidence|permission denied"):
                locking.execute(f"UPDATE {table} SET id = DEFAULT")


@pytest.mark.parametrize("by", [*map(part, PARTS), part("migration"), SOMEBODY, Actor("link:1", "x", "signed link")])
@pytest.mark.parametrize("part_name", PARTS)
def test_a_part_acts_as_itself(database_url: str, part_name: str, by: Actor) -> None:
    """What a part does by itself is not put down to a person, nor the other way round; people act through the API."""
    allowed = by == part(part_name) or (part_name == "api" and not by.id.startswith("part:"))
    with connected_as(database_url, part_name) as connection, acting(connection, by):
        if allowed:
            assert connection.execute("SELECT acting_as('actor') AS who").fetchone() == {"who": by.id}
        else:
            with pytest.raises(psycopg.DatabaseError, match=f"unbroken_{part_name} may not act as"):
                connection.execute("SELECT acting_as('actor')")


def test_ingest_makes_room_for_its_readings_itself(database_url: str) -> None:
    """A reading of a week that has no chunk yet is taken in by ingest's own role, and stays as it was."""
    with connect(url_as(database_url, "ingest"), application="tests", actor=part("ingest")) as connection:
        connection.execute("INSERT INTO loggers (id) VALUES ('l')")
        connection.execute("INSERT INTO series (logger_id, probe) VALUES ('l', '')")
        connection.execute(
            "INSERT INTO readings (series_id, measured_at, received_at, temperature_c, quality) "
            "SELECT id, now() - n * interval '30 days', now(), -80, 0 FROM series, generate_series(0, 9) AS n"
        )
        chunks = connection.execute("SELECT chunk_name FROM timescaledb_information.chunks").fetchall()
        assert len(chunks) == 10
        for chunk in chunks:
            name = f"_timescaledb_internal.{chunk['chunk_name']}"
            assert refused(connection, f"UPDATE {name} SET temperature_c = -90")
            assert refused(connection, f"DELETE FROM {name}")


def test_the_owner_changes_no_verdict_in_passing(connection: Connection) -> None:
    """Evidence stays also before whoever owns it: the guard must be taken away first, and that is no slip."""
    for table in ("verdicts", "verdict_lapses", "corrections", "redrives", "moves", "door_graces", "alerting"):
        with pytest.raises(psycopg.DatabaseError, match=f"{table} is evidence"):
            connection.execute(f"DELETE FROM {table}")


def _doctor(database_url: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", database_url)
    lines = CliRunner().invoke(command_line(), ["doctor"]).output.splitlines()
    begins = [index for index, line in enumerate(lines) if "database roles:" in line]
    return [line.strip() for index in begins for line in lines[index : index + 2] if "evaluator:" not in line]


def test_the_doctor_names_each_privilege_that_is_missing_or_too_many(
    database_url: str, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It gives the statement that mends it; the next migration mends it too."""
    assert _doctor(database_url, monkeypatch)[0] == "ok    database roles: each may do what its part does, and no more"
    for statement in (
        "GRANT DELETE ON readings TO unbroken_ingest",
        "REVOKE UPDATE (until_at) ON placements FROM unbroken_api",
        "GRANT SELECT ON lots TO PUBLIC",
    ):
        connection.execute(statement.encode())
    said = "\n".join(_doctor(database_url, monkeypatch))
    for line in (
        "WRONG database roles: unbroken_ingest may DELETE on readings, beyond its part",
        "run `REVOKE DELETE ON TABLE public.readings FROM unbroken_ingest`",
        "WRONG database roles: unbroken_api lacks UPDATE (until_at) on placements",
        "run `GRANT UPDATE (until_at) ON TABLE public.placements TO unbroken_api`",
        "WRONG database roles: PUBLIC may SELECT on lots, beyond its part",
    ):
        assert line in said
    migrate(connection)
    assert changes(differences(connection)) == []


def test_a_part_that_could_do_everything_is_found(connection: Connection) -> None:
    """A role that is a superuser, makes roles, owns a table or belongs to the owner is held to nothing."""
    with connection.transaction(force_rollback=True):
        for statement in (
            "ALTER ROLE unbroken_ingest SUPERUSER CREATEROLE",
            "ALTER TABLE clocks OWNER TO unbroken_alerts",
            "GRANT postgres TO unbroken_api",
            "GRANT CREATE ON SCHEMA public TO unbroken_backup",
        ):
            connection.execute(statement.encode())
        found = powers(connection)
        assert {(one.role, one.what) for one in found} == {
            ("unbroken_ingest", "a superuser"),
            ("unbroken_ingest", "allowed to make roles"),
            ("unbroken_alerts", "the owner of clocks"),
            ("unbroken_api", "a member of postgres"),
            ("unbroken_api", "allowed to make tables in schema public"),
            ("unbroken_backup", "allowed to make tables in schema public"),
        }
        for one in found:
            connection.execute(one.to_end.encode())
        assert powers(connection) == []


def test_a_part_at_work_as_somebody_else_is_named(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One address for all parts works, and is not what keeps evidence as it is: the doctor says so."""
    with (
        connect(database_url, application="ingest"),
        connect(url_as(database_url, "alerts"), application="alerts watch"),
    ):
        said = "\n".join(_doctor(url_as(database_url, "backup"), monkeypatch))
    assert "ingest is at work as postgres" in said
    assert "with the user unbroken_ingest" in said
    assert "alerts is at work" not in said


def test_backups_need_no_superuser(servers: LocalServers, connection: Connection) -> None:
    """Whoever makes backups reads everything, secrets and all, and changes nothing."""
    connection.execute("INSERT INTO sites (id, name, time_zone) VALUES ('kept', 'Kept', 'UTC')")
    name = connection.info.dbname
    dump = ["pg_dump", "-h", HOST, "-p", str(servers.database.port), "-U", role_of("backup"), "-d", name]
    assert "\nkept\tKept\tUTC" in run_in(find_or_install(print), "postgres", dump)


def test_the_parts_play_together_each_in_its_role(database_url: str, connection: Connection) -> None:
    """A freezer warms up: it is measured, judged, told of, answered, mended and all judged anew."""
    # That it is of before there were papers, no part may say.
    add_product_of_before(connection, "product-cryo-80", "A product", "cryo-80")
    with (
        connect(url_as(database_url, "api"), application="tests", actor=TESTER) as api,
        connect(url_as(database_url, "ingest"), application="tests", actor=part("ingest")) as ingest,
        connect(url_as(database_url, "evaluator"), application="tests", actor=part("evaluator")) as evaluator,
    ):
        scenario = Scenario(api)
        for name in ("warm", "cold"):
            scenario.container(name, loggers=[name])
        scenario.lot("lot", "warm")
        scenario.connection = ingest
        scenario.store(course("cold", [-80.0] * 13))
        scenario.store(course("warm", [*[-80.0] * 3, *[-40.0] * 10]))
        scenario.store(course("warm", [-79.0]))
        evaluate_once(evaluator, AsOf(at_us(66)))
        alarm = Noted()
        with telling(url_as(database_url, "alerts"), alarm):
            until(lambda: alarm.taken)
        assert {row.verdict for row in states_before(api, ["lot"]).values()} == {"at_risk"}
        evaluate_all(url_as(database_url, "evaluator"), dry_run=False)
