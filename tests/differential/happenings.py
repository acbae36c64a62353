"""What can happen in a course: an act over HTTP, or readings by some door. Each says itself as a sentence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from fractions import Fraction
from itertools import groupby
from typing import Any

from tests.differential.facts import Facts, Probe
from tests.differential.oracle import Value

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US


def instant(at_us: int) -> str:
    """RFC 3339, to the microsecond."""
    return datetime.fromtimestamp(at_us // SECOND_US, UTC).replace(microsecond=at_us % SECOND_US).isoformat()


def time_of_day(at_us: int) -> str:
    """For sentences."""
    return datetime.fromtimestamp(at_us // SECOND_US, UTC).strftime("%d. %H:%M:%S")


@dataclass(frozen=True)
class Act:
    """Something a person does. If it is accepted, `fact` is so."""

    says: str
    path: str
    body: Mapping[str, Any]
    fact: Callable[[Facts], None]
    kind: str = "furnish"


@dataclass(frozen=True)
class Readings:
    """What a probe said, by one door."""

    door: str
    dialect: str
    probe: Probe
    values: tuple[tuple[int, Value], ...]
    kind: str = "readings"

    @property
    def says(self) -> str:
        """Runs of readings alike, in one line."""
        runs = []
        for said, some in groupby(self.values, key=lambda pair: _shown(pair[1])):
            times = [at_us for at_us, _ in some]
            span = time_of_day(times[0]) + (f" – {time_of_day(times[-1])[4:]} ({len(times)}×)" if times[1:] else "")
            runs.append(f"{said} at {span}")
        return f"{self.probe[0]}/{self.probe[1] or '-'} says by {self.door} ({self.dialect}): {', '.join(runs)}"


def _shown(value: Value) -> str:
    return f"about {5 * round(value / 5)}" if isinstance(value, float) else str(value)


Happening = Act | Readings


def fahrenheit(celsius: float) -> float:
    """As a device shows it."""
    return round(celsius * 9 / 5 + 32, 2)


def as_heard(dialect: str, value: Value) -> Value:
    """What a value comes to after it was said in that dialect's unit. Exactly: 43.7 °F is at 6.5 °C, not above it."""
    if not dialect.endswith("_f") or not isinstance(value, float):
        return value
    return float((Fraction(str(fahrenheit(value))) - 32) * 5 / 9)


def messages(sent: Readings) -> Iterator[tuple[str, Any]]:
    """Topics and payloads, as the makers document them."""
    logger, name = sent.probe
    own = logger.split(":", 1)[-1]
    kind, _, unit = sent.dialect.partition("_")
    if kind == "coldchain":
        if len(sent.values) % 3 == 0:
            for at_us, value in sent.values:
                yield f"coldchain/v1/site/{logger}/readings", _reading(at_us, value, name)
        else:
            yield f"coldchain/v1/site/{logger}/readings", [_reading(at_us, value, name) for at_us, value in sent.values]
        return
    field = "temperature_f" if unit else "temperature"
    for at_us, value in sent.values:
        shown = fahrenheit(value) if unit and isinstance(value, float) else value
        if kind == "thingsboard":
            yield "v1/gateway/telemetry", {own: [{"ts": at_us // 1_000, "values": {field: shown}}]}
        elif kind == "chirpstack":
            topic = f"application/ae3012c2-73a1-4c5e-ae4f-b4b1dba8a8d1/device/{own}/event/up"
            yield (
                topic,
                {"time": instant(at_us), "deviceInfo": {"deviceName": "f", "devEui": own}, "object": {field: shown}},
            )
        elif kind == "ttn":
            device = own.split("/")[-1]
            decoded = {"BatV": 3.05, "TempF_DS" if unit else "TempC_DS": shown}
            yield (
                f"v3/app1@tenant1/devices/{device}/up",
                {
                    "end_device_ids": {"device_id": device},
                    "received_at": instant(at_us),
                    "uplink_message": {"f_port": 2, "decoded_payload": decoded},
                },
            )
        elif kind == "tasmota":
            sensor = {"BME280": {"Temperature": shown}}
            yield f"tele/{own}/SENSOR", {"Epoch": at_us // SECOND_US, **sensor, "TempUnit": "F" if unit else "C"}
        elif kind == "zigbee2mqtt":
            yield f"zigbee2mqtt/{own}", {"temperature": shown, "humidity": 44.7, "last_seen": instant(at_us)}
        else:
            params = {"ts": at_us / SECOND_US, "temperature:0": {"id": 0, "tC": shown}}
            yield f"{own}/events/rpc", {"src": own, "method": "NotifyFullStatus", "params": params}


def _reading(at_us: int, value: Value, probe: str) -> dict[str, Any]:
    return {"measured_at": instant(at_us), "temperature_c": value, **({"probe": probe} if probe else {})}


def payload(sent: Readings) -> list[dict[str, Any]]:
    """Of our own dialect, over HTTP."""
    return [_reading(at_us, value, sent.probe[1]) for at_us, value in sent.values]


def csv(sent: Readings) -> bytes:
    """A file of one logger."""
    rows = [f"{instant(at_us)},{'' if value is None else value},{sent.probe[1]}" for at_us, value in sent.values]
    return "\n".join(["measured_at,temperature_c,probe", *rows, ""]).encode()


def told(happenings: Sequence[Happening]) -> list[str]:
    """As sentences."""
    return [one.says for one in happenings]
