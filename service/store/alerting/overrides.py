"""What differs from the rules' own figures for a profile or a container, and what to do there: versioned."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from service.domain.alerting.overrides import GivenAlerting, RecordedAlerting, Scope
from service.domain.alerting.rules import Alerting, Override
from service.domain.instant import from_datetime
from service.domain.severity import Severity
from service.store.pool import Connection
from service.store.rows import all_rows, columns, found, one_row, one_value

_NAMES = {field.name for field in fields(Override)} - {"severity"}

#: Joins what is in force of a container and of its profile to a query of `containers`.
IN_FORCE = """
    LEFT JOIN LATERAL (
        SELECT overrides, instruction FROM alerting WHERE scope = 'profile' AND scope_id = profile_id
        ORDER BY version DESC LIMIT 1
    ) AS of_profile ON true
    LEFT JOIN LATERAL (
        SELECT overrides, instruction, due_at FROM alerting WHERE scope = 'container' AND scope_id = containers.id
        ORDER BY version DESC LIMIT 1
    ) AS of_container ON true
"""

#: What to do there, from that; empty: nobody wrote it down.
INSTRUCTION = "coalesce(nullif(of_container.instruction, ''), of_profile.instruction, '')"


def _alerting(
    *,
    id: str,  # noqa: A002 - a column's name
    of_profile: Mapping[str, Any] | None,
    of_container: Mapping[str, Any] | None,
    instruction: str,
    due_at: datetime | None,
) -> tuple[str, Alerting]:
    overrides = tuple(_overrides(given) for given in (of_profile, of_container) if given)
    return id, Alerting(overrides, instruction, None if due_at is None else from_datetime(due_at))


def alerting_of(connection: Connection, container_ids: Collection[str]) -> dict[str, Alerting]:
    """By container, what is recorded of its profile and of itself; where nothing is, an empty one."""
    recorded = all_rows(
        connection,
        _alerting,
        "SELECT containers.id, of_profile.overrides AS of_profile, of_container.overrides AS of_container, "
        f"{INSTRUCTION} AS instruction, of_container.due_at FROM containers {IN_FORCE} "
        "WHERE containers.id = ANY(%s) AND num_nonnulls(of_profile.overrides, of_container.overrides) > 0",
        [list(container_ids)],
    )
    return {container_id: Alerting() for container_id in container_ids} | dict(recorded)


def profile_overrides(connection: Connection, profile_ids: Collection[str]) -> dict[str, Mapping[str, Override]]:
    """By profile, its overrides by cause; one for which nothing is recorded is absent."""
    recorded = all_rows(
        connection,
        _recorded,
        f"SELECT DISTINCT ON (scope_id) {columns(RecordedAlerting)} FROM alerting "
        "WHERE scope = 'profile' AND scope_id = ANY(%s) ORDER BY scope_id, version DESC",
        [list(profile_ids)],
    )
    return {one.scope_id: one.overrides for one in recorded}


def recorded_alerting(connection: Connection, scope: Scope, scope_id: str) -> RecordedAlerting | None:
    """The version in force, as it was recorded; None: nothing was."""
    return one_row(
        connection,
        _recorded,
        f"SELECT {columns(RecordedAlerting)} FROM alerting WHERE (scope, scope_id) = (%s, %s) "
        "ORDER BY version DESC LIMIT 1",
        [scope, scope_id],
    )


def _recorded(*, overrides: Mapping[str, Any], **row: Any) -> RecordedAlerting:
    return RecordedAlerting(overrides=_overrides(overrides), **row)


def lock_scope(connection: Connection, scope: Scope, scope_id: str) -> None:
    """Keep others from recording a version for this profile or container until the transaction is over.

    Raises:
        NotFoundError: there is none of that id.
    """
    table = {"profile": "profiles", "container": "containers"}[scope]
    found(one_value(connection, f"SELECT id FROM {table} WHERE id = %s FOR NO KEY UPDATE", [scope_id]), scope, scope_id)


def record_alerting(connection: Connection, scope: Scope, scope_id: str, given: GivenAlerting) -> int:
    """Record what is in force from now on, whole; gives its version."""
    return int(
        one_value(
            connection,
            "INSERT INTO alerting (scope, scope_id, version, overrides, instruction, due_at, reason) "
            "SELECT %(scope)s, %(id)s, coalesce(max(version), 0) + 1, %(overrides)s, %(instruction)s, %(due_at)s, "
            "%(reason)s FROM alerting WHERE scope = %(scope)s AND scope_id = %(id)s RETURNING version",
            {
                "scope": scope,
                "id": scope_id,
                "overrides": Jsonb({cause: _given(override) for cause, override in given.overrides.items()}),
                "instruction": given.instruction,
                "due_at": given.due_at,
                "reason": given.reason,
            },
        )
    )


def _given(override: Override) -> dict[str, Any]:
    return {name: value for name, value in asdict(override).items() if value is not None}


def _overrides(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, Override]:
    # During an upgrade a newer process may have written what this one does not know.
    return {
        cause: Override(**{name: given[name] for name in _NAMES & given.keys()}, severity=_severity(given))
        for cause, given in stored.items()
    }


def _severity(given: Mapping[str, Any]) -> Severity | None:
    return Severity(given["severity"]) if given.get("severity") else None
