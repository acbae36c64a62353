"""Private servers that nothing outlives: they are fast, and gone when the test run is."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from service.local.servers import LocalServers, local_servers, remove
from service.local.system import INSTANCES, find_or_install

#: Where less memory is free, databases are on the disk. The largest test writes about a gigabyte.
_ROOM_BYTES = 4 << 30


@contextmanager
def throwaway_servers(ending: str = "") -> Iterator[LocalServers]:
    """Both servers of this process, or others of it by another ending; removed at the end."""
    name = f"test-{os.getpid()}{ending}"
    _put_into_memory(find_or_install(print) / INSTANCES / name / "postgres")
    try:
        with local_servers(name, print, durable=False) as running:
            yield running
    finally:
        remove(name)


def _put_into_memory(folder: Path) -> None:
    """A database is 600 files: on a disk they take most of the time that it takes to make one and to delete it.

    Where that cannot be done they are on the disk. Who removes the servers unmounts it too.
    """
    available = Path("/proc/meminfo").read_text(encoding="ascii").partition("MemAvailable:")[2].split()[0]
    if int(available) * 1024 < _ROOM_BYTES:
        return
    folder.mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "none", folder], capture_output=True, check=False)
