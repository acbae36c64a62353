"""The one family of errors. A message says what was wrong with what, and what to do."""


class UnbrokenError(Exception):
    """Unbroken could not do what was asked."""


class SettingError(UnbrokenError):
    """A setting is missing or cannot be used."""


class NotFoundError(UnbrokenError):
    """The thing named does not exist."""


class ConflictError(UnbrokenError):
    """What was asked contradicts what is already recorded."""


class RefusedError(UnbrokenError):
    """The request is well formed, but may not be done; `field` names the culprit, `others` further ones with why."""

    def __init__(self, field: str, message: str, *others: tuple[str, str]) -> None:
        super().__init__(message)
        self.field = field
        self.others = others

    @property
    def wrong(self) -> list[tuple[str, str]]:
        """All fields that are wrong, each with why."""
        return [(self.field, str(self)), *self.others]


class BusyError(UnbrokenError):
    """What was asked is done for others just now; nothing was changed."""


class ClocksDisagreeError(UnbrokenError):
    """What was asked depends on what time it is, and the clocks of the service do not agree about that."""


class NotIdentifiedError(UnbrokenError):
    """Nobody knows who asks."""


class ForbiddenError(UnbrokenError):
    """Whoever asks may not do it; the message says which role they lack."""
