"""A backup that is brought back as deploy/README.md says, and what becomes of the past."""

from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

from alerts.sealer import Sealer
from service.cli.main import command_line
from service.local.process import HOST
from service.local.servers import LocalServers
from service.local.system import find_or_install, run_in
from service.store.acting import acting
from service.store.pool import Connection, connect
from service.store.privileges import role_of
from tests.acting import TESTER
from tests.scenario import Scenario, course


def test_yesterdays_dump_is_found_by_a_head_of_today(
    connection: Connection, servers: LocalServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restore that lost a correction does not pass for the whole of the past: it says how many acts are missing."""
    scenario = Scenario(connection)
    scenario.container("f1", loggers=["f1"])
    scenario.lot("lot", "f1")
    scenario.store(course("f1", [-80.0] * 12))
    sealing = _sealer()
    sealing.seal(connection)
    yesterday = str(sealing.head)
    restored = f"{connection.info.dbname}_restored"
    dump = _Dump(servers, connection.info.dbname)
    try:
        _record(connection, "chur", "davos", "flims")
        sealing.seal(connection)
        today = str(sealing.head)
        dump.restore(restored)
        monkeypatch.setenv("UNBROKEN_DATABASE_URL", servers.database.url_for(restored))
        assert _verify(yesterday)[0] == 0, "of yesterday nothing is lost"
        status, said = _verify(yesterday, today)
        assert status == 1
        assert "3 acts or more are lost" in said
        assert "ok    head" in said
        with connect(servers.database.url_for(restored), application="tests", actor=TESTER) as lost:
            assert lost.execute("SELECT count(*) FROM readings").fetchall() == [{"count": 12}]
            _record(lost, "genf", "horgen", "interlaken", "jona")
            _sealer().seal(lost)
        status, said = _verify(yesterday, today)
        assert status == 1
        assert "once had another seal" in said
        assert _verify(yesterday)[0] == 0
    finally:
        dump.remove()
        servers.database.drop_database(restored)


class _Dump:
    """A database as it is now, in a file, as whoever makes backups has it."""

    def __init__(self, servers: LocalServers, name: str) -> None:
        self._servers = servers
        self._file = f"/tmp/{name}-{servers.database.pid}.dump"  # noqa: S108  # of the database's own root folder
        self._run("pg_dump", "--format=custom", f"--file={self._file}", f"--username={role_of('backup')}", name)

    def restore(self, name: str) -> None:
        """Make a database of it."""
        self._servers.database.create_database(name)
        url = self._servers.database.url_for(name)
        with connect(url, application="tests", actor=TESTER) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
            connection.execute("SELECT timescaledb_pre_restore()")
        self._run("pg_restore", f"--dbname={name}", "--username=postgres", self._file)
        with connect(url, application="tests", actor=TESTER) as connection:
            connection.execute("SELECT timescaledb_post_restore()")

    def remove(self) -> None:
        """Nobody needs it any more."""
        (find_or_install(print) / self._file.removeprefix("/")).unlink()

    def _run(self, program: str, *arguments: str) -> None:
        to = ["--host", HOST, "--port", str(self._servers.database.port)]
        run_in(find_or_install(print), "postgres", [program, *to, *arguments])


def _sealer() -> Sealer:
    return Sealer(lambda: datetime(2026, 3, 1, tzinfo=UTC), wait=lambda _: None)


def _record(connection: Connection, *names: str) -> None:
    for name in names:
        with acting(connection, TESTER):
            connection.execute("INSERT INTO sites (id, name, time_zone) VALUES (%s, %s, 'UTC')", [name, name])


def _verify(*heads: str) -> tuple[int, str]:
    done = CliRunner().invoke(command_line(), ["audit", "verify", *(f"--head={head}" for head in heads)])
    return done.exit_code, done.output
