"""The private database lets in nobody without a password, and nobody but who runs it can read one."""

import os
from pathlib import Path

import pytest

from service.addresses import is_database_url, without_password
from service.local.database import Database
from service.local.servers import remove
from service.local.system import find_or_install
from service.store.pool import Connection, DatabaseRefusesError, connect


def _who(url: str) -> object:
    with connect(url, application="tests") as connection:
        return _one(connection, "SELECT current_user")


def _one(connection: Connection, query: str) -> object:
    [value] = connection.execute(query.encode()).fetchone().values()  # type: ignore[union-attr]  # it gives a row
    return value


def test_a_private_database_of_before_asks_for_passwords_from_now_on() -> None:
    """Who else works on this machine comes in as nobody; each part as itself, by a file that is its owner's alone."""
    name = f"test-{os.getpid()}-passwords"
    root = find_or_install(print)
    try:
        before = Database(root, name)
        before.start()
        assert _who(before.url) == "postgres"
        before.stop()
        database = Database(root, name, passwords=True)
        database.start()
        urls = {user: database.let_in(user) for user in ("unbroken_ingest", "unbroken_api")} | {
            "postgres": database.url
        }
        for user, url in urls.items():
            assert is_database_url(url)
            assert without_password(url) == url, "what is shown holds no secret, only where it is kept"
            assert _who(url) == user
            with pytest.raises(DatabaseRefusesError, match="no password supplied"):
                _who(url.partition("?")[0])
        with pytest.raises(DatabaseRefusesError, match="no password supplied"):
            _who(urls["unbroken_api"].replace("unbroken_api@", "postgres@"))
        kept = Path(urls["unbroken_api"].partition("passfile=")[2]).parent
        assert {file.name: file.stat().st_mode & 0o777 for file in kept.iterdir()} == dict.fromkeys(urls, 0o600)
        database.kill()
        database.start()
        assert database.let_in("unbroken_api") == urls["unbroken_api"]
        assert {user: _who(url) for user, url in urls.items()} == {user: user for user in urls}
        assert database.create_database("another")
        database.drop_database("another")
        passwords = [file.read_text(encoding="utf-8").strip().rpartition(":")[2] for file in kept.iterdir()]
        log = database.log.read_text(encoding="utf-8")
        assert not any(password in log for password in passwords)
        database.stop()
    finally:
        remove(name)
