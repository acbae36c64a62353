"""Settings and what is written about them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.address import parse_broker
from service.addresses import without_password
from service.errors import SettingError
from service.settings import Settings, read_settings, secret_settings, warn_of_unknown_settings

ROOT = Path(__file__).parents[2]


def env_example() -> str:
    """The text of .env.example: every setting with its meaning and default."""
    lines = ["# Every setting of Unbroken with its default. Copy to .env and change what differs."]
    lines += ["# A secret can also be in a file of its own: its …_FILE is the path of that.", ""]
    defaults = Settings.model_construct().model_dump(mode="json")
    for name, field in Settings.model_fields.items():
        default = defaults.get(name, "")
        shown = default if isinstance(default, str) else json.dumps(default)
        lines += [f"# {field.description}", f"#UNBROKEN_{name.upper()}={shown}"]
        lines += [f"#UNBROKEN_{name.upper()}_FILE=", ""] if name in secret_settings() else [""]
    return "\n".join(lines)


def test_every_setting_is_described_in_env_example() -> None:
    """An operator finds each setting, its meaning and its default in one file, and no other."""
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == env_example()


def test_defaults_listen_on_this_machine_alone() -> None:
    """Nothing is open to the network unless an operator says so."""
    assert Settings.model_fields["http_host"].default == "127.0.0.1"


def test_the_example_can_be_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With every line of the example switched on, the settings are the defaults."""
    monkeypatch.chdir(tmp_path)
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    Path(".env").write_text("\n".join(line.removeprefix("#") for line in lines if line.startswith("#UNBROKEN")))
    for name in Settings.model_fields:
        monkeypatch.delenv(f"UNBROKEN_{name.upper()}", raising=False)
    assert Settings() == Settings(_env_file=None)


def test_a_link_secret_that_can_be_guessed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever holds one link can try short secrets at leisure, and then answer any alert; no error repeats a secret."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", "hunter2-hunter2")
    with pytest.raises(SettingError, match=r"^UNBROKEN_LINK_SECRET: must have at least 16 characters; ") as raised:
        read_settings()
    assert "hunter2" not in str(raised.value)
    for good in ("hunter2-hunter2-", ""):
        monkeypatch.setenv("UNBROKEN_LINK_SECRET", good)
        assert read_settings().link_secret == good


def test_a_link_secret_is_exchanged_without_a_night_of_dead_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first signs what is sent from now on; whoever was sent a link before can still answer by it."""
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", "the-new-one-of-today, the-old-one-of-2025")
    assert read_settings().link_secrets == (b"the-new-one-of-today", b"the-old-one-of-2025")
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", "the-new-one-of-today,short")
    with pytest.raises(SettingError, match="at least 16 characters"):
        read_settings()


SECRETS = {
    "database_url": "postgresql://unbroken:geheim@h/x",
    "mqtt_url": "mqtt://unbroken-ingest:geheim@h",
    "alert_webhook_url": "https://hooks.example.org/geheim",
    "alert_webhook_secret": "geheim-geheim-geheim",
    "link_secret": "geheim-geheim-geheim",
    "api_key": "unb_geheim",
    "monitor_url": "https://monitor.example.org/geheim",
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_can_be_in_a_file(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments are inherited and shown by many tools; a file is read by whom its mode allows."""
    monkeypatch.chdir(tmp_path)
    assert SECRETS.keys() == set(secret_settings())
    Path("secret").write_text(f"{SECRETS[name]}\n")
    monkeypatch.delenv(f"UNBROKEN_{name.upper()}", raising=False)
    monkeypatch.setenv(f"UNBROKEN_{name.upper()}_FILE", "secret")
    assert getattr(read_settings(), name) == SECRETS[name]
    warn_of_unknown_settings()
    # What the environment says goes before a .env, in either form.
    Path(".env").write_text(f"UNBROKEN_{name.upper()}=mistaken")
    assert getattr(read_settings(), name) == SECRETS[name]
    monkeypatch.delenv(f"UNBROKEN_{name.upper()}_FILE")
    Path(".env").write_text(f"UNBROKEN_{name.upper()}_FILE=secret")
    assert getattr(read_settings(), name) == SECRETS[name]


