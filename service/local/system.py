"""The root folder: a small Debian 13 with TimescaleDB and Mosquitto, found or installed once, and how to run in it.

Debian 12 has no TimescaleDB package and Debian 13 has one, so both use the same Debian 13 in a folder of its own.
"""

import contextlib
import os
import shutil
import signal
import subprocess
from collections import Counter, deque
from collections.abc import Callable, Sequence
from pathlib import Path

from service.errors import UnbrokenError
from service.local.lock import FileLock

Progress = Callable[[str], None]

FOLDER_VARIABLE = "UNBROKEN_LOCAL_DIR"
DEFAULT_FOLDER = "/var/lib/unbroken"
PACKAGES = ("postgresql-17-timescaledb", "mosquitto", "mosquitto-clients")
COMPLETE = ".unbroken-complete"
INSTANCES = Path("srv/unbroken")  # where in the root folder the servers keep what they store
NEEDED_BYTES = 1_200_000_000  # while it is built; about 500 MB stay

_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/", "LANG": "C.UTF-8", "TZ": "UTC"}
_STEPS = {
    "Retrieving": "downloaded",
    "Extracting": "extracted (base system)",
    "Unpacking": "unpacked",
    "Configuring": "configured",
}


class LocalServersError(UnbrokenError):
    """A private server cannot be installed, started or used; the message says why and what to do."""


def root_folder(folder: str = "") -> Path:
    """Where the root folder is, or would be; `folder`: as UNBROKEN_LOCAL_DIR has it, where that is read already."""
    return Path(folder or os.environ.get(FOLDER_VARIABLE) or DEFAULT_FOLDER).resolve() / "debian-13"


def find_or_install(progress: Progress, local_dir: str = "") -> Path:
    """The root folder to run servers in; installed first where it is missing (about two minutes, once a machine).

    Raises LocalServersError, saying what to do instead, without root, on another system, or when installing fails.
    """
    root = root_folder(local_dir)
    folder = root.parent
    if os.geteuid() != 0:
        raise _cannot("it needs root, because the servers run in a root folder of their own; try again with sudo")
    if (root / COMPLETE).exists():
        return root
    if _system() not in {("debian", "12"), ("debian", "13")}:
        raise _cannot("it is made for Debian 12 and 13, and this is another system")
    lock = FileLock(folder / "install.lock")
    try:
        if not lock.acquire():
            progress("Another process is installing the private TimescaleDB and Mosquitto; waiting for it.")
            lock.acquire(wait=True)
        if not (root / COMPLETE).exists():
            _install(root, lock, progress)
    except OSError as error:
        raise _cannot(f"{folder} cannot be used ({error}); {FOLDER_VARIABLE} can name another folder") from error
    finally:
        lock.release()
    return root


def command_in(root: Path, user: str, args: Sequence[str], directory: str = "/") -> list[str]:
    """The command line that runs `args` in the root folder as `user`, working in `directory` (a path inside it)."""
    uid, gid = identity(root, user)
    # Numbers, not names: names would be looked up in the machine's own list of users.
    chroot = ["/usr/sbin/chroot", f"--userspec={uid}:{gid}", f"--groups={gid}", str(root)]
    environment = [f"{name}={value}" for name, value in _ENVIRONMENT.items()]
    return [*chroot, "/usr/bin/env", "--ignore-environment", f"--chdir={directory}", *environment, *args]


def run_in(
    root: Path, user: str, args: Sequence[str], directory: str = "/", timeout_s: float = 120, said: str = ""
) -> str:
    """Run a command in the root folder to its end, with `said` as its input, and return what it printed.

    Raises LocalServersError with its complaint when it fails or takes longer than `timeout_s`.
    """
    try:
        ended = subprocess.run(  # noqa: S603  # our own fixed commands, no shell
            command_in(root, user, args, directory),
            input=said,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
            start_new_session=True,  # Ctrl-C in the terminal is for us; it ends this by our own end
        )
    except subprocess.TimeoutExpired as error:
        raise LocalServersError(f"{args[0]} did not end within {timeout_s:g} s; is the machine overloaded?") from error
    if ended.returncode != 0:
        raise LocalServersError(f"{args[0]} failed: {ended.stderr.strip() or ended.stdout.strip()}")
    return ended.stdout


def identity(root: Path, user: str) -> tuple[int, int]:
    """The numbers of a user and its group, by the root folder's own list of users."""
    for line in (root / "etc/passwd").read_text(encoding="utf-8").splitlines():
        name, _, uid, gid, *_ = line.split(":")
        if name == user:
            return int(uid), int(gid)
    raise LocalServersError(f"{root} has no user {user}; delete that folder and start again to have it reinstalled")


