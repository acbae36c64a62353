"""How bad it is."""

from enum import StrEnum


class Severity(StrEnum):
    """How much a reason matters."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
