"""Messages that nobody can take, among those that anybody can, and a clock that jumps."""

import json
import random
import time
from datetime import timedelta
from pathlib import Path

import pytest

from tests.acceptance.faults import Rig
from tests.acceptance.fleet import Row
from tests.eventually import eventually
from tests.scenario import START

pytestmark = pytest.mark.acceptance

_TIME = START.isoformat()

#: Each is rejected with its own reason, and kept.
POISON = [
    b" ",
    b"\xff\xfe\x00",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b"0" * (1 << 20) + b"0",
    b'{"measured_at": 1, "temperature_c": -80}',
    b'{"measured_at": 99999999999999999999, "temperature_c": -80}',
    f'{{"measured_at": "{_TIME}", "temperature_c": 1{"0" * 400}}}'.encode(),
    f'{{"measured_at": "{_TIME}", "temperature_c": -80, "seq": 9223372036854775808}}'.encode(),
    f'{{"measured_at": "{_TIME}", "temperature_c": -80, "probe": "\\u0000"}}'.encode(),
    f'{{"measured_at": "{_TIME}", "temperature_c": -80, "probe": "\\ud800"}}'.encode(),
]

#: Runs ingest with a part of it replaced, as no setting can.
_WITH_A_CLOCK_OF_ITS_OWN = """
import pathlib, runpy, sys, time
real, ahead = time.time_ns, pathlib.Path(sys.argv[1])
time.time_ns = lambda: real() + int(ahead.read_text() or 0) * 10**9
time.time = lambda: time.time_ns() / 1e9
runpy.run_module("ingest", run_name="__main__")
"""
_WITH_A_BUG = """
import runpy
import ingest.messages as messages
plain_of = messages.plain_of
def plain_with_a_bug(*given):
    plain = plain_of(*given)
    if (plain.columns.by_name["temperature_c"] == 77.0).any():
        raise RecursionError("a bug that one reading meets")
    return plain
messages.plain_of = plain_with_a_bug
runpy.run_module("ingest", run_name="__main__")
"""


def test_poison_among_readings(rig: Rig, timing: random.Random) -> None:
    """What cannot be read is set aside with its reason, and costs no other message."""
    with rig.storm() as fleet:
        for payload in timing.sample(POISON, len(POISON)):
            fleet.strange.put((f"{rig.name}-0/readings", payload))
            time.sleep(timing.uniform(0, 0.05))
        fleet.strange.put(("nobody/knows/this", b"1"))


def test_rows_the_database_refuses(rig: Rig, timing: random.Random) -> None:
    """The good readings of a message stay, though the database refuses others of it."""
    rig.sql("ALTER TABLE readings ADD CONSTRAINT no_77 CHECK (temperature_c <> 77)")
    with rig.storm() as fleet:
        for message in range(3):
            readings = []
            for i in range(40):
                refused = timing.random() < 0.1
                measured_at = START - timedelta(hours=message + 1, seconds=-i)
                readings.append(
                    {"measured_at": measured_at.isoformat(), "temperature_c": 77 if refused else 20, "seq": i}
                )
                if not refused:
                    rig.also.add((f"{rig.name}-array", measured_at, 20.0, i))
            readings[0]["temperature_c"] = 77
            rig.also.discard((f"{rig.name}-array", START - timedelta(hours=message + 1), 20.0, 0))
            fleet.strange.put((f"{rig.name}-array/readings", json.dumps(readings).encode()))
            time.sleep(timing.uniform(0, 0.2))


def test_a_message_that_defeats_our_code(rig: Rig, timing: random.Random) -> None:
    """A bug that one message meets stops no other; the message is kept until it is mended."""
    rig.command = ["-c", _WITH_A_BUG]
    with rig.storm() as fleet:
        time.sleep(timing.uniform(0, 0.5))
        poison = {"measured_at": _TIME, "temperature_c": 77.0}
        fleet.strange.put((f"{rig.name}-0/readings", json.dumps(poison).encode()))
        time.sleep(timing.uniform(0, 0.3))


def test_the_clock_jumps(rig: Rig, timing: random.Random, tmp_path: Path) -> None:
    """A clock set back and forth changes when a reading is said to have come, not whether or how soon it is stored."""
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    rig.command = ["-c", _WITH_A_CLOCK_OF_ITS_OWN, str(ahead)]
    with rig.storm():
        for jump in (3_600, -86_400, 10 * 365 * 86_400, -100 * 86_400):
            time.sleep(timing.uniform(0, 0.2))
            _replace(ahead, round(jump * timing.random()))
            before = rig.stored()
            eventually(lambda before=before: rig.stored() > before + 50, 10, "readings are stored as before")


def test_the_clock_is_set_far_back(rig: Rig, timing: random.Random, tmp_path: Path) -> None:
    """With our clock before every time of measurement readings are set aside, each with its bytes; none is lost."""
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    rig.command = ["-c", _WITH_A_CLOCK_OF_ITS_OWN, str(ahead)]
    with rig.fleet() as fleet:
        time.sleep(timing.uniform(0, 0.3))
        _replace(ahead, -2 * 365 * 86_400)
        time.sleep(timing.uniform(0.1, 0.5))
        _replace(ahead, 0)
    eventually(lambda: rig.stored() + rig.rejected() >= len(fleet.taken), 30, "every message has ended somewhere")
    rig.stop()
    kept = {_as_row(row) for row in rig.sql("SELECT topic, payload FROM rejected_messages WHERE code = 'time_ahead'")}
    assert kept
    assert set(rig.rows()).isdisjoint(kept)
    assert set(rig.rows()) | kept == fleet.rows()


def _as_row(rejected: dict[str, object]) -> Row:
    reading = json.loads(bytes(rejected["payload"]))  # type: ignore[call-overload]  # a bytea
    return (
        str(rejected["topic"]).split("/")[3],
        START + timedelta(seconds=reading["seq"]),
        reading["temperature_c"],
        reading["seq"],
    )


def _replace(file: Path, seconds: int) -> None:
    new = file.with_suffix(".new")
    new.write_text(str(seconds))
    new.rename(file)
