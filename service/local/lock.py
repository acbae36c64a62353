"""A lock between processes on one machine: a file, held until released or until its holder is dead."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """Held by at most one process at a time. The kernel frees it when the holder ends, however it ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    def acquire(self, *, wait: bool = False) -> bool:
        """Take the lock, waiting for it if asked. False: another process (or another lock object) holds it."""
        self.path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        while True:
            # os.open makes the descriptor non-inheritable, so servers started meanwhile never hold the lock.
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                os.close(descriptor)
                return False
            except BaseException:
                os.close(descriptor)
                raise
            if self._is_current(descriptor):
                self._descriptor = descriptor
                return True
            os.close(descriptor)  # its last holder deleted the file; lock the new one

    @property
    def descriptor(self) -> int:
        """The open file that holds the lock. A child it is passed to holds the lock as well, until it ends."""
        if self._descriptor is None:
            raise RuntimeError(f"{self.path} is not held.")
        return self._descriptor

    def describe(self, text: str) -> None:
        """Note who holds the lock and what runs under it, for those who are turned away."""
        self.path.write_text(text, encoding="utf-8")

    def description(self) -> str:
        """What the holder noted."""
        return self.path.read_text(encoding="utf-8").strip()

    def release(self, *, delete: bool = False) -> None:
        """Give the lock back; with `delete` the file goes too."""
        if self._descriptor is None:
            return
        if delete:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)
        self._descriptor = None

    def _is_current(self, descriptor: int) -> bool:
        try:
            return os.path.samestat(os.fstat(descriptor), self.path.stat())
        except FileNotFoundError:
            return False
