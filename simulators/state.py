"""What a world remembers between two runs: when it was born, and what the broker has of each logger."""

import json
import os
import threading
from pathlib import Path

_VERSION = 1


class StateError(Exception):
    """The state file is not one of ours; the message says what to do."""


class WorldState:
    """The flash memory of all loggers of a world, kept in one small JSON file, replaced atomically.

    `acknowledged_until_ms` of a logger: every sample before this moment has been acknowledged. It may lag
    behind the truth after a kill; then some readings are sent twice, and none is lost.
    """

    def __init__(self, path: Path, *, born_ms: int, seed: int) -> None:
        self.path = path
        self.born_ms = born_ms
        self.seed = seed
        self._acknowledged_until_ms: dict[str, int] = {}
        self._changed = True
        self._lock = threading.Lock()

    @classmethod
    def open(cls, path: Path, *, now_ms: int, seed: int) -> "WorldState":
        """The state in `path`; where there is none, a new world born at `now_ms` with this seed.

        Raises:
            StateError: the file cannot be read as a state.
        """
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return cls(path, born_ms=now_ms, seed=seed)
        try:
            content = json.loads(text)
            if content["version"] != _VERSION:
                raise ValueError(f"version {content['version']}")
            state = cls(path, born_ms=int(content["born_ms"]), seed=int(content["seed"]))
            state._acknowledged_until_ms = {
                str(logger_id): int(until_ms) for logger_id, until_ms in content["acknowledged_until_ms"].items()
            }
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise StateError(
                f"{path} is not the state of a simulated world ({problem}); remove it to begin a new world"
            ) from problem
        state._changed = False
        return state

    def acknowledged_until_ms(self, logger_id: str) -> int | None:
        """Up to which moment (exclusive) this logger's samples are acknowledged; None: nothing is."""
        with self._lock:
            return self._acknowledged_until_ms.get(logger_id)

    def acknowledge(self, logger_id: str, until_ms: int) -> None:
        """Note that every sample of this logger before `until_ms` is acknowledged."""
        with self._lock:
            self._acknowledged_until_ms[logger_id] = until_ms
            self._changed = True

    def save(self) -> None:
        """Write the file if anything changed since the last time."""
        with self._lock:
            if not self._changed:
                return
            content = {
                "version": _VERSION,
                "born_ms": self.born_ms,
                "seed": self.seed,
                "acknowledged_until_ms": dict(sorted(self._acknowledged_until_ms.items())),
            }
            self._changed = False
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_name(self.path.name + ".new")
        with beside.open("w", encoding="utf-8") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
