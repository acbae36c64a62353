"""What a caller may see and do by one route, decided before the route begins."""

from dataclasses import dataclass
from typing import Literal, cast

from fastapi import Request

from service.domain.identity.caller import Caller, Sites
from service.domain.identity.permissions import PERMISSIONS, Permission, seen_by, why_not, why_not_here
from service.errors import ConflictError, ForbiddenError, NotFoundError, RefusedError
from service.store.pool import Connection
from service.store.visible import Kind, is_held, is_recorded_at, is_seen, is_there


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
    def limited(self) -> bool:
        """Whether the things that the caller names must be looked at."""
        return self.acts is not None or self.caller.logger_id is not None

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

    def refuse_taken_elsewhere(self, connection: Connection, kind: Literal["logger"], of: str) -> None:
        """Ids are unique over all sites: one that is taken where the caller does not act stays what it is there.

        Raises:
            ConflictError: it is.
        """
        if not is_held(connection, kind, of, self.acts) and is_there(connection, kind, of):
            raise ConflictError(f"{kind} {of!r} is registered already; leave it as it is")

    def refuse_other_logger(self, connection: Connection, logger_id: str, site_id: str | None) -> None:
        """Readings are sent of a logger of the caller's sites; by a logger itself, of no other.

        One that nobody ever heard may be named with its site.

        Raises:
            RefusedError: there is no such logger, or it is hidden, which looks alike.
            ForbiddenError: the caller is another logger, or may see this one, and no more.
        """
        own = self.caller.logger_id
        if own is not None and own != logger_id:
            raise ForbiddenError(f"this key is that of logger {own!r}, which sends its own readings alone")
        if self.acts is None or own is not None:
            return
        if site_id is None or is_there(connection, "logger", logger_id):
            self.refuse_elsewhere(connection, "logger", logger_id, "logger_id")
        else:
            self.refuse_elsewhere(connection, "site", site_id, "site_id")

    def refuse_recorded_elsewhere(self, connection: Connection, kind: str, thing: str, row_id: str) -> None:
        """Likewise of a row that people recorded. `kind`: of its correction; `thing`: in words."""
        if is_recorded_at(connection, kind, row_id, self.acts, held=True):
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


def may(caller: Caller, page: str) -> bool:
    """Whether the caller may use a page or a route, anywhere. `page`: the function that shows it."""
    return page in PERMISSIONS and why_not(caller, PERMISSIONS[page]) is None


def may_with(connection: Connection, caller: Caller, page: str, kind: Kind, of: str | int) -> bool:
    """Whether the caller may use a page or a route with this thing, where it is."""
    return may(caller, page) and is_held(connection, kind, of, caller.sites(PERMISSIONS[page].roles or frozenset()))


def access_of(request: Request) -> Access:
    """What was decided of this request before its route began."""
    return cast(Access, request.state.access)
