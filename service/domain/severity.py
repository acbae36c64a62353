"""How bad it is."""

from enum import StrEnum


class Severity(StrEnum):
    """How much a reason matters, the least first."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


_RANKS = {severity.value: rank for rank, severity in enumerate(Severity)}


def severity_rank(severity: str) -> int:
    """How serious a severity is, from 0; one that is not known is as serious as any."""
    return _RANKS.get(severity, len(_RANKS) - 1)
