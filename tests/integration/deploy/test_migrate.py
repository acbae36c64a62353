"""The schema, on a real TimescaleDB."""

import re
from pathlib import Path

import pytest

from service.acts.corrections import correct
from service.domain.alerting.details import StillBeyond
from service.domain.alerting.lifecycle import Figures
from service.domain.alerting.words import forecast_text, summary
from service.domain.clocks import AsOf
from service.domain.profiles import BUILT_IN, Direction
from service.evaluator.rollups import roll_up_history
from service.evaluator.run import evaluate_once
from service.local.servers import LocalServers
from service.store.alerting.alerts import open_alerts
from service.store.lots.answers import states_before
from service.store.migrate import Migration, MigrationError, migrate, migrations, statements
from service.store.pool import Connection, connect
from service.store.registry.profiles import all_profiles
from tests.acting import TESTER
from tests.scenario import at, at_us


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


def test_a_changed_migration_is_refused(connection: Connection) -> None:
    """A schema that differs from what was applied is not silently accepted."""
    first = migrations()[0]
    changed = Migration(first.name, first.text + "\n")
    with pytest.raises(MigrationError, match="was changed after"):
        migrate(connection, [changed, *migrations()[1:]])


def test_a_newer_database_is_refused(connection: Connection) -> None:
    """An old version does not write into a newer schema."""
    with pytest.raises(MigrationError, match="newer version"):
        migrate(connection, migrations()[:-1])


def test_a_database_without_timescaledb_is_named_as_such(servers: LocalServers) -> None:
    """Whoever brings a plain PostgreSQL is told what it lacks, in one line."""
    needs_more = Migration("0001.sql", "CREATE EXTENSION not_installed;\n")
    url = servers.database.create_database("plain")
    with (
        connect(url, application="tests", actor=TESTER) as connection,
        pytest.raises(MigrationError, match="give it TimescaleDB"),
    ):
        migrate(connection, [needs_more])
    servers.database.drop_database("plain")


def test_a_user_who_may_not_make_tables_is_told_so(servers: LocalServers) -> None:
    """And what to give that user."""
    url = servers.database.create_database("not_ours")
    with connect(url, application="tests", actor=TESTER) as connection:
        connection.execute("CREATE ROLE visitor LOGIN")
    with (
        connect(url.replace("postgres@", "visitor@"), application="tests", actor=TESTER) as connection,
        pytest.raises(MigrationError, match=r"may not make our schema \(permission denied .*\); make it the owner"),
    ):
        migrate(connection)
    servers.database.drop_database("not_ours")
    with connect(servers.database_url, application="tests", actor=TESTER) as connection:
        connection.execute("DROP ROLE visitor")


def test_one_statement_per_execute() -> None:
    """A migration is cut at semicolons that end a line; comments are left out."""
    assert statements("-- why\nCREATE TABLE a (\n  b text\n);\n\nSELECT ';' AS c;\n") == [
        "CREATE TABLE a (\n  b text\n)",
        "SELECT ';' AS c",
    ]


def test_the_body_of_a_function_is_one_statement() -> None:
    """A function of a migration has statements of its own between two $$."""
    body = "CREATE FUNCTION f() RETURNS void AS $$\nBEGIN\n  a;\n  b;\nEND\n$$"
    assert statements(f"{body};\n\nSELECT 1;\n") == [body, "SELECT 1"]


def test_a_database_in_use_is_brought_up_to_date(servers: LocalServers) -> None:
    """What was recorded under an older version is judged, corrected and drawn under this one."""
    first = 6
    with connect(servers.database.create_database("older"), application="tests", actor=TESTER) as connection:
        assert len(migrate(connection, migrations()[:first])) == first
        in_use = {"begun": at(0), "warm_until": at(60), "now": at(200)}
        for statement in (
            "INSERT INTO sites (id, name, time_zone) VALUES ('s', 'S', 'Europe/Zurich')",
            "INSERT INTO products (id, name, profile_id, profile_version) VALUES ('p', 'P', 'cryo-80', 1)",
            "INSERT INTO containers (id, site_id, name, kind, profile_id, profile_version) "
            "VALUES ('freezer', 's', 'F', 'freezer', 'cryo-80', 1)",
            "INSERT INTO loggers (id, site_id, registered_at) VALUES ('logger', 's', now())",
            "INSERT INTO series (logger_id, probe) VALUES ('logger', '')",
            "INSERT INTO attachments (id, series_id, container_id, place, from_at, commissioned_at) "
            "SELECT 'a', id, 'freezer', 'air', %(begun)s, %(begun)s FROM series",
            "INSERT INTO lots (id, product_id, lot_number, profile_id, profile_version, life_starts_at) "
            "VALUES ('lot', 'p', 'L', 'cryo-80', 1, %(begun)s)",
            "INSERT INTO placements (id, lot_id, container_id, from_at) VALUES ('pl', 'lot', 'freezer', %(begun)s)",
            "INSERT INTO readings (series_id, measured_at, received_at, temperature_c, quality) "
            "SELECT id, t, t, CASE WHEN t < %(warm_until)s THEN -40 ELSE -80 END, 0 FROM series, "
            "generate_series(%(begun)s, %(now)s, '5 min') AS t",
            "INSERT INTO dirty (lot_id, from_us, until_us) VALUES ('lot', 0, 0)",
            "INSERT INTO verdicts (lot_id, decided_at, verdict, reasons, limits) "
            "VALUES ('lot', %(begun)s, 'viable', '[]', '[]')",
        ):
            connection.execute(statement, in_use)
        assert len(migrate(connection)) == len(migrations()) - first
        evaluate_once(connection, AsOf(at_us(201)))
        while roll_up_history(connection):
            pass
        assert states_before(connection, ["lot"])["lot"].verdict == "at_risk"
        with connection.transaction():
            change = {"from_at": at(70)}
            correct(connection, TESTER, kind="placement", row_id="pl", change=change, reason="slip")
        evaluate_once(connection, AsOf(at_us(201)))
        assert states_before(connection, ["lot"])["lot"].verdict == "unproven"
        rolled_up = connection.execute("SELECT sum(readings) AS readings FROM rollups GROUP BY length_s").fetchall()
        assert [row["readings"] for row in rolled_up] == [41, 41]
    servers.database.drop_database("older")


