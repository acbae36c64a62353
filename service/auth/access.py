"""What a caller may see and do by one route, decided before the route begins."""

from dataclasses import dataclass
from typing import cast

from fastapi import Request

from service.domain.identity.caller import Caller, Sites
from service.domain.identity.permissions import Permission, seen_by, why_not, why_not_here
from service.errors import ForbiddenError, NotFoundError, RefusedError
from service.store.pool import Connection
from service.store.visible import Kind, is_held, is_recorded_at, is_seen


@dataclass(frozen=True, slots=True)
class Access:
    """What a caller may see and do by one route.

    Attributes:
        acts: where they may do what the route does, be it to read.
        sees: where they may know that something is there. What is elsewhere is answered as if it were not.
    """

    caller: Caller
    permission: Permission
    acts: Sites
    sees: Sites

    @property
    def unlimited(self) -> bool:
        """Whether nothing need be asked of the things that the caller names."""
        return self.acts is None

    def refuse_hidden(self, connection: Connection, kind: Kind, of: str | int) -> None:
        """A thing that is asked for must be one that the caller may see by this route.

        Raises:
            NotFoundError: there is no such thing, or it is hidden, which looks alike.
        """
        if not is_seen(connection, kind, of, self.acts):
            raise _missing(kind, of)

    def refuse_elsewhere(self, connection: Connection, kind: Kind, of: str | int, field: str | None = None) -> None:
        """A thing that is named must be one that the caller may see, and act on.

        Args:
            field: in which field of the body or of the query it is named; None: in the address.

        Raises:
            NotFoundError: there is no such thing, or it is hidden, which looks alike.
            RefusedError: likewise, of what a field names.
            ForbiddenError: the caller may see it, and no more.
        """
        if is_held(connection, kind, of, self.acts):
            return
        if is_seen(connection, kind, of, self.sees):
            raise ForbiddenError(why_not_here(self.caller, self.permission.roles or frozenset(), f"{kind} {of!r}"))
        if field is not None:
            raise RefusedError(field, f"there is no {kind} {of!r}; register it first")
        raise _missing(kind, of)

    def refuse_recorded_elsewhere(self, connection: Connection, kind: str, thing: str, row_id: str) -> None:
        """Likewise of a row that people recorded. `kind`: of its correction; `thing`: in words."""
        if is_recorded_at(connection, kind, row_id, self.acts):
            return
        if is_recorded_at(connection, kind, row_id, self.sees):
            raise ForbiddenError(why_not_here(self.caller, self.permission.roles or frozenset(), f"{thing} {row_id!r}"))
        raise NotFoundError(f"there is no {thing} {row_id!r}; give the id it was recorded under")

    def refuse_not_everywhere(self, what: str) -> None:
        """What concerns all sites needs the role at all of them.

        Raises:
            ForbiddenError: the caller has it at some.
        """
        if self.acts is not None:
            raise ForbiddenError(why_not_here(self.caller, self.permission.roles or frozenset(), what))


def _missing(kind: Kind, of: str | int) -> NotFoundError:
    return NotFoundError(f"there is no {kind} {of!r}; give the id of one that is registered")


def access_to(caller: Caller, permission: Permission) -> Access:
    """What the caller may see and do by a route.

    Raises:
        ForbiddenError: nothing.
    """
    if why := why_not(caller, permission):
        raise ForbiddenError(why)
    roles = permission.roles or frozenset()
    return Access(caller, permission, caller.sites(roles), seen_by(caller, roles))


def access_of(request: Request) -> Access:
    """What was decided of this request before its route began."""
    return cast(Access, request.state.access)
