"""The options of one receiver, read with errors that name the receiver and the option, and never the value.

A value is often a secret: an address with a key in it, a password.
"""

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from service.errors import SettingError

#: For one step of a delivery, of which there are about four: a courier's lease on a message lasts longer than them all.
LONGEST_TIMEOUT_S = 10.0

#: A name, or an address of version 4 or 6.
_HOST = re.compile(r"(?:[A-Za-z0-9_-]{1,63}\.)*[A-Za-z0-9_-]{1,63}\.?|[0-9A-Fa-f:.%]+")


class Options:
    """Each option is asked for once; `done` refuses what nobody asked for."""

    def __init__(self, receiver: str, kind: str, given: Mapping[str, Any]) -> None:
        self._receiver = receiver
        self._kind = kind
        self._given = given
        self._known: set[str] = set()

    def text(self, option: str, default: str | None = None) -> str:
        """A text that is not empty.

        Raises:
            SettingError: it is something else, or is missing and there is no default.
        """
        value = self._value(option, default)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(option, "must be a text; put numbers in quotes")
        return value

    def choice(self, option: str, choices: Sequence[str], default: str) -> str:
        """One of a few words.

        Raises:
            SettingError: it is none of them.
        """
        value = self.text(option, default)
        if value not in choices:
            raise self.wrong(option, f"must be one of {', '.join(choices)}")
        return value

    def number(self, option: str, default: float, least: float, most: float) -> float:
        """A number within bounds.

        Raises:
            SettingError: it is no number, or out of bounds.
        """
        value = self._value(option, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(option, "must be a number")
        if not least <= value <= most:
            raise self.wrong(option, f"must be from {least:g} to {most:g}")
        return float(value)

    def timeout_s(self, default: float) -> float:
        """How long to wait for each step of a delivery: reaching the host, agreeing on TLS, sending, the answer."""
        return self.number("timeout_s", min(default, LONGEST_TIMEOUT_S), 0.01, LONGEST_TIMEOUT_S)

    def texts(self, option: str) -> tuple[str, ...]:
        """One text or a list of them, at least one.

        Raises:
            SettingError: it is missing, empty, or holds something else.
        """
        value = self._value(option, None)
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list | tuple) or not texts or not all(isinstance(t, str) and t.strip() for t in texts):
            raise self.wrong(option, "must be a text or a list of texts")
        return tuple(texts)

    def web_address(self, option: str, default: str | None = None) -> httpx.URL:
        """An http or https address.

        Raises:
            SettingError: it is none.
        """
        text = self.text(option, default)
        try:
            address = httpx.URL(text)
        except httpx.InvalidURL:
            address = httpx.URL()
        if address.scheme not in {"http", "https"} or not _HOST.fullmatch(address.raw_host.decode("ascii")):
            raise self.wrong(option, "is no web address; write it as https://host/path")
        return address

    def given(self, option: str) -> bool:
        """Whether it was set at all."""
        self._known.add(option)
        return self._given.get(option) is not None

    def done(self) -> None:
        """All options there are have been asked for.

        Raises:
            SettingError: one was given that this kind of receiver does not have.
        """
        for option in self._given:
            if option not in self._known:
                raise self.wrong(option, f"is not known; {self._kind} has {', '.join(sorted(self._known))}")

    def wrong(self, option: str, what: str) -> SettingError:
        """The error that says so."""
        return SettingError(f"receiver '{self._receiver}' ({self._kind}): option '{option}' {what}")

    def _value(self, option: str, default: Any) -> Any:
        self._known.add(option)
        value = self._given.get(option)
        if value is None:
            value = default
        if value is None:
            raise self.wrong(option, "is missing; docs/receivers.md describes it")
        return value
