"""`unbroken serve` as a process: with TLS of its own, and behind a proxy."""

import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from service.acts.keys import add_account_key
from service.domain.identity.caller import Grant, Role
from service.store.identity.accounts import account_of_login
from service.store.pool import connect
from tests.acting import TESTER
from tests.eventually import eventually
from tests.ports import free_port
from tests.streams import listening

ROOT = Path(__file__).parents[3]

EVERYWHERE = "0.0.0.0"  # noqa: S104  # what people write who want it reached from another room


@contextmanager
def serving(database_url: str, log: Path, **settings: str) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Meanwhile it serves, on this port, and writes into `log`; and its process."""
    port = free_port()
    environment = {**os.environ, "UNBROKEN_HTTP_PORT": str(port), "UNBROKEN_DATABASE_URL": database_url}
    environment |= {f"UNBROKEN_{name.upper()}": value for name, value in settings.items()}
    with log.open("wb") as file:
        command = [sys.executable, "-m", "service", "serve"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=file, stderr=file)
    try:
        eventually(lambda: " serving " in log.read_text() or process.poll() is not None, 30, "it serves")
        yield port, process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def test_it_speaks_tls_by_itself(database_url: str, tmp_path: Path) -> None:
    """A clinic without a proxy reaches it from another room unread; a wrong key is said at once."""
    certificate, key, log = (tmp_path / name for name in ("its.pem", "its.key", "log"))
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=its"]
    made += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(made, check=True, capture_output=True)
    with serving(database_url, log, tls_certificate=str(certificate), tls_key=str(key), http_host=EVERYWHERE) as (
        port,
        _,
    ):
        known = ssl.create_default_context(cafile=str(certificate))
        assert httpx.get(f"https://127.0.0.1:{port}/healthz", verify=known).is_success
        assert f"https://{EVERYWHERE}:" in log.read_text()
    with serving(database_url, log, tls_certificate=str(certificate), tls_key=str(tmp_path / "none")):
        pass
    assert "UNBROKEN_TLS_CERTIFICATE: " in log.read_text()
    assert "Traceback" not in log.read_text()


def test_without_tls_it_listens_on_loopback_alone_and_believes_no_proxy(database_url: str, tmp_path: Path) -> None:
    """What anybody on the machine writes into a header makes nobody's request a safe one."""
    log, forwarded = tmp_path / "log", {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with serving(database_url, log, http_host=EVERYWHERE) as (port, _):
        assert f"listening on 127.0.0.1 alone, not on {EVERYWHERE}" in log.read_text()
        assert f"http://127.0.0.1:{port}/" in log.read_text()
        sent_on = httpx.get(f"http://127.0.0.1:{port}/healthz/", headers=forwarded)
        assert sent_on.headers["location"] == f"http://127.0.0.1:{port}/healthz"
    with serving(database_url, log, http_host=EVERYWHERE, trusted_proxies="127.0.0.1") as (port, _):
        assert "alone" not in log.read_text()
        sent_on = httpx.get(f"http://127.0.0.1:{port}/healthz/", headers=forwarded)
        assert sent_on.headers["location"] == f"https://127.0.0.1:{port}/healthz"


def test_it_stops_at_once_though_screens_are_listening(database_url: str, tmp_path: Path) -> None:
    """An update of the service at night waits for no wall that shows lots."""
    with connect(database_url, application="tests", actor=TESTER) as connection:
        account = account_of_login(connection, "tester")
        assert account is not None
        key = add_account_key(
            connection, TESTER, account, "wall", [Grant(Role.VIEWER, None)], datetime.now(UTC), timedelta(1)
        )
    with serving(database_url, tmp_path / "log") as (port, process), ExitStack() as stack:
        client = httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {key.whole}"}, timeout=30
        )
        listeners = [stack.enter_context(listening(client)) for _ in range(3)]
        stopped_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
        assert all(listener.ended.wait(1) for listener in listeners)
    assert time.monotonic() - stopped_s < 3
    assert "Traceback" not in (tmp_path / "log").read_text()
