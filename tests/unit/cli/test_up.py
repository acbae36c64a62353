"""What `unbroken up` refuses before it starts anything, and what it gives its parts."""

import socket
from pathlib import Path

import pytest

from service.cli.listening import refuse_taken_port
from service.cli.up import environment_of, supervise
from service.errors import SettingError
from service.local.lock import FileLock
from service.local.system import INSTANCES
from service.settings import Settings


def test_an_address_of_another_machine_is_named_as_such() -> None:
    """Another port would not help."""
    with pytest.raises(
        SettingError, match=r"^UNBROKEN_HTTP_HOST: 203\.0\.113\.9 is no address of this machine"
    ) as raised:
        refuse_taken_port("203.0.113.9", 8000)
    assert "UNBROKEN_HTTP_PORT" not in str(raised.value)


def test_a_taken_port_is_named_with_the_next_one() -> None:
    """Whoever reads it can copy what to do."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingError, match=f"taken; .* UNBROKEN_HTTP_PORT={port + 1}$"):
            refuse_taken_port("127.0.0.1", port)


def test_a_second_start_is_told_all_it_needs_at_once(tmp_path: Path) -> None:
    """Who runs it, and how to run another beside it: a world of its own, and a port of its own."""
    lock = FileLock(tmp_path / "debian-13" / INSTANCES / "demo.lock")
    assert lock.acquire()
    lock.describe("process 4711, starting")
    settings = Settings(local_dir=str(tmp_path), http_port=8123)
    with pytest.raises(SettingError) as raised:
        supervise(settings, demo=True)
    assert str(raised.value) == (
        "'demo' is running already: process 4711, starting. Stop that process, or run another beside it: "
        "UNBROKEN_LOCAL_NAME=demo-2 UNBROKEN_HTTP_PORT=8124"
    )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(mqtt_url="http://x"), "UNBROKEN_MQTT_URL"),
        (Settings(dialects={"a/#": "none"}), "UNBROKEN_DIALECTS"),
        (Settings(on_call_file="/nowhere/on-call.yaml"), "/nowhere/on-call.yaml"),
        (Settings(monitor_url="monitor.example"), "UNBROKEN_MONITOR_URL"),
        (Settings(local_dir="/proc/x"), r"UNBROKEN_LOCAL_DIR: /proc/x cannot be written \(.*\); name a folder"),
    ],
)
def test_what_a_part_would_die_of_is_refused_before_the_start(settings: Settings, named: str) -> None:
    """Otherwise that part is started again for ever, and everything else seems well."""
    with pytest.raises(SettingError, match=named):
        supervise(settings, demo=True)


def test_an_alert_of_the_demo_can_be_answered() -> None:
    """With a secret of this run; one that was set is kept, and without the demo there is none nobody chose."""

    def secret(settings: Settings, *, demo: bool) -> str | None:
        return environment_of(settings, "mqtt://h", demo=demo).get("UNBROKEN_LINK_SECRET")

    first = secret(Settings(), demo=True)
    assert first is not None
    assert Settings(link_secret=first).link_secret == first
    assert secret(Settings(), demo=True) != first
    assert secret(Settings(), demo=False) is None
    assert secret(Settings(link_secret="chosen-by-somebody"), demo=True) is None
