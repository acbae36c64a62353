"""``python -m alerts`` as it runs in production: killed, stopped, two at once, and with a database that goes away."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.store.pool import Connection
from tests.telling import SOME_ROUNDS_S, alert_for, delivered, fleet, telling, until, warm_freezer, webhook_receiver
from tests.webhook import HANG, Answer, Webhook

#: An answer that leaves time to do something meanwhile.
SLOWLY = Answer(after_s=0.5)


@contextmanager
def alerts_process(database_url: str, webhook_url: str, **more: str) -> Iterator[subprocess.Popen[str]]:
    """``python -m alerts`` as it runs in production."""
    environment = {
        **os.environ,
        "UNBROKEN_DATABASE_URL": database_url,
        "UNBROKEN_ALERT_WEBHOOK_URL": webhook_url,
        **more,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "alerts"],
        env=environment,
        cwd=Path(__file__).parents[3],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_killed_between_sending_and_recording_it_repeats_with_the_same_key(
    connection: Connection, database_url: str
) -> None:
    """Better to be told twice of a warm freezer, recognisably, than never."""
    warm_freezer(connection)
    with Webhook(answers=[SLOWLY]) as webhook:
        with alerts_process(database_url, webhook.url) as process:
            until(lambda: webhook.reasons == ["first"])
            with connection.transaction():
                connection.execute("LOCK TABLE notifications IN EXCLUSIVE MODE")  # reading goes on, recording waits
                until(lambda: webhook.taken and _waiting_to_record(connection))
                process.send_signal(signal.SIGKILL)
                process.wait()
                _end_sessions(connection)  # else the UPDATE goes on when the lock is released
        assert delivered(connection, "webhook") == []
        # The lease of the dead runs out.
        connection.execute("UPDATE notifications SET leased_until = now() WHERE leased_until IS NOT NULL")
        with alerts_process(database_url, webhook.url):
            until(lambda: delivered(connection, "webhook") == ["first"])
            time.sleep(SOME_ROUNDS_S)
        assert webhook.reasons == ["first", "first"]
        assert len(set(webhook.keys)) == 1


def _waiting_to_record(connection: Connection) -> bool:
    """Whether the webhook took a message that the database does not know of yet."""
    row = connection.execute(
        "SELECT count(*) AS n FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted "
        "AND relation = 'notifications'::regclass AND datname = current_database() "
        "AND application_name = 'unbroken alerts webhook'"
    ).fetchone()
    return row is not None and row["n"] > 0


def _end_sessions(connection: Connection) -> None:
    """Take the database away from whoever delivers."""
    connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
        "WHERE application_name LIKE 'unbroken alerts%' AND datname = current_database()"
    )


def test_a_database_lost_between_sending_and_recording_repeats_nothing(
    connection: Connection, database_url: str
) -> None:
    """What was sent is remembered while the database is away, and recorded when it is back."""
    warm_freezer(connection)
    with Webhook(answers=[SLOWLY]) as webhook, telling(database_url, webhook_receiver(webhook)):
        until(lambda: webhook.reasons == ["first"])
        with connection.transaction():
            connection.execute("LOCK TABLE notifications IN EXCLUSIVE MODE")
            until(lambda: _waiting_to_record(connection))
            _end_sessions(connection)
        until(lambda: delivered(connection, "webhook") == ["first"])
        time.sleep(SOME_ROUNDS_S)
    assert webhook.reasons == ["first"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_promptly_even_while_a_webhook_hangs(
    connection: Connection, database_url: str, number: signal.Signals
) -> None:
    """An update of the service does not wait for a pager; the log has named freezer and lot by then."""
    warm_freezer(connection)
    with (
        Webhook(answers=[HANG]) as webhook,
        alerts_process(database_url, webhook.url, UNBROKEN_LOG_JSON="true") as process,
    ):
        until(lambda: webhook.reasons == ["first"] and delivered(connection, "log") == ["first"])
        process.send_signal(number)
        # Before the pager is given up, after ten seconds.
        _, written = process.communicate(timeout=8)
        assert process.returncode == 0
    [line] = [line for line in written.splitlines() if '"event": "alert: ' in line]
    assert '"level": "critical"' in line
    assert '"role": "alerts"' in line
    assert "lot" in line


@pytest.mark.parametrize(
    "url",
    [
        "pager.example/secret",
        "ftp://pager.example/secret",
        "https:///secret",
        "http://[::1/secret",
        "http://a:b/secret",
    ],
)
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    """A mistyped address must not be found out by the first warm freezer; and it may be a secret."""
    with alerts_process("postgresql://nobody@127.0.0.1:1/none", url) as process:
        _, written = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "UNBROKEN_ALERT_WEBHOOK_URL" in written
    assert "secret" not in written


def test_an_on_call_file_that_cannot_be_used_is_refused_with_its_line(tmp_path: Path) -> None:
    """A rota that names nobody is found out by whoever wrote it, not at three in the morning."""
    file = tmp_path / "on-call.yaml"
    file.write_text(
        "receivers:\n  log: {kind: log}\nchains:\n  all:\n    - {after_min: 0, tell: [nobody]}\ndefault_chain: all\n"
    )
    with alerts_process("postgresql://nobody@127.0.0.1:1/none", "", UNBROKEN_ON_CALL_FILE=str(file)) as process:
        _, written = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "on-call.yaml, line 5" in written
    assert "nobody" in written


def test_a_message_waits_for_no_clock(connection: Connection, database_url: str) -> None:
    """From the commit of whoever finds a freezer warm to the webhook nothing waits for a clock."""
    names = [f"freezer-{n}" for n in range(12)]
    fleet(connection, *names)
    with Webhook() as webhook, alerts_process(database_url, webhook.url, UNBROKEN_ALERT_POLL_S="60"):
        until(lambda: _listening(connection))
        for sent, name in enumerate(names, 1):
            alert_for(connection, name, site=f"at-{name}")
            until(lambda sent=sent: len(webhook.taken) == sent, 20)


def _listening(connection: Connection) -> bool:
    row = connection.execute(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE application_name IN ('unbroken alerts planner', "
        "'unbroken alerts webhook') AND datname = current_database() AND state = 'idle'"
    ).fetchone()
    return row is not None and row["n"] == 2
