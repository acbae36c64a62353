"""What every receiver can do: take a message, or say that it did not, and whether to try again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alerts.notification import Notification
from service.errors import UnbrokenError


class DeliveryError(UnbrokenError):
    """A receiver did not take a message. The text names the host at most, never a secret or an address of a person."""


class TemporaryFailureError(DeliveryError):
    """It may take the message later: it did not answer, is broken, or has had too many.

    Attributes:
        retry_after_s: how long it asked to be left alone, at most an hour; None: it did not say.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class PermanentFailureError(DeliveryError):
    """It will not take this message however often it is sent: somebody else has to be told."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class Receiver(Protocol):
    """Somebody to tell. It may be used by several threads, and keeps no connection open between messages."""

    @property
    def name(self) -> str:
        """What the on-call file calls it."""

    def deliver(self, notification: Notification) -> None:
        """Return when the message was taken. May be given the same message again.

        Raises:
            TemporaryFailureError: not taken; try again later.
            PermanentFailureError: not taken, and it never will be.
        """


@dataclass(frozen=True, slots=True)
class ReceiverSetting:
    """One receiver as the on-call file names it: its kind and what that kind needs."""

    name: str
    kind: str
    options: Mapping[str, Any]