def test_no_dump_of_the_settings_shows_a_secret() -> None:
    """A settings object ends in logs and reports of errors sooner or later."""
    settings = Settings(_env_file=None, **SECRETS)
    for dumped in (repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())):
        assert "geheim" not in dumped
        assert "link_hours" in dumped


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "UNBROKEN_LINK_SECRET_FILE: secret cannot be read (No such file"),
        (b"", "UNBROKEN_LINK_SECRET_FILE: secret holds no secret"),
        (b"\xff geheim geheim geheim", "UNBROKEN_LINK_SECRET_FILE: secret holds no secret"),
        (b"geheim " * 10_000, "UNBROKEN_LINK_SECRET_FILE: secret holds no secret"),
        (b"geheim", "UNBROKEN_LINK_SECRET: must have at least 16 characters"),
    ],
)
def test_a_file_that_holds_no_secret_is_named(
    content: bytes | None, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Starting without it would leave every message of the night without a link."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNBROKEN_LINK_SECRET_FILE", "secret")
    if content is not None:
        Path("secret").write_bytes(content)
    with pytest.raises(SettingError) as raised:
        read_settings()
    assert str(raised.value).startswith(said)
    assert "geheim" not in str(raised.value)


def test_a_secret_is_given_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two, somebody would exchange the one that changes nothing."""
    (tmp_path / "secret").write_text("geheim-geheim-geheim")
    monkeypatch.setenv("UNBROKEN_LINK_SECRET_FILE", str(tmp_path / "secret"))
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", "another-secret-of-somebody")
    with pytest.raises(SettingError, match="UNBROKEN_LINK_SECRET and UNBROKEN_LINK_SECRET_FILE are both set"):
        read_settings()


#: What people write for an address of a database, by a slip or with a password that is not percent-encoded.
WRONG_ADDRESSES = [
    "mysql://u:geheim@h/x",
    "geheim",
    "postgresql://u:x geheim@h/x",
    "postgresql://u:x@geheim@h/x",
    "postgresql://u:x/geheim@h/x",
    "postgresql://u:12/geheim@h/x",
    "postgresql://u:%geheim@h/x",
    "postgresql://u:geheim%E4@h%E4/x",
    "postgresql://u:%zzgeheim@h/x",
    "postgresql://u:geheim@[::1/x",
    "postgresql://u:geheim@h/x?sslmode",
    "postgresql://u:geheim@h/x?port=y",
    "postgresql://u@h:70000/geheim",
    "host=h password=x geheim",
    "host=h@geheim",
    "host=h port=70000 password=geheim",
]


@pytest.mark.parametrize("url", WRONG_ADDRESSES)
def test_a_wrong_address_of_the_database_is_refused_and_not_repeated(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs are read by many; what somebody mistyped may be a password."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", url)
    with pytest.raises(SettingError, match=r"^UNBROKEN_DATABASE_URL: .* postgresql://user:password@host") as raised:
        read_settings()
    assert "geheim" not in str(raised.value)
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "postgresql://user:p%40ss%20@host:5432/name",
        "postgres://user:x?y#z:@host",
        "postgresql:///unbroken?host=/run/postgresql",
        "postgresql://user@one:5432,two:5433/name?target_session_attrs=primary",
        "host=/run/postgresql dbname=unbroken",
        "host = h port=5432 user=u password='it\\'s %40 secret'  ",
        "postgresql://u:p@[::1]:5432/name?application_name=x&connect_timeout=3",
        "postgresql://%2Frun%2Fpostgresql/unbroken",
    ],
)
def test_every_address_the_database_takes_is_taken(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also sockets and several hosts."""
    monkeypatch.setenv("UNBROKEN_DATABASE_URL", url)
    assert read_settings().database_url == url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://u:ge:heim@h:5432/x", "postgresql://u:…@h:5432/x"),
        ("postgresql://u@h/x?password=geheim&sslmode=require", "postgresql://u@h/x?password=…&sslmode=require"),
        ("host=h password='ge heim' user=u", "host=h password=… user=u"),
        ("mqtts://u:geheim@h:8883", "mqtts://u:…@h:8883"),
        ("postgresql://u@h/x", "postgresql://u@h/x"),
        ("postgresql:///unbroken?host=/run/postgresql", "postgresql:///unbroken?host=/run/postgresql"),
    ],
)
def test_an_address_is_shown_without_its_password(url: str, shown: str) -> None:
    """`unbroken up` says where database and broker are, and its log is read by many."""
    assert without_password(url) == shown


