"""Who calls, and what they were granted where."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from service.domain.identity.actor import Actor
from service.errors import RefusedError


class Role(StrEnum):
    """What somebody may do; a grant says where."""

    VIEWER = "viewer"
    CLINICIAN = "clinician"
    CUSTODIAN = "custodian"
    QUALITY = "quality"
    ON_CALL = "on_call"
    TECHNICIAN = "technician"
    ADMIN = "admin"
    AUDITOR = "auditor"
    MONITOR = "monitor"
    KIOSK = "kiosk"
    DEVICE_HTTP = "device_http"


@dataclass(frozen=True, slots=True)
class Grant:
    """A role at a site; None: at all of them."""

    role: Role
    site_id: str | None


def written(grant: Grant) -> str:
    """A grant as people write it: `quality`, or `quality@basel` for one site."""
    return grant.role.value if grant.site_id is None else f"{grant.role.value}@{grant.site_id}"


def grant_from(word: str) -> Grant:
    """The grant that somebody wrote.

    Raises:
        RefusedError: there is no such role.
    """
    role, _, site_id = word.strip().partition("@")
    if role not in set(Role):
        raise RefusedError("role", f"there is no role {role[:40]!r}; there are {', '.join(sorted(Role))}")
    return Grant(Role(role), site_id or None)


#: Ids of sites; None: all there are, and what is at none.
Sites = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever a request comes from.

    Attributes:
        actor: in whose name what they do is recorded.
        account_id: the account that acts, itself or by a key of its own; None: no person.
        logger_id: the logger whose own key this is; None: nobody's.
        session_id: the session in a browser; None: a key.
        withheld: roles that were granted and do not count, for this login was without a code.
        kiosk_id: the kiosk on which they act, or which itself asks.
    """

    actor: Actor
    grants: tuple[Grant, ...]
    account_id: int | None = None
    logger_id: str | None = None
    session_id: int | None = None
    withheld: frozenset[Role] = frozenset()
    kiosk_id: int | None = None

    @property
    def is_kiosk(self) -> bool:
        """Whether this is the kiosk itself, and nobody who acts on it."""
        return self.kiosk_id is not None and self.account_id is None

    def sites(self, roles: Collection[Role]) -> Sites:
        """Where the caller has one of these roles; an empty set: nowhere."""
        held = {grant.site_id for grant in self.grants if grant.role in roles}
        return None if None in held else frozenset(site_id for site_id in held if site_id is not None)
