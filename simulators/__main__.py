"""`python -m simulators`: the demo world on MQTT until SIGINT or SIGTERM."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections import deque
from operator import attrgetter
from pathlib import Path
from time import sleep, time
from typing import NoReturn

from simulators.demo import demo_world
from simulators.link import Broker
from simulators.office import Office, Signer
from simulators.publisher import Fleet
from simulators.registration import RegistrationError, register
from simulators.state import StateError, WorldState
from simulators.world import World

_log = logging.getLogger("simulators")


def main(arguments: list[str] | None = None) -> int:
    """Run the demo world; returns the exit code: 0 stopped, 1 registration failed, 2 wrong usage."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s simulators %(message)s"
    )
    logging.getLogger("httpx").setLevel(logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    fleet: Fleet | None = None
    try:
        broker = Broker.from_url(os.environ.get("UNBROKEN_MQTT_URL", ""))
        now_ms = int(time() * 1_000)
        state = WorldState.open(options.state, now_ms=now_ms, seed=options.seed)
        if state.seed != options.seed:
            _log.warning("world %s keeps the seed it was born with, %d", options.state, state.seed)
        # Saved before anything is told to anybody: a second start must not find another birth.
        state.save()
        world = demo_world(born_ms=state.born_ms, seed=state.seed)
        registered = register(options.api_url, world.entries(), api_key=_api_key(options.api_key_file))
        _log.info(
            "registered created=%d known=%d lots=%d containers=%d",
            registered.created, registered.known, len(world.lots), len(world.units),
        )  # fmt: skip
        fleet = Fleet(world.stations(), broker, state)
        fleet.start()
        _open_office(options.api_url, options.signer, _api_key(options.api_key_file), world)
        _watch(world, fleet, state)
    except KeyboardInterrupt:
        return 0
    except (ValueError, StateError) as problem:
        _log.error("%s", problem)
        return 2
    except RegistrationError as problem:
        _log.error("%s", problem)
        return 1
    finally:
        # A second signal would only cut the saving short.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if fleet is not None:
            fleet.stop()
            _log.info("stopped sent=%d", fleet.sent_readings)


def _watch(world: World, fleet: Fleet, state: WorldState) -> NoReturn:
    """Once a second: save, and say what changed. Ends only by a signal."""
    to_come = [line for line in world.story if line.at_ms >= time() * 1_000]
    story = deque(sorted(to_come, key=attrgetter("at_ms")))
    backlog_told = False
    cut_off = 0
    while True:
        sleep(1.0)
        state.save()
        while story and story[0].at_ms <= time() * 1_000:
            _log.info("event %s", story.popleft().text)
        if not backlog_told and fleet.is_caught_up:
            _log.info("backlog published readings=%d", fleet.sent_readings)
            backlog_told = True
        if fleet.cut_off != cut_off:
            cut_off = fleet.cut_off
            _log.info(
                "broker unreachable_for=%d of %d loggers%s",
                cut_off, len(fleet.loggers), ", they buffer" if cut_off else "",
            )  # fmt: skip


def _open_office(api_url: str, signer: str, api_key: str, world: World) -> None:
    password = os.environ.get("UNBROKEN_SIGNER_PASSWORD", "")
    if not password:
        _log.info("papers: nobody signs, so lots stay without; UNBROKEN_SIGNER_PASSWORD is that of %s", signer)
        return
    office = Office(api_url, api_key, Signer(api_url, signer, password), world)
    # It ends with the process: what is left of it is done at the next start.
    threading.Thread(target=office.run, args=(threading.Event(),), name="office", daemon=True).start()


def _api_key(file: Path | None) -> str:
    """Never an argument: those of a process are read by everybody on the machine."""
    if file is None:
        return os.environ.get("UNBROKEN_API_KEY", "")
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as problem:
        raise ValueError(f"--api-key-file {file} cannot be read: {problem}") from problem


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulators",
        description=f"{__doc__} The broker is UNBROKEN_MQTT_URL, mqtt[s]://[[user]:password@]host:port.",
    )
    parser.add_argument("--api-url", required=True, help="the service, for example http://127.0.0.1:8000")
    parser.add_argument(
        "--api-key-file",
        type=Path,
        help="file with a key of the service (default: UNBROKEN_API_KEY of the environment)",
    )
    parser.add_argument(
        "--signer", default="quality", help="login of who signs papers (default quality); UNBROKEN_SIGNER_PASSWORD"
    )
    parser.add_argument("--state", required=True, type=Path, help="file that remembers this world")
    parser.add_argument("--seed", type=int, default=7, help="chance of a new world (default 7)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
