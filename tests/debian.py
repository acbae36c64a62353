"""Programs of Debian's packages, fetched once and unpacked beside the system, not installed."""

import os
import shutil
import subprocess
from pathlib import Path

from service.local.lock import FileLock
from service.local.system import DEFAULT_FOLDER, FOLDER_VARIABLE


def debian_program(package: str, path: str) -> Path:
    """A program by its path inside a package, such as ``usr/bin/prometheus``.

    The packages it depends on are not fetched: programs that are one file, as those written in Go are, need none.
    """
    folder = Path(os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER).resolve() / "debian-programs"
    unpacked = folder / package
    lock = FileLock(folder / f"{package}.lock")
    lock.acquire(wait=True)
    try:
        if not unpacked.exists():
            _unpack(package, unpacked)
    finally:
        lock.release()
    program = unpacked / path.lstrip("/")
    assert program.is_file(), f"{program} is missing: Debian's package {package} has no such file"
    return program


def with_its_files(package: str, path: str) -> list[str]:
    """The start of a command line that runs such a program with its own package's ``/usr/share``, seen by it alone."""
    program = debian_program(package, path)
    share = program.parents[path.strip("/").count("/")] / "usr/share"
    return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /usr/share && exec "$@"', str(share), str(program)]


def _unpack(package: str, unpacked: Path) -> None:
    building = unpacked.with_name(f"{package}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    fetching = ["apt-get", "download", package]
    if subprocess.run(fetching, cwd=building, check=False, capture_output=True).returncode != 0:
        # The machine's lists of packages are missing or old. One unrelated source may be down: what counts is whether
        # the package can be had then.
        _run(["apt-get", "update"], building, check=False)
        _run(fetching, building)
    [archive] = building.glob("*.deb")
    _run(["dpkg-deb", "-x", str(archive), str(building / "files")], building)
    (building / "files").rename(unpacked)
    shutil.rmtree(building)


def _run(command: list[str], folder: Path, *, check: bool = True) -> None:
    ended = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert not check or ended.returncode == 0, f"`{' '.join(command)}` failed: {ended.stderr.strip()}"
