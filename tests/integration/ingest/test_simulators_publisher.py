"""Virtual loggers on a real broker: what they measured arrives, whatever happens to the broker or to them."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import monotonic, sleep, time
from typing import Any, Protocol

import pytest

from simulators.bodies import dry_ice_shipper
from simulators.link import Broker
from simulators.logger import Logger, LoggerSpec, Pace, Window
from simulators.publisher import Fleet, Station
from simulators.registration import RegistrationError, register
from simulators.replay import ReplayError, replay
from simulators.state import StateError, WorldState
from simulators.thermal import ThermalModel
from simulators.world import Entry
from tests.listener import listening

SITE = "dock"
READINGS = f"coldchain/v1/{SITE}/+/readings"


class RealBroker(Protocol):
    """What the fixture `broker` gives."""

    url: str

    def kill(self) -> None: ...
    def stop(self) -> None: ...
    def start(self) -> None: ...


def station(logger_id: str, begins_ms: int, *, lasts_s: float, offline: tuple[Window, ...] = ()) -> Station:
    """A logger that samples ten times a second and is then switched off."""
    spec = LoggerSpec(
        logger_id,
        SITE,
        (Pace(begins_ms, 100),),
        stops_ms=begins_ms + int(lasts_s * 1_000),
        duplicate_probability=0.05,
        fault_probability=0.02,
    )
    model = ThermalModel(dry_ice_shipper(), seed=3, name=logger_id, epoch_ms=begins_ms)
    return Station(SITE, logger_id, Logger(spec, model, seed=3), begins_ms, offline)


def everything(stations: list[Station]) -> set[tuple[str, str, Any]]:
    """What the loggers measure in their whole lives."""
    return {
        (
            f"coldchain/v1/{SITE}/{one.logger_id}/readings",
            str(sample.payload["measured_at"]),
            sample.payload["temperature_c"],
        )
        for one in stations
        for sample in one.source.between(one.begins_ms, one.begins_ms + 3_600_000)
    }


def until(condition: Callable[[], bool], within_s: float) -> bool:
    deadline = monotonic() + within_s
    while not condition() and monotonic() < deadline:
        sleep(0.02)
    return condition()


def new_state(path: Path) -> WorldState:
    return WorldState.open(path, now_ms=int(time() * 1_000), seed=3)


def test_loggers_buffer_while_the_broker_is_down(broker: RealBroker, tmp_path: Path) -> None:
    """A logger whose network failed sends afterwards what it measured meanwhile: nothing lost, nothing new."""
    begins_ms = int(time() * 1_000)
    stations = [station(f"lg-{number}", begins_ms, lasts_s=5.0) for number in range(3)]
    expected = everything(stations)
    fleet = Fleet(stations, Broker.from_url(broker.url), new_state(tmp_path / "state.json"), poll_s=0.05)
    with listening(broker.url, READINGS) as listener:
        fleet.start()
        try:
            assert until(lambda: len(listener.readings()) > 40, 20)
            # It saves before it goes: one that is killed may lose what it took since its last save.
            broker.stop()
            assert until(lambda: fleet.cut_off == len(stations), 20)
            before = set(listener.readings())
            sleep(1.0)
            assert set(listener.readings()) == before
            broker.start()
            assert until(lambda: set(listener.readings()) >= expected, 15)
        finally:
            fleet.stop()
        assert before < expected
        assert set(listener.readings()) == expected
        assert fleet.cut_off == 0


def test_a_restarted_simulator_sends_what_was_measured_meanwhile(broker: RealBroker, tmp_path: Path) -> None:
    """A logger has flash memory: hours without a way out are uploaded, what was acknowledged is not."""
    begins_ms = int(time() * 1_000) - 40_000
    stations = [station("lg-flash", begins_ms, lasts_s=41.0)]
    expected = everything(stations)
    with listening(broker.url, READINGS) as listener:
        path = tmp_path / "state.json"
        # The first run knows the time as it was 20 s ago, so it leaves half of all readings unsent.
        first = Fleet(stations, Broker.from_url(broker.url), new_state(path), clock=lambda: time() - 20.0, poll_s=0.05)
        first.start()
        assert until(lambda: len(set(listener.readings())) >= 190, 20)
        first.stop()
        assert until(lambda: len(listener.readings()) >= first.sent_readings, 20)
        sent_before = len(listener.readings())
        assert sent_before < len(expected)
        second = Fleet(stations, Broker.from_url(broker.url), new_state(path), poll_s=0.05)
        second.start()
        assert until(lambda: set(listener.readings()) == expected, 20)
        second.stop()
        repeated = len(listener.readings()) - len(everything(stations))
        assert repeated < 100
        sizes = [len(json.loads(payload).get("readings", [0])) for _, payload, _ in listener.messages]
        assert max(sizes) <= 100
        assert len(sizes) < sent_before


def test_a_shipper_without_a_network_uploads_on_arrival(broker: RealBroker, tmp_path: Path) -> None:
    """A shipper under way is silent; its readings of the journey come all at once when it arrives."""
    now_ms = int(time() * 1_000)
    under_way = Window(now_ms - 8_000, now_ms + 1_500)
    stations = [station("lg-ship", now_ms - 10_000, lasts_s=13.0, offline=(under_way,))]
    expected = everything(stations)
    fleet = Fleet(stations, Broker.from_url(broker.url), new_state(tmp_path / "state.json"), poll_s=0.05)
    with (
        listening(broker.url, READINGS) as listener,
        listening(broker.url, f"coldchain/v1/{SITE}/lg-ship/status") as status,
    ):
        fleet.start()
        try:
            assert until(lambda: len(listener.readings()) >= 20, 1.2)
            assert until(lambda: [m[1] for m in status.messages][-1:] == [b"offline"], 1.2)
            # Two seconds at ten a second were sent before departure, and their duplicates; nothing since.
            assert len(set(listener.readings())) == 20
            assert until(lambda: set(listener.readings()) == expected, 20)
        finally:
            fleet.stop()
        assert b"online" in [message[1] for message in status.messages]
    with listening(broker.url, f"coldchain/v1/{SITE}/lg-ship/status") as late:
        assert until(lambda: bool(late.messages), 20)
        assert late.messages[-1][1:] == (b"offline", True)


@pytest.mark.parametrize("per_message", [1, 40])
def test_a_replay_returns_when_all_has_arrived(broker: RealBroker, per_message: int) -> None:
    """A logger's own file can be told to the service again, reading by reading or in one upload."""
    readings: list[dict[str, Any]] = [
        {"measured_at": 1_790_000_000_000 + 60_000 * row, "temperature_c": round(-80 + row / 10, 1)}
        for row in range(150)
    ]
    with listening(broker.url, READINGS) as listener:
        assert replay(broker.url, SITE, "lg-file", iter(readings), per_message) == 150
        assert until(lambda: len(listener.readings()) == 150, 20)
        assert [(r[1], r[2]) for r in listener.readings()] == [
            (reading["measured_at"], reading["temperature_c"]) for reading in readings
        ]


