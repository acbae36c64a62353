"""Chromium for the tests of pages: found on this machine or, where that can be done, installed once."""

import contextlib
import os
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

Progress = Callable[[str], None]

PROGRAMS = ("chromium", "google-chrome")
PACKAGES = ("chromium", "fonts-dejavu-core")
#: CI containers are root without user namespaces; and a test's browser calls nobody but our own server.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
)
_APT = ("apt-get", "-o", "DPkg::Lock::Timeout=300")


class ChromiumMissingError(Exception):
    """There is no Chromium and it cannot be installed; the message says what to do."""


@contextlib.contextmanager
def launched(config: pytest.Config) -> Iterator[Browser]:
    """A running one; it says aloud when it is installed first."""
    capture = config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    with capture.global_and_fixture_disabled():
        program = find_or_install(print)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=list(ARGUMENTS))
        yield running
        running.close()


def find_or_install(progress: Progress) -> str:
    """Path of the browser's program; installed first where it is missing (a minute or two, once a machine).

    Raises ChromiumMissingError, saying what to install, without root, without apt-get, or when installing fails.
    """
    found = _find()
    if found is None:
        _install(progress)
        found = _find()
    if found is None:
        raise _cannot(f"{' '.join(PACKAGES)} are installed, yet there is no program {' or '.join(PROGRAMS)}")
    return found


def _find() -> str | None:
    # Ubuntu's package `chromium` is a stand-in for a snap, and in a container there are no snaps.
    programs = (shutil.which(name) for name in PROGRAMS)
    return next((path for path in programs if path and "/snap/" not in os.path.realpath(path)), None)


def _install(progress: Progress) -> None:
    if not shutil.which("apt-get") or "ID=debian" not in Path("/etc/os-release").read_text(encoding="utf-8"):
        raise _cannot("this is not Debian")
    if os.geteuid() != 0:
        raise _cannot("it is missing, and only root can install it")
    progress("Installing Chromium with apt-get (about 100 MB to download, once).")
    # A machine may list an unrelated source that is down; whether Chromium can be had is what counts.
    with contextlib.suppress(ChromiumMissingError):
        _follow([*_APT, "update"], progress)
    _follow([*_APT, "install", "--yes", "--no-install-recommends", *PACKAGES], progress)
    progress("Chromium is installed.")


def _follow(args: list[str], progress: Progress) -> None:
    """Run a command; every fiftieth line it prints is shown, so that one sees it move."""
    tail: deque[str] = deque(maxlen=12)
    with subprocess.Popen(
        args,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"},
    ) as process:
        for number, line in enumerate(process.stdout or ()):
            tail.append(line.rstrip())
            if number % 50 == 49:
                progress(f"  {line.rstrip()[:100]}")
    if process.returncode != 0:
        raise _cannot(f"`{' '.join(args)}` failed with status {process.returncode}, saying\n" + "\n".join(tail))


def _cannot(why: str) -> ChromiumMissingError:
    return ChromiumMissingError(
        f"The pages are tested in a real Chromium: {why}. Install it, as root on Debian with "
        f"`apt-get install {' '.join(PACKAGES)}`, elsewhere as `google-chrome` or `chromium` on the PATH."
    )
