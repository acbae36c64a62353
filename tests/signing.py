"""Quality's signature on all that waits, for tests of something else."""

from service.domain.identity.actor import Actor
from service.domain.identity.signing import Meaning, Signable
from service.store.acting import acting
from service.store.changes import free
from service.store.identity.accounts import account_of_login, add_account
from service.store.identity.signatures import NewSignature, add_signature
from service.store.pool import Connection

#: Another account than that of who records in tests.
QUALITY = Actor("account:quality", "Q. Quality", "password and code")


def signature(connection: Connection, change_id: int, content: str = "{}") -> int:
    """The number of a signature of quality on a change."""
    with acting(connection, QUALITY):
        account = account_of_login(connection, "quality") or add_account(
            connection, "quality", QUALITY.name, is_demo=False
        )
        new = NewSignature(
            Signable.CHANGE,
            str(change_id),
            content,
            Meaning.APPROVED,
            account.id,
            account.name,
            QUALITY.known_by,
            "UTC",
        )
        return add_signature(connection, new).id


def sign_all(connection: Connection) -> list[int]:
    """Quality signs all that waits; returns its numbers."""
    # Not by `changes`, which looks up the lots of each: this is asked after every request of most tests.
    waiting = connection.execute(
        "SELECT id, content FROM changes_to_sign WHERE freed_at IS NULL ORDER BY id DESC"
    ).fetchall()
    if waiting:
        with acting(connection, QUALITY):
            for change in waiting:
                free(connection, [change["id"]], signature(connection, change["id"], change["content"]))
    return [change["id"] for change in waiting]
