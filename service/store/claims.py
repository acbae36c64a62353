"""Which of all that waits one evaluator takes: of some shares of the containers, and not what cannot be judged."""

from dataclasses import dataclass
from typing import Any

from service.domain.shares import ALL
from service.store.shares import share_of_lot, share_of_subject


@dataclass(frozen=True, slots=True)
class Subject:
    """What marks are of: a series, a container or a lot; the other two are None."""

    series_id: int | None = None
    container_id: str | None = None
    lot_id: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What belongs to some shares, but of some subjects nothing.

    Conditions of SQL go with its `parameters`; where it takes everything, they cost nothing.
    """

    shares: frozenset[int] = ALL
    but: frozenset[Subject] = frozenset()

    @property
    def is_of_all_shares(self) -> bool:
        """Whether there is nobody else."""
        return self.shares == ALL

    def has_share_of(self, subject: str) -> str:
        """Whether a row that has the columns of a subject, of a table or alias of that name, is of its shares."""
        return "true" if self.is_of_all_shares else f"{share_of_subject(subject)} = ANY(%(shares)s)"

    def has_share_of_lot(self, of: str) -> str:
        """Whether the lot of a row with a `lot_id`, of a table or alias of that name, is of its shares."""
        return "true" if self.is_of_all_shares else f"{share_of_lot(of)} = ANY(%(shares)s)"

    def takes_marks_of(self, subject: str) -> str:
        """Whether a row that has the columns of a subject is of none that is left out."""
        if not self.but:
            return "true"
        return (
            f"coalesce({subject}.series_id <> ALL(%(but_series)s), true) "
            f"AND coalesce({subject}.container_id <> ALL(%(but_containers)s), true) "
            f"AND coalesce({subject}.lot_id <> ALL(%(but_lots)s), true)"
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """Of a query that has one of these conditions."""
        return {
            "shares": sorted(self.shares),
            "but_series": [one.series_id for one in self.but if one.series_id is not None],
            "but_containers": [one.container_id for one in self.but if one.container_id is not None],
            "but_lots": [one.lot_id for one in self.but if one.lot_id is not None],
        }


#: All that waits.
EVERYTHING = Claim()