def test_a_replay_outlives_the_broker(broker: RealBroker) -> None:
    """A broker that dies during an upload delays it and takes nothing away."""
    readings = [{"measured_at": 1_790_000_000_000 + 60_000 * row, "temperature_c": -80.0} for row in range(200)]

    def slowly() -> Iterator[dict[str, Any]]:
        for reading in readings:
            sleep(0.01)
            yield reading

    def interrupt() -> None:
        sleep(0.8)
        broker.kill()
        sleep(0.5)
        broker.start()

    interruption = threading.Thread(target=interrupt)
    interruption.start()
    assert replay(broker.url, SITE, "lg-file", slowly()) == 200
    interruption.join()


def test_a_replay_says_when_nobody_is_there() -> None:
    """Readings that reached nobody are not called sent."""
    with pytest.raises(ReplayError, match="0 readings acknowledged"):
        replay("mqtt://127.0.0.1:1", SITE, "lg-file", [{"measured_at": 0, "temperature_c": 1.0}], timeout_s=0.5)


def test_a_foreign_state_file_is_refused(tmp_path: Path) -> None:
    """A memory that cannot be read is not taken for an empty one."""
    path = tmp_path / "state.json"
    path.write_text('{"version": 9}')
    with pytest.raises(StateError, match="remove it"):
        new_state(path)


class Register(ThreadingHTTPServer):
    """A service that only remembers what it was told: 201 for a new id, 409 for a known one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _RegisterDesk)
        self.known: set[tuple[str, str]] = set()
        self.created = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _RegisterDesk(BaseHTTPRequestHandler):
    server: Register

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if body["id"] == "refused":
            self._answer(422, b'{"title": "Refused", "detail": "range_max_c does not span the limits"}')
            return
        new = (self.path, body["id"]) not in self.server.known
        self.server.known.add((self.path, body["id"]))
        self.server.created += new
        self._answer(201 if new else 409, b"{}")

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def service() -> Iterator[Register]:
    server = Register()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_what_the_service_refuses_is_told_in_its_words(service: Register) -> None:
    """A logger that cannot watch its container's limits is not silently left out."""
    with pytest.raises(RegistrationError, match="422 range_max_c does not span the limits"):
        register(service.url, [Entry("/v1/loggers", {"id": "refused"})])


def test_a_service_that_never_comes_is_not_waited_for_for_ever() -> None:
    """Waiting has an end, and says what was waited for."""
    with pytest.raises(RegistrationError, match="is not ready"):
        register("http://127.0.0.1:1", [Entry("/v1/sites", {"id": "a"})], wait_s=0.3)


def test_the_demo_world_tells_three_days_and_stops_at_once(
    broker: RealBroker, service: Register, tmp_path: Path
) -> None:
    """The world registers once, tells its history at once, ends within two seconds, and goes on where it was."""
    command = [
        sys.executable, "-m", "simulators", "--api-url", service.url,
        "--state", str(tmp_path / "world.json"),
    ]  # fmt: skip
    with listening(broker.url, "coldchain/v1/+/+/readings") as listener:
        for run in range(2):
            heard = len(listener.readings())
            environment = {**os.environ, "UNBROKEN_MQTT_URL": broker.url}
            process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
            assert process.stderr is not None
            said: list[str] = []
            for line in process.stderr:
                said.append(line)
                if "backlog published" in line:
                    break
            asked_at = monotonic()
            process.send_signal(signal.SIGTERM)
            said += process.stderr.readlines()
            process.stderr.close()
            assert process.wait(20) == 0, said
            assert monotonic() - asked_at < 10
            assert len(said) < 8
            if run == 0:
                assert until(lambda: len(set(listener.readings())) > 6_400, 20)
                created = service.created
            else:
                assert len(listener.readings()) - heard < 500
    assert service.created == created
