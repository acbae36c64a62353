"""The accounts and the key of the demo: one account a role, all of one password that the machine alone knows."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from service.acts.accounts import NewAccount, account_named, add_account, reset_password
from service.acts.keys import add_account_key
from service.auth.passwords import Passwords
from service.cli.acting import user_of_machine
from service.cli.key import write_secret
from service.domain.identity.caller import Grant, Role
from service.errors import NotFoundError
from service.store.pool import Connection

#: Nobody logs in as these.
_OF_MACHINES = frozenset({Role.MONITOR, Role.KIOSK, Role.DEVICE_HTTP})

ROLES = [role for role in Role if role not in _OF_MACHINES]


@dataclass(frozen=True, slots=True)
class Logins:
    """What opens the demo.

    Attributes:
        password_file: with that of every account, each named like its role.
        header: a file with the header that `curl -H @FILE` sends, for its owner alone to read.
    """

    password_file: Path
    password: str
    header: Path
    key: str


def demo_logins(connection: Connection, folder: Path, name: str) -> Logins:
    """The accounts of the demo, made at its first start, and a key that may do everything."""
    password_file, header = folder / f"{name}-password", folder / f"{name}-key.header"
    try:
        password = password_file.read_text(encoding="ascii").strip()
    except OSError:
        password = ""
    known = bool(password)
    password = password or secrets.token_urlsafe(9)
    actor, passwords, now = user_of_machine(), Passwords(), datetime.now(UTC)
    for role in ROLES:
        try:
            account = account_named(connection, role)
        except NotFoundError:
            granted = [Grant(one, None) for one in Role] if role is Role.ADMIN else [Grant(role, None)]
            new = NewAccount(role, f"{role.value.replace('_', ' ').title()} of the demo", is_demo=True)
            add_account(connection, actor, new, password, granted, passwords)
        else:
            if not known:
                reset_password(connection, actor, account, password, passwords, now, without_code=True)
    if not known:
        write_secret(password_file, password)
    key = _kept_key(header)
    if not key:
        admin = account_named(connection, Role.ADMIN)
        everything = [Grant(role, None) for role in Role]
        key = add_account_key(connection, actor, admin, "of the demo", everything, now, timedelta(days=365)).whole
        write_secret(header, f"Authorization: Bearer {key}")
    return Logins(password_file, password, header, key)


def _kept_key(header: Path) -> str:
    try:
        return header.read_text(encoding="ascii").strip().removeprefix("Authorization: Bearer ")
    except OSError:
        return ""
