"""Making the service know the world, by its HTTP API, as often as one likes.

What exists already (409) is left as it is. A service that is not there yet is waited for; one that refuses is
told about with its own words, for then the world and the contract disagree and no waiting helps.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic, sleep

import httpx

from simulators.world import Entry

_RETRY_S = 0.5
_SAY_AGAIN_S = 15.0

_log = logging.getLogger(__name__)


class RegistrationError(Exception):
    """The service refuses an entry, or was not there in time."""


@dataclass(slots=True)
class Registered:
    """How many entries were created now, and how many were known before."""

    created: int = 0
    known: int = 0


def register(
    api_url: str,
    entries: Sequence[Entry],
    *,
    api_key: str = "",
    wait_s: float = 180.0,
    pause: Callable[[float], None] = sleep,
) -> Registered:
    """POST every entry in order; 201 and 409 are success.

    Args:
        api_url: the service's address without `/v1`.
        api_key: of somebody who may register all this.
        wait_s: how long to wait in all for a service that is not ready (no connection, or a 5xx).

    Raises:
        RegistrationError: refused, or not ready within `wait_s`.
    """
    return register_stages(api_url, [[entries]], at_once=1, api_key=api_key, wait_s=wait_s, pause=pause)


def register_stages(
    api_url: str,
    stages: Iterable[Iterable[Sequence[Entry]]],
    *,
    at_once: int,
    api_key: str = "",
    wait_s: float = 180.0,
    pause: Callable[[float], None] = sleep,
) -> Registered:
    """POST the entries of every group in order, so many groups of a stage at once, and one stage after the other.

    Raises:
        RegistrationError: refused, or not ready within `wait_s`.
    """
    registered = Registered()
    deadline = monotonic() + wait_s
    threads = ThreadPoolExecutor(at_once)
    with httpx.Client(base_url=api_url.rstrip("/"), timeout=10.0, headers=_headers(api_key)) as client:
        try:
            for groups in stages:
                for found in threads.map(lambda group: _register_group(client, group, deadline, pause), groups):
                    registered.created += found.created
                    registered.known += found.known
        finally:
            threads.shutdown(cancel_futures=True)
    return registered


def _headers(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"} if api_key else {}


def _register_group(
    client: httpx.Client, entries: Sequence[Entry], deadline: float, pause: Callable[[float], None]
) -> Registered:
    registered = Registered()
    for entry in entries:
        answer = _post(client, entry, deadline, pause)
        if answer.status_code == httpx.codes.CONFLICT:
            registered.known += 1
        elif answer.is_success:
            registered.created += 1
        else:
            raise RegistrationError(f"POST {entry.path} {entry.body['id']!r}: {answer.status_code} {_reason(answer)}")
    return registered


def _post(client: httpx.Client, entry: Entry, deadline: float, pause: Callable[[float], None]) -> httpx.Response:
    """One entry, repeated until the service answers with something else than "not now"."""
    said_at = -_SAY_AGAIN_S
    while True:
        try:
            answer = client.post(entry.path, json=entry.body)
            problem = f"{answer.status_code} {_reason(answer)}"
            if not answer.is_server_error:
                return answer
        except httpx.TransportError as failure:
            problem = str(failure) or type(failure).__name__
        now = monotonic()
        if now >= deadline:
            raise RegistrationError(f"{client.base_url} is not ready: POST {entry.path}: {problem}")
        if now - said_at >= _SAY_AGAIN_S:
            _log.info("waiting api=%s for at most %.0f s: %s", client.base_url, deadline - now, problem)
            said_at = now
        pause(_RETRY_S)


def _reason(answer: httpx.Response) -> str:
    """The words of a problem (RFC 9457), or the beginning of whatever else came."""
    try:
        problem = answer.json()
        return str(problem.get("detail") or problem.get("title") or problem)[:300]
    except (ValueError, AttributeError):
        return answer.text[:300]
