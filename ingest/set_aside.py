"""The last resort: a message that the database takes neither as readings nor as rejected is kept in a file.

So that no single message can hold up those behind it. One file a content: a line of JSON that says what it is and why
it is here, then the payload as it came. `unbroken rejected set-aside` reads them.
"""

import errno
import hashlib
import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from service.domain.instant import rfc3339

#: Where files are kept, and how many bytes of them, unless settings say otherwise.
FOLDER = Path("/var/lib/unbroken/set-aside")
MOST_BYTES = 256 << 20

#: A file takes at least a block of the disk.
_BLOCK_BYTES = 4_096
_LOOK_EVERY_S = 10.0
_SUFFIX = ".message"
_LONGEST_TOPIC, _LONGEST_REASON = 65_535, 2_000


@dataclass(frozen=True, slots=True)
class SetAside:
    """One message in a file. `path`: where it is."""

    path: Path
    topic: str
    reason: str
    received_at: str
    payload: bytes


class SetAsideFolder:
    """Where one machine's ingest puts such messages."""

    def __init__(self, path: Path = FOLDER, most_bytes: int = MOST_BYTES) -> None:
        self._path = path
        self._most_bytes = most_bytes
        self._used = 0
        self._looked_s = float("-inf")

    def keep(self, topic: str, payload: bytes, received_at: datetime, reason: str) -> bool:
        """Keep a message, once per content and topic; on the disk when this returns. False: there is no room left.

        Raises:
            OSError: the folder cannot be written.
        """
        topic, said = topic[:_LONGEST_TOPIC], reason[:_LONGEST_REASON]
        about = {"topic": topic, "received_at": rfc3339(received_at), "reason": said, "payload_bytes": len(payload)}
        content = json.dumps(about).encode() + b"\n" + payload
        name = hashlib.sha256(topic.encode(errors="backslashreplace") + b"\x00" + payload).hexdigest()
        self._path.mkdir(parents=True, exist_ok=True)
        path = self._path / f"{name}{_SUFFIX}"
        if path.exists():
            return True
        size = _taken(len(content))
        if not self._has_room(size):
            return False
        self._used += size
        unfinished = path.with_suffix(".unfinished")
        try:
            with unfinished.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(path)
        except OSError:
            # Half of a file helps nobody, and takes what room there is.
            unfinished.unlink(missing_ok=True)
            raise
        _sync_folder(self._path)
        return True

    def why_unusable(self) -> str:
        """Why nothing can be kept in it now; empty: it can."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return str(error.strerror)
        return "" if os.access(self._path, os.W_OK | os.X_OK) else os.strerror(errno.EACCES)

    def messages(self) -> list[SetAside]:
        """What is kept, the oldest first.

        Raises:
            OSError: the folder or a file cannot be read.
        """
        return sorted(map(_read, self._files()), key=lambda one: (one.received_at, one.path))

    def count(self) -> int:
        """How many are kept."""
        return len(self._files())

    def _files(self) -> list[Path]:
        return list(self._path.glob(f"*{_SUFFIX}"))

    def _has_room(self, size: int) -> bool:
        """Looked at now and then: people take files away, and looking at thousands takes time."""
        now_s = time.monotonic()
        if now_s - self._looked_s > _LOOK_EVERY_S:
            self._looked_s = now_s
            self._used = sum(_taken(file.stat().st_size) for file in self._files())
        return self._used + size <= self._most_bytes


def _taken(size: int) -> int:
    return -(-size // _BLOCK_BYTES) * _BLOCK_BYTES


def _read(path: Path) -> SetAside:
    head, _, payload = path.read_bytes().partition(b"\n")
    about = json.loads(head)
    return SetAside(path, about["topic"], about["reason"], about["received_at"], payload)


def _sync_folder(path: Path) -> None:
    """The name of a new file is on the disk only when its folder is."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
