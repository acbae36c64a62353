"""People who record what differs from the rules' own figures, and what to do where that is."""

from service.domain.alerting.overrides import GivenAlerting, Scope, check_alerting
from service.domain.identity.actor import Actor
from service.store.acting import acting
from service.store.alerting.overrides import lock_scope, record_alerting, recorded_alerting
from service.store.pool import Connection


def record_overrides(connection: Connection, actor: Actor, scope: Scope, scope_id: str, given: GivenAlerting) -> int:
    """Record what is in force from now on for a profile or a container, whole; gives its version.

    The same twice is one version.

    Raises:
        NotFoundError: there is no such container or profile.
        RefusedError: an unknown cause or one of the service itself, or a figure that cannot be.
    """
    check_alerting(scope, given)
    with acting(connection, actor, given.reason):
        # Of two who record at once, each gets a version of its own.
        lock_scope(connection, scope, scope_id)
        known = recorded_alerting(connection, scope, scope_id)
        if known is not None and known.same_as(given):
            return known.version
        return record_alerting(connection, scope, scope_id, given)
