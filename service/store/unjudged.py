"""What could not be judged when it was tried last, and why: kept until it could."""

from dataclasses import astuple, dataclass
from datetime import datetime

from service.store.claims import Subject
from service.store.pool import Connection
from service.store.rows import all_rows, columns
from service.store.shares import container_of_subject, share_of_subject

_SUBJECT = columns(Subject)


@dataclass(frozen=True, slots=True)
class Unjudged:
    """A subject of marks that could not be judged.

    Attributes:
        found_in: the container where it is, or was last; None: in none.
        since_at: when it was first tried in vain; error: what came of it when it was tried last.
        share: whose evaluator tries again.
    """

    series_id: int | None
    container_id: str | None
    lot_id: str | None
    found_in: str | None
    since_at: datetime
    error: str
    share: int

    @property
    def subject(self) -> Subject:
        """Whose marks wait."""
        return Subject(self.series_id, self.container_id, self.lot_id)


def unjudged(connection: Connection) -> list[Unjudged]:
    """All there are, those first that have been so for longest."""
    share = f"{share_of_subject('unjudged')} AS share"
    return all_rows(
        connection,
        Unjudged,
        f"SELECT {_SUBJECT}, found_in, since_at, error, {share} FROM unjudged ORDER BY since_at",
    )


def note_unjudged(connection: Connection, subject: Subject, at: datetime, error: str) -> None:
    """It could not be judged now; since when, and where it is, stays what it was when that was noted first."""
    connection.execute(
        f"INSERT INTO unjudged ({_SUBJECT}, found_in, since_at, error) "
        f"SELECT {_SUBJECT}, {container_of_subject('subject')}, %s, %s "
        f"FROM (VALUES (%s::integer, %s::text, %s::text)) AS subject ({_SUBJECT}) "
        f"ON CONFLICT ({_SUBJECT}) DO UPDATE SET error = excluded.error",
        [at, error, *astuple(subject)],
    )


def forget_unjudged(connection: Connection, subject: Subject) -> None:
    """It could be judged. Call it in the transaction in which it was."""
    connection.execute(
        f"DELETE FROM unjudged WHERE ({_SUBJECT}) IS NOT DISTINCT FROM (%s::integer, %s::text, %s::text)",
        astuple(subject),
    )
