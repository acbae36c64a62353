"""Signing: somebody gives the password again, and with it says in a fixed meaning that a record is right."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from service.acts.dispositions import signatures_now
from service.acts.login import why_no_code
from service.acts.own_account import check_password
from service.auth.passwords import Passwords
from service.domain.identity.caller import Caller
from service.domain.identity.signing import MEANING_OF, Given, Signable, Signature, why_not_given
from service.domain.softening import Kind, Rule, why_not_signed_by
from service.errors import ConflictError, NotFoundError, RefusedError
from service.settings import Settings
from service.store.acting import acting
from service.store.changes import ChangeToSign, free, lock_changes, note_partly_signed
from service.store.identity import accounts, credentials
from service.store.identity.signatures import (
    NewSignature,
    RecordNow,
    account_behind,
    add_signature,
    has_signed,
    note_signing,
    records_now,
    signers,
)
from service.store.lots.dispositions import lots_decided_about
from service.store.pool import Connection
from service.store.retry import retried
from service.store.row_locks import lock_lots
from service.store.site_rules import is_in_force, is_in_force_everywhere


@dataclass(frozen=True, slots=True)
class ToSign:
    """A record, and the SHA-256 (hexadecimal) of what the signer was shown of it."""

    kind: Signable
    id: str
    sha256: str


def sign(
    connection: Connection,
    caller: Caller,
    records: Sequence[ToSign],
    given: Given,
    passwords: Passwords,
    now: datetime,
    settings: Settings,
) -> list[Signature]:
    """Sign records, all or none; a change counts once it has all its signatures. A failed try counts as one to log in.

    Raises:
        RefusedError: not with this password, or the caller is no account, or one that recorded the change itself.
        NotFoundError: there is no such record.
        ConflictError: a record is not what the signer was shown, or is signed already, or a lot cannot be released now.
        BusyError: many passwords are being hashed.
    """
    if caller.kiosk_id is not None:
        raise RefusedError("records", "nothing is signed on a kiosk: log in, on any device, and sign there")
    if caller.account_id is None:
        raise RefusedError("records", "only a person signs: log in with an account, or use a key that belongs to one")
    if other := [record.kind for record in records if record.kind not in MEANING_OF]:
        raise RefusedError("records", f"a {other[0]} is not signed by itself: have a product ask for it, and sign that")
    if twice := [record.id for record, times in Counter(records).items() if times > 1]:
        raise RefusedError("records", f"{twice[0]!r} is named twice; name each record once")
    known_by = _prove(connection, caller, caller.account_id, given, passwords, now)
    return _signed(connection, caller, caller.account_id, known_by, list(records), now, settings)


def _prove(
    connection: Connection, caller: Caller, account_id: int, given: Given, passwords: Passwords, now: datetime
) -> str:
    """Check what was given; how the signer is known by it."""
    account = accounts.account(connection, account_id)
    has_codes = credentials.credentials(connection, account_id).code_secret is not None
    first = caller.session_id is None or not has_signed(connection, caller.session_id)
    if why := why_not_given(given, account, first=first, has_codes=has_codes):
        raise RefusedError(*why)
    check_password(connection, account, given.password, passwords, now)
    if not (has_codes and (first or given.code)):
        return caller.actor.known_by if caller.session_id is not None else "password"
    if refused := why_no_code(connection, account_id, given.code, now):
        raise RefusedError("code", refused)
    return "password and code"


@retried
def _signed(
    connection: Connection,
    caller: Caller,
    account_id: int,
    known_by: str,
    records: list[ToSign],
    now: datetime,
    settings: Settings,
) -> list[Signature]:
    account = accounts.account(connection, account_id)
    with acting(connection, caller.actor):
        if caller.session_id is not None:
            note_signing(connection, caller.session_id, now)
        change_ids = [_number(one.id) for one in records if one.kind is Signable.CHANGE]
        lock_lots(connection, lots_decided_about(connection, change_ids))
        locked = lock_changes(connection, change_ids)
        _refuse_twice(connection, account_id, locked)
        changes = {str(change.id): change for change in locked}
        decisions = {record_id for record_id, change in changes.items() if change.kind is Kind.DISPOSITION}
        by_author = _authors(connection, account_id, locked)
        given: list[Signature] = []
        for kind in Signable:
            # A decision rests on what is signed together with it.
            of_kind = sorted((one for one in records if one.kind is kind), key=lambda one: one.id in decisions)
            known = records_now(connection, kind, [one.id for one in of_kind])
            for one in of_kind:
                record = _shown(known.get(one.id), one)
                change = changes.get(one.id) if kind is Signable.CHANGE else None
                needed = 1 if change is None else _signatures_needed(connection, change, settings, now)
                new = NewSignature(
                    kind, one.id, record.content, MEANING_OF[kind], account.id, account.name, known_by, record.time_zone
                )
                signature = add_signature(connection, new)
                if change is not None and len(signers(connection, change.id)) >= needed:
                    free(connection, [change.id], signature.id, by_author=change.id in by_author)
                elif change is not None:
                    note_partly_signed(connection, change.id)
                given.append(signature)
    return given


def _number(record_id: str) -> int:
    if not record_id.isdecimal() or len(record_id) > 18:
        raise NotFoundError(f"there is no change {record_id!r}; give the number of one that is listed")
    return int(record_id)


def _refuse_twice(connection: Connection, account_id: int, changes: Sequence[ChangeToSign]) -> None:
    for change in changes:
        if account_id in signers(connection, change.id):
            raise ConflictError(
                f"you have signed change {change.id} already: {change.signed_text}; another account signs next"
            )


def _signatures_needed(connection: Connection, change: ChangeToSign, settings: Settings, now: datetime) -> int:
    if change.kind is Kind.DISPOSITION:
        return signatures_now(connection, change, settings, now)
    return change.signatures_needed


def _authors(connection: Connection, account_id: int, changes: Sequence[ChangeToSign]) -> set[int]:
    """Those of the changes that the signer recorded. A decision is that of who signs it: its author is one of them."""
    to_check = [change for change in changes if change.kind is not Kind.DISPOSITION]
    own = {change.id for change in to_check if account_behind(connection, change.author) == account_id}
    signer = f"account:{account_id}"
    for change in to_check:
        if change.id not in own:
            continue
        if change.site_id is None:
            author_signs = is_in_force_everywhere(connection, Rule.AUTHOR_SIGNS)
        else:
            author_signs = is_in_force(connection, change.site_id, Rule.AUTHOR_SIGNS)
        if why := why_not_signed_by(signer, signer, author_signs=author_signs):
            raise RefusedError("records", f"change {change.id}: {why}")
    return own


def _shown(record: RecordNow | None, one: ToSign) -> RecordNow:
    if record is None:
        raise NotFoundError(f"there is no {one.kind} {one.id!r}; give the id of one that is listed")
    if record.content_sha256 != one.sha256.lower():
        raise ConflictError(
            f"{one.kind} {one.id!r} is not what you were shown: its SHA-256 is {record.content_sha256}; "
            "read it again, then sign it"
        )
    if record.corrected_by is not None:
        raise ConflictError(
            f"{one.kind} {one.id!r} was corrected by correction {record.corrected_by}; sign that one instead"
        )
    return record
