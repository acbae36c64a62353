"""What accounts and keys were granted, and where."""

from datetime import datetime

from service.domain.identity.caller import Grant, Role, written
from service.store.new_rows import new_row
from service.store.pool import Connection
from service.store.rows import all_rows

_IN_FORCE = "SELECT role, site_id FROM grants WHERE revoked_at IS NULL AND "


def _grant(role: str, site_id: str | None) -> Grant:
    return Grant(Role(role), site_id)


def grant_account(connection: Connection, account_id: int, grant: Grant) -> None:
    """A role for an account.

    Raises:
        ConflictError: it has it.
        RefusedError: there is no such site.
    """
    with new_row("grant", written(grant), site_id=grant.site_id or ""):
        connection.execute(
            "INSERT INTO grants (account_id, role, site_id) VALUES (%s, %s, %s)",
            [account_id, grant.role, grant.site_id],
        )


def grant_key(connection: Connection, key_id: int, grant: Grant) -> None:
    """A role for a key.

    Raises:
        ConflictError: it has it.
        RefusedError: there is no such site.
    """
    with new_row("grant", written(grant), site_id=grant.site_id or ""):
        connection.execute(
            "INSERT INTO grants (key_id, role, site_id) VALUES (%s, %s, %s)", [key_id, grant.role, grant.site_id]
        )


def revoke_from_account(connection: Connection, account_id: int, grant: Grant, at: datetime) -> bool:
    """Take a role away; False: it was not there."""
    done = connection.execute(
        "UPDATE grants SET revoked_at = %s WHERE account_id = %s AND role = %s AND site_id IS NOT DISTINCT FROM %s "
        "AND revoked_at IS NULL",
        [at, account_id, grant.role, grant.site_id],
    )
    return done.rowcount > 0


def grants_of_account(connection: Connection, account_id: int) -> list[Grant]:
    """What an account may do."""
    return all_rows(connection, _grant, f"{_IN_FORCE} account_id = %s ORDER BY role, site_id", [account_id])


def grants_of_key(connection: Connection, key_id: int) -> list[Grant]:
    """What a key may do, as far as its account may."""
    return all_rows(connection, _grant, f"{_IN_FORCE} key_id = %s ORDER BY role, site_id", [key_id])
