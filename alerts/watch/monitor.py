"""The dead-man's ping: a monitor outside is called while all is well, so that its alarm means that we are not."""

import threading
import time
from collections.abc import Callable

import httpx
import structlog

from service.domain.identity.trail import Head
from service.errors import SettingError

log = structlog.get_logger()

_TIMEOUT_S = 10.0


class Monitor:
    """Calls the monitor's address every so often, unless something is wrong."""

    def __init__(
        self,
        url: str,
        every_s: float,
        trouble: Callable[[], str | None],
        head: Callable[[], Head | None] = lambda: None,
    ) -> None:
        """Check the address without calling it.

        Args:
            trouble: what is wrong, if anything is.
            head: of the audit trail. It goes with each call as the user agent, which any web server's log keeps.

        Raises:
            SettingError: it is not an http or https address.
        """
        self._url = _parsed(url)
        self._every_s = every_s
        self._trouble = trouble
        self._head = head

    def run(self, stop: threading.Event) -> None:
        """Call until told to stop."""
        due_s = time.monotonic()
        while not stop.wait(max(0.0, due_s - time.monotonic())):
            due_s = time.monotonic() + self._every_s
            trouble = self._trouble()
            if trouble is None:
                self._call()
            else:
                log.warning("the monitor is not called", trouble=trouble)

    def _call(self) -> None:
        # The address is often a secret: it is not repeated in messages.
        head = self._head()
        agent = "unbroken" if head is None else f"unbroken (audit head {head})"
        try:
            httpx.get(self._url, headers={"User-Agent": agent}, timeout=_TIMEOUT_S).raise_for_status()
        except httpx.HTTPStatusError as error:
            log.warning("the monitor did not take the call", host=self._url.host, status=error.response.status_code)
        except httpx.HTTPError as error:
            log.warning("the monitor cannot be reached", host=self._url.host, error=type(error).__name__)


def _parsed(url: str) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise SettingError(f"UNBROKEN_MONITOR_URL cannot be read as an address: {error}") from error
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise SettingError("UNBROKEN_MONITOR_URL is no web address; write it as https://host/path")
    return parsed
