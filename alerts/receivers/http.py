"""One POST to a receiver, and what its answer means."""

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType

import httpx

from alerts.receivers.receiver import PermanentFailureError, TemporaryFailureError

#: A receiver that wants to be left alone for longer is asked again all the same: an alert cannot wait for a day.
LONGEST_RETRY_AFTER_S = 3600.0

#: Answers below 500 that speak of the moment, not of the message: it came too slowly, too early or too often.
_LATER = frozenset({408, 425, 429})

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Poster:
    """Sends JSON to one address. Redirects are not followed: a message sent to an address nobody configured would be
    disclosed, and a POST turned into a GET would be lost.
    """

    def __init__(self, what: str, url: httpx.URL, timeout_s: float) -> None:
        """`what` names the receiver in errors, such as ``the webhook``; of the address only the host is repeated."""
        self._who = f"{what} at {url.host}"
        self._url = url
        # Alerts are rare: a connection kept open would mostly be found closed by the other side.
        self._client = httpx.Client(
            timeout=timeout_s, follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    def post(self, body: bytes, headers: Mapping[str, str] = _NO_HEADERS) -> None:
        """Any 2xx is a yes. The answer's own body is not read.

        Raises:
            TemporaryFailureError: nobody answered in time, or the answer was 408, 425, 429 or 5xx.
            PermanentFailureError: any other answer.
        """
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers={"Content-Type": "application/json", **headers}
            ) as answer:
                if answer.is_success:
                    return
                said = f"{self._who} answered {answer.status_code} {answer.reason_phrase}".rstrip()
                if answer.status_code in _LATER or answer.is_server_error:
                    raise TemporaryFailureError(
                        said, retry_after_s(answer.headers.get("Retry-After", ""), datetime.now(UTC))
                    )
                raise PermanentFailureError(said)
        except httpx.HTTPError as error:
            raise TemporaryFailureError(f"{self._who} did not answer: {str(error) or type(error).__name__}") from error


def retry_after_s(header: str, now: datetime) -> float | None:
    """What a Retry-After header asks for (RFC 9110, 10.2.3): seconds, or a date. None: nothing that can be read."""
    header = header.strip()
    if header.isascii() and header.isdecimal():
        asked = float(header)
    else:
        try:
            until = parsedate_to_datetime(header)
        except ValueError:
            return None
        # Dates of HTTP are in UTC, whether they say so or not.
        asked = (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()
    return min(max(asked, 0.0), LONGEST_RETRY_AFTER_S)
