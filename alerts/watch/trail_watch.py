"""The audit trail: whether what people record is sealed soon, and whether what was sealed is still so."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from service.domain.instant import rfc3339
from service.store.audit.checks import last_check
from service.store.audit.seals import unsealed_since
from service.store.pool import Connection

#: The sealer comes once a second, and waits for what was begun before a line to end.
_SOON = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Since when something is wrong, and what; since None: nothing is."""

    since: datetime | None
    detail: str = ""


class TrailWatch:
    """Looks at it now and then."""

    def __init__(self) -> None:
        self._behind_since: datetime | None = None

    def look(self, connection: Connection, now: datetime) -> tuple[Trouble, Trouble]:
        """What is wrong with sealing, and what with the chain."""
        waiting = unsealed_since(connection)
        if waiting is None or now - waiting < _SOON:
            self._behind_since = None
            unsealed = Trouble(None)
        else:
            # An act that took long is not behind for that: what is committed is to be sealed from then on.
            self._behind_since = self._behind_since or now
            unsealed = Trouble(
                self._behind_since, f"what was recorded since {rfc3339(waiting.replace(microsecond=0))} waits"
            )
        check = last_check(connection)
        return unsealed, Trouble(None) if check is None else Trouble(check.broken_since, check.broken)