#: What an alert said, of a container but for the last ones; what is said of it while it is so, and afterwards.
_SENTENCES = [
    (
        "F (s) is above −60 °C; 2 lots: a, b",
        "F (s) is above −60 °C; 2 lots: a, b",
        "F (s) was above −60 °C; 2 lots: a, b",
    ),
    (
        "F (s) has used up all of the 1 h allowed above −60 °C; 12 lots: a, b, c and 9 more",
        "F (s) has used up all of the 1 h allowed above −60 °C; 12 lots: a, b, c and 9 more",
        "F (s) had used up all of the 1 h allowed above −60 °C; 12 lots: a, b, c and 9 more",
    ),
    (
        "F (s) may be above 8 °C: HI, and the logger measures only to 5 °C; no lots in it",
        "F (s) may be above 8 °C: HI, and the logger measures only to 5 °C; no lots in it",
        "F (s) may have been above 8 °C: HI, and the logger measured only to 5 °C; no lots in it",
    ),
    (
        "F (s) is above −60 °C; no lots in it any more, but there were a, b",
        "F (s) is above −60 °C; no lots in it any more, but there were a, b",
        "F (s) was above −60 °C; no lots in it any more, but there were a, b",
    ),
    (
        "F (s) is still above −60 °C; the lots whose limit that is are no longer in it; no lots in it",
        "F (s) is still above −60 °C; the lots whose limit that is are no longer in it; no lots in it",
        "F (s) is still above −60 °C; the lots whose limit that is are no longer in it; no lots in it",
    ),
    (
        "F (s) was beyond a limit until its probe was taken out; what measures it now reads within limits; 1 lot: a",
        "F (s) was beyond a limit until its probe was taken out; what measures it now reads within limits; 1 lot: a",
        "F (s) was beyond a limit until its probe was taken out; what measures it now reads within limits; 1 lot: a",
    ),
    (
        "Freezer of old (s) is above −60 °C; no lots in it",
        "Freezer of old (s) is above −60 °C; no lots in it",
        "Freezer of old (s) is above −60 °C; no lots in it",
    ),
]


def test_what_an_older_version_said_of_alerts_is_still_said(servers: LocalServers) -> None:
    """Whoever looks a year back reads of a warm night what was told of it, and in the past tense."""
    with connect(servers.database.create_database("sentences"), application="tests", actor=TESTER) as connection:
        migrate(connection, [one for one in migrations() if one.name < "0037"])
        connection.execute("INSERT INTO sites (id, name, time_zone) VALUES ('s', 'S', 'UTC')")
        connection.execute(
            "INSERT INTO containers (id, site_id, name, kind, profile_id, profile_version) "
            "VALUES ('f', 's', 'F', 'freezer', 'cryo-80', 1)"
        )
        for number, (sentence, _, _) in enumerate(_SENTENCES):
            connection.execute(
                "INSERT INTO alerts (subject, name, container_id, site_id, cause, state, severity, began_at, summary, "
                "lot_ids, figures, direction, threshold_c) VALUES ('container:f', 'F', 'f', 's', %s, 'firing', "
                '\'warning\', now(), %s, %s, \'{"now_c": -50, "forecast": "Above −60 °C in about 5 min."}\', '
                "'above', -60)",
                [f"cause {number}", sentence, ["a", "b"] if "there were" in sentence else []],
            )
        migrate(connection)
        found = open_alerts(connection)
        assert [(summary(one), summary(one, past=True)) for one in found] == [(x, y) for _, x, y in _SENTENCES]
        assert found[4].details == StillBeyond((Direction.ABOVE, -60))
        assert forecast_text(found[0].details) == "Above −60 °C in about 5 min."
        assert found[0].figures == Figures(now_c=-50)
    servers.database.drop_database("sentences")


def test_every_table_is_in_the_architecture(connection: Connection) -> None:
    """Whoever looks at the database finds out what a row of it is."""
    rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    text = (Path(__file__).parents[3] / "ARCHITECTURE.md").read_text(encoding="utf-8")
    described = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`.+?) \|", text, re.MULTILINE))))
    assert {row["tablename"] for row in rows} - described == {"migrations"}
