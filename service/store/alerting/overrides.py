"""What differs from the rules' own figures for a profile or a container, and what to do there: versioned."""

import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Literal

from psycopg.types.json import Jsonb

from service.domain.alerting.rule_table import LARGEST_AT, RULES
from service.domain.alerting.rules import Alerting, Override
from service.domain.instant import from_datetime
from service.domain.severity import Severity
from service.errors import NotFoundError, RefusedError
from service.store.pool import Connection

Scope = Literal["profile", "container"]

Row = dict[str, Any]

_NAMES = {field.name for field in fields(Override)} - {"severity"}

#: Of containers and lots: a part of the service is in no container, and has no profile.
_CAUSES = tuple(rule.cause for rule in RULES)

#: Nobody waits longer for an alert, or for its end.
_LONGEST_S = 30 * 86_400


def alerting_of(connection: Connection, container_ids: Collection[str]) -> dict[str, Alerting]:
    """By container, what is recorded of its profile and of itself; where nothing is, an empty one."""
    found = {container_id: Alerting() for container_id in container_ids}
    for row in connection.execute(
        """
        SELECT containers.id, of_profile.overrides AS of_profile, of_container.overrides AS of_container,
               coalesce(nullif(of_container.instruction, ''), of_profile.instruction, '') AS instruction,
               of_container.due_at
        FROM containers
        LEFT JOIN LATERAL (
            SELECT overrides, instruction FROM alerting WHERE scope = 'profile' AND scope_id = profile_id
            ORDER BY version DESC LIMIT 1
        ) AS of_profile ON true
        LEFT JOIN LATERAL (
            SELECT overrides, instruction, due_at FROM alerting WHERE scope = 'container' AND scope_id = containers.id
            ORDER BY version DESC LIMIT 1
        ) AS of_container ON true
        WHERE containers.id = ANY(%s) AND num_nonnulls(of_profile.overrides, of_container.overrides) > 0
        """,
        [list(container_ids)],
    ):
        found[row["id"]] = Alerting(
            tuple(_overrides(given) for given in (row["of_profile"], row["of_container"]) if given),
            row["instruction"],
            None if row["due_at"] is None else from_datetime(row["due_at"]),
        )
    return found


def profile_overrides(connection: Connection, profile_ids: Collection[str]) -> dict[str, Mapping[str, Override]]:
    """By profile, its overrides by cause; one for which nothing is recorded is absent."""
    rows = connection.execute(
        "SELECT DISTINCT ON (scope_id) scope_id, overrides FROM alerting "
        "WHERE scope = 'profile' AND scope_id = ANY(%s) ORDER BY scope_id, version DESC",
        [list(profile_ids)],
    )
    return {row["scope_id"]: _overrides(row["overrides"]) for row in rows}


def recorded_alerting(connection: Connection, scope: Scope, scope_id: str) -> Row | None:
    """The version in force, as it was recorded; `overrides` by cause. None: nothing was."""
    row = connection.execute(
        "SELECT scope, scope_id, version, overrides, instruction, due_at, reason, recorded_by, recorded_at "
        "FROM alerting WHERE (scope, scope_id) = (%s, %s) ORDER BY version DESC LIMIT 1",
        [scope, scope_id],
    ).fetchone()
    return None if row is None else {**row, "overrides": _overrides(row["overrides"])}


def record_alerting(
    connection: Connection,
    scope: Scope,
    scope_id: str,
    overrides: Mapping[str, Override],
    instruction: str,
    due_at: datetime | None,
    reason: str,
    recorded_by: str,
) -> int:
    """Record what is in force from now on, whole; gives its version. Call it inside a transaction.

    Args:
        overrides: by cause.
        due_at: when a shipper is to have arrived; a profile has none.

    Raises:
        NotFoundError: there is no such container or profile.
        RefusedError: an unknown cause or one of the service itself, or a figure that cannot be.
    """
    _refuse_unknown(overrides)
    if scope == "profile" and due_at is not None:
        raise RefusedError("due_at", "a profile arrives nowhere; record when a shipper is due for that container")
    # Locked, so that of two who record at once each gets a version of its own.
    table = {"profile": "profiles", "container": "containers"}[scope]
    known = connection.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR NO KEY UPDATE", [scope_id]).fetchall()
    if not known:
        raise NotFoundError(f"there is no {scope} {scope_id!r}; GET /v1/{scope}s lists them")
    [row] = connection.execute(
        "INSERT INTO alerting (scope, scope_id, version, overrides, instruction, due_at, reason, recorded_by) "
        "SELECT %(scope)s, %(id)s, coalesce(max(version), 0) + 1, %(overrides)s, %(instruction)s, %(due_at)s, "
        "%(reason)s, %(recorded_by)s FROM alerting WHERE scope = %(scope)s AND scope_id = %(id)s RETURNING version",
        {
            "scope": scope,
            "id": scope_id,
            "overrides": Jsonb({cause: _given(override) for cause, override in overrides.items()}),
            "instruction": instruction,
            "due_at": due_at,
            "reason": reason,
            "recorded_by": recorded_by,
        },
    ).fetchall()
    return int(row["version"])


def _refuse_unknown(overrides: Mapping[str, Override]) -> None:
    for cause, override in overrides.items():
        if cause not in _CAUSES:
            known = f"there is no cause {cause!r} of containers or lots; there are {', '.join(_CAUSES)}"
            raise RefusedError(f"overrides.{cause}", known)
        if override.at is not None and cause not in LARGEST_AT:
            raise RefusedError(f"overrides.{cause}.at", f"{cause} has no figure of its own; leave it out")
        for name, most in (("delay_s", _LONGEST_S), ("recovers_s", _LONGEST_S), ("at", LARGEST_AT.get(cause))):
            value = getattr(override, name)
            if value is None:
                continue
            if not (math.isfinite(value) and value >= 0):
                raise RefusedError(f"overrides.{cause}.{name}", f"{value} cannot be; give 0 or more")
            if most is not None and value > most:
                raise RefusedError(f"overrides.{cause}.{name}", f"{value:.15g} is too much; give {most:g} at most")


def _given(override: Override) -> Row:
    return {name: value for name, value in asdict(override).items() if value is not None}


def _overrides(stored: Mapping[str, Row]) -> dict[str, Override]:
    # During an upgrade a newer process may have written what this one does not know.
    return {
        cause: Override(**{name: given[name] for name in _NAMES & given.keys()}, severity=_severity(given))
        for cause, given in stored.items()
    }


def _severity(given: Row) -> Severity | None:
    return Severity(given["severity"]) if given.get("severity") else None
