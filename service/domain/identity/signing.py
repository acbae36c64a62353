"""Signatures (21 CFR 11.50, 11.70, 11.200): printed name, time and meaning, bound to the very record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from service.domain.identity.accounts import Account
from service.domain.wall_clock import moment, zone_name


class Signable(StrEnum):
    """What kind of record was signed. A version of a profile, by itself, was once: now its adoption by a product is."""

    CHANGE = "change"
    PROFILE = "profile"


class Meaning(StrEnum):
    """What a signature says."""

    APPROVED = "approved"
    ADOPTED = "adopted"


#: What is printed of each.
MEANINGS: Mapping[Meaning, str] = {
    Meaning.APPROVED: "I have checked this record and the reason given for it, and approve it.",
    Meaning.ADOPTED: "I adopt this version for the products kept under it.",
}

#: What can be said of each kind of record that can be signed.
MEANING_OF: Mapping[Signable, Meaning] = {Signable.CHANGE: Meaning.APPROVED}


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what.

    Attributes:
        content: the very words that were signed; content_sha256: in hexadecimal.
        known_by: how the signer was known then.
        time_zone: of the site whose record it is.
    """

    id: int
    record_kind: Signable
    record_id: str
    content: str
    content_sha256: str
    meaning: Meaning
    account_id: int
    printed_name: str
    known_by: str
    signed_at: datetime
    time_zone: str


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gave to sign: a login, a password, a code; empty: not given."""

    login: str
    password: str
    code: str


def why_not_given(given: Given, account: Account, *, first: bool, has_codes: bool) -> tuple[str, str] | None:
    """What is missing or not right of what was typed, and in which field; None: nothing but to check the secrets.

    Args:
        first: it is the first signature of a session, or there is no session: both parts are asked for.
        has_codes: the account logs in with codes.
    """
    if not has_codes and not account.is_demo:
        return "code", (
            "whoever signs logs in with a code beside the password, and your account has none: set up an app for it on "
            "the page /account, then sign"
        )
    if not given.password:
        return "password", "a signature needs your password, each time: type it"
    if not first:
        return None
    if given.login.strip().lower() != account.login:
        return "login", "the first signature after a login needs your login name too: type the one you logged in with"
    if has_codes and not given.code:
        return "code", "the first signature after a login needs a code of your app too: type the one it shows now"
    return None


def why_no_longer(signed_sha256: str, now_sha256: str | None, corrected_by: int | None) -> str | None:
    """Why a signature no longer holds; None: it does.

    Args:
        now_sha256: of what the record says now; None: it is not there.
        corrected_by: the correction that has put something else in the place of what was signed.
    """
    if now_sha256 is None:
        return "the record that was signed is not there any more"
    if now_sha256 != signed_sha256:
        return "the record is not what was signed: it was changed since, past this service"
    if corrected_by is not None:
        return f"the record was corrected since, by correction {corrected_by}: the signature is of what it was"
    return None


def signed_so_far(signed_by: Sequence[str], needed: int) -> str:
    """How many of its signatures a record has, and by whom: printed names."""
    by = f" by {', '.join(signed_by)}" if signed_by else ""
    return f"{len(signed_by)} of {needed} signed{by}"


def printed(signature: Signature, zone: tzinfo) -> str:
    """A signature as people read it: name, when (UTC, and by the clock of the site), and what it says."""
    at = signature.signed_at
    local = moment(at, zone)
    return (
        f"Signed by {signature.printed_name} ({signature.known_by}) on {at:%Y-%m-%d %H:%M:%S} UTC "
        f"({local} {zone_name(at, zone)}): {MEANINGS[signature.meaning]}"
    )
