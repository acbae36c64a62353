"""What `unbroken up` refuses before it starts anything, and what it gives its parts."""

import socket
import threading

import pytest

from service.errors import SettingError
from service.settings import Settings
from service.supervisor import environment_of, refuse_taken_port, supervise


def test_an_address_of_another_machine_is_named_as_such() -> None:
    """Another port would not help."""
    with pytest.raises(
        SettingError, match=r"^UNBROKEN_HTTP_HOST: 203\.0\.113\.9 is no address of this machine"
    ) as raised:
        refuse_taken_port("203.0.113.9", 8000)
    assert "UNBROKEN_HTTP_PORT" not in str(raised.value)


def test_a_second_start_is_told_all_it_needs_at_once() -> None:
    """A port of its own, and a world of its own."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(SettingError, match=f"taken; .* UNBROKEN_HTTP_PORT={port + 1}$"):
            refuse_taken_port("127.0.0.1", port)
        with pytest.raises(SettingError, match=f"UNBROKEN_LOCAL_NAME=demo-2 UNBROKEN_HTTP_PORT={port + 1}$"):
            refuse_taken_port("127.0.0.1", port, beside="demo")


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(mqtt_url="http://x"), "UNBROKEN_MQTT_URL"),
        (Settings(dialects={"a/#": "none"}), "UNBROKEN_DIALECTS"),
        (Settings(on_call_file="/nowhere/on-call.yaml"), "/nowhere/on-call.yaml"),
    ],
)
def test_what_a_part_would_die_of_is_refused_before_the_start(settings: Settings, named: str) -> None:
    """Otherwise that part is started again for ever, and everything else seems well."""
    with pytest.raises(SettingError, match=named):
        supervise(settings, demo=True, stop=threading.Event())


def test_an_alert_of_the_demo_can_be_answered() -> None:
    """With a secret of this run; one that was set is kept, and without the demo there is none nobody chose."""

    def secret(settings: Settings, *, demo: bool) -> str | None:
        return environment_of(settings, "postgresql://", "mqtt://h", demo=demo).get("UNBROKEN_LINK_SECRET")

    first = secret(Settings(), demo=True)
    assert first is not None
    assert Settings(link_secret=first).link_secret == first
    assert secret(Settings(), demo=True) != first
    assert secret(Settings(), demo=False) is None
    assert secret(Settings(link_secret="chosen-by-somebody"), demo=True) is None