def remove_folder(folder: Path) -> None:
    """Delete a folder with all in it, after unmounting what an interrupted installation left mounted inside."""
    mounts = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text(encoding="utf-8").splitlines()]
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        unmounting = ["/usr/bin/umount", mount]
        ended = subprocess.run(unmounting, check=False, capture_output=True, text=True)  # noqa: S603  # fixed command
        if ended.returncode != 0:
            raise LocalServersError(f"{folder} cannot be deleted: {ended.stderr.strip()}; unmount {mount} by hand.")
    if folder.exists():
        shutil.rmtree(folder)


def _install(root: Path, lock: FileLock, progress: Progress) -> None:
    _check_room(root)
    kept = root / INSTANCES
    if kept.is_dir() and any(kept.iterdir()):
        # Ours is renamed into place when complete, so this is something else, and it stores something.
        raise _cannot(f"{root} is incomplete, yet {kept} is in use; move it away or delete it, then try again")
    remove_folder(root)
    building = root.with_name(f"{root.name}.building")
    remove_folder(building)
    if not shutil.which("debootstrap", path=_ENVIRONMENT["PATH"]):
        _install_debootstrap(lock, progress)
    progress(f"Installing a private TimescaleDB and Mosquitto (about two minutes, 500 MB in {root.parent}, once).")
    counted: Counter[str] = Counter()

    def report(line: str) -> None:
        step = _STEPS.get(line.removeprefix("I: ").split(" ")[0])
        if step:
            counted[step] += 1
            if counted[step] % 45 == 0:
                progress(f"  {counted[step]} packages {step}")

    included = f"--include={','.join(PACKAGES)}"
    try:
        _follow(["debootstrap", "--variant=minbase", included, "trixie", str(building)], report, lock)
        _trim(building)
        (building / INSTANCES).mkdir(parents=True, exist_ok=True)
        (building / COMPLETE).write_text("\n".join(PACKAGES) + "\n", encoding="utf-8")
    except BaseException:
        with contextlib.suppress(OSError, LocalServersError):  # the next start removes it as well
            remove_folder(building)
        raise
    building.rename(root)
    progress(f"Installed in {root}.")


def _check_room(root: Path) -> None:
    free = shutil.disk_usage(root.parent).free
    if free < NEEDED_BYTES:
        raise _cannot(
            f"{root.parent} has {free // 1_000_000} MB free and {NEEDED_BYTES // 1_000_000} MB are needed; "
            f"make room, or name a folder on another disk in {FOLDER_VARIABLE}"
        )


def _install_debootstrap(lock: FileLock, progress: Progress) -> None:
    progress("Installing debootstrap with apt-get.")
    wait = ("-o", "DPkg::Lock::Timeout=120")
    # A machine may list an unrelated source that is down; whether debootstrap can be had is what counts.
    with contextlib.suppress(LocalServersError):
        _follow(["apt-get", *wait, "update"], _ignore, lock)
    _follow(["apt-get", *wait, "install", "--yes", "debootstrap"], _ignore, lock)


def _trim(building: Path) -> None:
    """Drop what installing left behind: package files, package lists, and PostgreSQL's unused first cluster."""
    for left in ("var/cache/apt", "var/lib/apt/lists", "var/lib/postgresql/17", "etc/postgresql/17"):
        shutil.rmtree(building / left, ignore_errors=True)


def _follow(args: list[str], report: Progress, lock: FileLock) -> None:
    """Run an installing command, passing each line it prints to `report`; raises with its last lines."""
    tail: deque[str] = deque(maxlen=12)
    environment = {**os.environ, "PATH": _ENVIRONMENT["PATH"], "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
    with subprocess.Popen(  # noqa: S603  # our own fixed commands, no shell
        args,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=environment,
        umask=0o022,  # the servers' unprivileged users must be able to read what root installs
        pass_fds=(lock.descriptor,),  # if we are killed, nobody builds in the same folder while it still runs
        start_new_session=True,  # so that Ctrl-C ends it once, by us, and it can unmount what it mounted
    ) as process:
        try:
            for line in process.stdout or ():
                tail.append(line.rstrip())
                report(line.rstrip())
            process.wait()
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()
            raise
    if process.returncode != 0:
        printed = "\n".join(f"  {line}" for line in tail)
        raise _cannot(f"`{' '.join(args)}` failed with status {process.returncode}, saying:\n{printed}\n")


def _system() -> tuple[str, str]:
    try:
        lines = Path("/etc/os-release").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return ("", "")
    fields = {name: value.strip('"') for name, _, value in (line.partition("=") for line in lines)}
    return (fields.get("ID", ""), fields.get("VERSION_ID", ""))


def _ignore(_line: str) -> None:
    pass


def _cannot(why: str) -> LocalServersError:
    end = "" if why.endswith("\n") else ". "
    return LocalServersError(
        f"A private TimescaleDB and Mosquitto cannot be had here: {why}{end}Or use servers of your own: set "
        "UNBROKEN_DATABASE_URL and UNBROKEN_MQTT_URL, or start them with Docker from deploy/compose.yaml."
    )