@pytest.mark.parametrize("command", ["service rejected list", "service up --demo", "ingest", "alerts"])
def test_every_process_refuses_a_wrong_setting_in_one_line(command: str, tmp_path: Path) -> None:
    """A process that cannot work says so and ends: no traceback, no password, and whoever started it knows."""
    done = subprocess.run(
        [sys.executable, "-m", *command.split()],
        env={**os.environ, "UNBROKEN_DATABASE_URL": "mysql://u:geheim@h/x", "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    [line] = done.stderr.splitlines()
    assert "UNBROKEN_DATABASE_URL: " in line
    assert "geheim" not in line


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DIALECTS", "{x", 'is no JSON; write it as {"topic'),
        ("DIALECTS", "[1]", "is no JSON object"),
        ("HTTP_PORT", "x", "'x' is no whole number"),
        ("HTTP_PORT", "70000", "'70000' is more than 65535"),
        ("MQTT_KEEPALIVE_S", "1", "'1' is less than 2"),
        ("ALERT_POLL_S", "0", "'0' is not more than 0"),
        ("ALERT_POLL_S", "often", "'often' is no number"),
        ("LOG_JSON", "perhaps", "'perhaps' is neither true nor false"),
        ("EARLIEST_MEASURED_AT", "2015-01-01T00:00:00", "'2015-01-01T00:00:00' has no offset; write it as 2015-"),
        ("EARLIEST_MEASURED_AT", "long ago", "'long ago' is no time; write it as 2015-"),
        ("PUBLIC_URL", "foo", "is no address of pages; write it as https://host"),
        ("PUBLIC_URL", "https://", "is no address of pages"),
        ("PUBLIC_URL", "http://host:x", "is no address of pages"),
        ("LOCAL_NAME", "My World", "'My World' cannot be a name; write it with a-z"),
    ],
)
def test_a_wrong_setting_is_named_in_our_own_words(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever set it knows which it was, and what to write instead."""
    monkeypatch.setenv(f"UNBROKEN_{name}", value)
    with pytest.raises(SettingError) as raised:
        read_settings()
    assert str(raised.value).startswith(f"UNBROKEN_{name}: {said}")
    assert "\n" not in str(raised.value)


def test_a_misspelt_setting_is_told_with_the_one_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise it changes nothing, and nobody knows why."""
    monkeypatch.chdir(tmp_path)
    warn_of_unknown_settings()
    assert capsys.readouterr().err == ""
    Path(".env").write_text("UNBROKEN_HTTP_PROT=8001\nPOSTGRES_PASSWORD=x\nUNBROKEN_HTTP_HOST=127.0.0.1\n")
    monkeypatch.setenv("UNBROKEN_COLOUR", "geheim")
    warn_of_unknown_settings()
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith(": UNBROKEN_COLOUR, UNBROKEN_HTTP_PROT (is UNBROKEN_HTTP_PORT meant?)")
    assert read_settings().http_host == "127.0.0.1", "and nothing is refused"


def test_a_line_of_the_settings_file_that_says_nothing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Once, by its number, and without what it says: it may be a password."""
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("UNBROKEN_HTTP_PORT=8001\nUNBROKEN_LINK_SECRET geheim geheim\n")
    warn_of_unknown_settings()
    assert read_settings().http_port == 8001
    assert capfd.readouterr().err == "unbroken: .env, line 2: this is no NAME=value, so it changes nothing\n"


@pytest.mark.parametrize(
    "url", ["http://u:geheim@x", "geheim", "mqtt://u:x/geheim@h", "mqtt://u:12#geheim@h", "mqtt://u:x?geheim@h"]
)
def test_a_wrong_address_of_the_broker_is_not_repeated(url: str) -> None:
    """It may hold a password."""
    with pytest.raises(
        SettingError, match=r"^UNBROKEN_MQTT_URL is no address of a broker; write it as mqtt://"
    ) as raised:
        parse_broker(url)
    assert "geheim" not in str(raised.value)
