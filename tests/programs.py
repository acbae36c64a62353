"""The programs that tests need beside Python packages. `python -m tests.programs` sees that they are all there.

Run it before tests that run in several workers: two that install at once are in each other's way.
"""

import shutil
import sys

from service.errors import UnbrokenError
from service.local.system import find_or_install
from tests.browser import chromium
from tests.debian import debian_program, with_its_files


def alertmanager() -> list[str]:
    """The start of its command line. It wants its templates where its package puts them."""
    return with_its_files("prometheus-alertmanager", "usr/bin/prometheus-alertmanager")


def openssl() -> str:
    """The machine's own, else Debian's."""
    return shutil.which("openssl") or str(debian_program("openssl", "usr/bin/openssl"))


def main() -> int:
    """Find or install each; the exit status."""
    try:
        find_or_install(print)
        chromium.find_or_install(print)
    except (UnbrokenError, chromium.ChromiumMissingError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    alertmanager()
    openssl()
    return 0


if __name__ == "__main__":
    sys.exit(main())
