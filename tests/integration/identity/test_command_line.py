"""`unbroken account` and `unbroken key`: how the first admin comes in, and who is locked out."""

import re
import stat
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from service.acts import login
from service.auth.tokens import is_key, sha256
from service.cli.main import command_line
from service.store.identity.keys import key_of
from service.store.identity.sessions import grants_from
from service.store.pool import Connection
from tests.acting import CHEAP
from tests.integration.identity.test_accounts import NOW, PASSWORD, STAY


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch, database_url: str) -> None:
    monkeypatch.setattr("service.cli.account.Passwords", lambda: CHEAP)
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", database_url)


def run(*words: str, typed: str = "") -> Result:
    return CliRunner().invoke(command_line(words), words, input=typed)


def said(*words: str, typed: str = "") -> str:
    result = run(*words, typed=typed)
    assert result.exit_code == 0, (result.output, result.exception)
    return result.stdout


def test_the_first_admin_comes_from_the_machine_itself(connection: Connection) -> None:
    """Whoever holds the machine makes the first admin, and the trail says who that was."""
    made = said("account", "add", "ana", "--name", "Ana Admin", "--role", "admin", typed=f"{PASSWORD}\n")
    assert "ana can log in" in made
    assert "code" in made
    assert re.search(r"^ana +Ana Admin +password alone +admin$", said("account", "list"), re.MULTILINE)
    trail = connection.execute(
        "SELECT actor, known_by FROM audit_trail WHERE table_name = 'accounts' AND new->>'login' = 'ana'"
    ).fetchone()
    assert trail is not None
    assert trail["actor"].startswith("machine:")
    assert trail["known_by"] == "command line"
    assert login.log_in(connection, "ana", PASSWORD, CHEAP, STAY, NOW, browser="").token


def test_who_is_locked_out_is_let_in_again(connection: Connection) -> None:
    """The way back of the last admin is the machine."""
    said("account", "add", "ana", "--name", "Ana Admin", "--role", "admin", typed=f"{PASSWORD}\n")
    said("account", "deactivate", "tester")
    assert "last admin" in str(run("account", "deactivate", "ana").exception)
    for _ in range(5):
        with pytest.raises(login.NoSuchLoginError):
            login.log_in(connection, "ana", "a wrong one", CHEAP, STAY, NOW, browser="")
    assert "5 failed tries" in said("account", "list")
    said("account", "unlock", "ana")
    assert login.log_in(connection, "ana", PASSWORD, CHEAP, STAY, NOW, browser="").token
    assert "no app" in said("account", "reset-password", "ana", "--without-code", typed="another password\n")
    assert login.log_in(connection, "ana", "another password", CHEAP, STAY, NOW, browser="").token


def test_roles_are_granted_and_taken(connection: Connection) -> None:
    """Who moves to another ward does there what they did here."""
    assert connection.info.dsn
    said("account", "add", "ana", "--name", "Ana", "--role", "viewer", typed=f"{PASSWORD}\n")
    said("account", "grant", "ana", "quality", "technician", "--reason", "new duty")
    said("account", "revoke", "ana", "viewer")
    assert "quality, technician" in said("account", "list")
    assert "no role 'boss'" in str(run("account", "grant", "ana", "boss").exception)
    assert "no site" in str(run("account", "grant", "ana", "viewer@nowhere").exception)
    assert "not granted" in str(run("account", "revoke", "ana", "viewer").exception)
    assert "no account 'ben'" in str(run("account", "grant", "ben", "viewer").exception)
    said("account", "deactivate", "ana", "--reason", "left")
    assert "deactivated" in said("account", "list")


def test_a_password_is_never_an_argument() -> None:
    """What is typed as an argument is read by everybody on the machine."""
    refused = run("account", "add", "ana", "--name", "Ana", "--role", "viewer", typed="\n")
    assert "standard input" in str(refused.exception)
    assert "--password " not in said("account", "add", "--help")


def test_a_key_is_made_and_revoked(connection: Connection, tmp_path: Path) -> None:
    """Shown once, or written where its owner alone reads it."""
    said("account", "add", "ana", "--name", "Ana", "--role", "viewer", typed=f"{PASSWORD}\n")
    shown = said("key", "add", "lab", "--account", "ana", "--role", "viewer").strip()
    assert is_key(shown)
    found = key_of(connection, sha256(shown))
    assert found is not None
    assert [one.role for one in grants_from(found.granted)] == ["viewer"]
    file = tmp_path / "key"
    file.write_text("old", encoding="ascii")
    file.chmod(0o644)
    assert "unb_" in said("key", "add", "lab 2", "--account", "ana", "--role", "viewer", "--file", str(file))
    assert is_key(file.read_text(encoding="ascii").strip())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    listed = said("key", "list")
    assert shown not in listed
    assert listed.count("never used") == 3
    said("key", "revoke", f"{found.prefix}…", "--reason", "lost")
    assert re.search(rf"^{found.prefix}…  revoked", said("key", "list"), re.MULTILINE)
    assert "belongs to one" in str(run("key", "add", "lab").exception)
