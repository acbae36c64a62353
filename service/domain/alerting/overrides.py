"""What people record of the alerts of a container or a profile, and what of that may be."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

from service.domain.alerting.rule_table import container_rules
from service.domain.alerting.rules import Override
from service.errors import RefusedError

Scope = Literal["profile", "container"]

#: Of containers and lots: a part of the service is in no container, and has no profile.
_RULES = {rule.cause: rule for rule in container_rules()}

#: Nobody waits longer for an alert, or for its end.
_LONGEST_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class GivenAlerting:
    """What is to be in force from now on, whole.

    Attributes:
        overrides: by cause.
        due_at: when a shipper is to have arrived; a profile has none.
    """

    overrides: Mapping[str, Override]
    instruction: str
    due_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class RecordedAlerting(GivenAlerting):
    """A version of it, as it was recorded."""

    scope: Scope
    scope_id: str
    version: int
    recorded_by: str
    recorded_at: datetime

    def same_as(self, given: GivenAlerting) -> bool:
        """Whether just this was recorded."""
        return all(getattr(self, one.name) == getattr(given, one.name) for one in fields(GivenAlerting))


def check_alerting(scope: Scope, given: GivenAlerting) -> None:
    """Whether it may be recorded of a profile or a container.

    Raises:
        RefusedError: an unknown cause or one of the service itself, a figure that cannot be, or a profile that arrives.
    """
    for cause, override in given.overrides.items():
        _check_override(cause, override)
    if scope == "profile" and given.due_at is not None:
        raise RefusedError("due_at", "a profile arrives nowhere; record when a shipper is due for that container")


def _check_override(cause: str, override: Override) -> None:
    if cause not in _RULES:
        known = f"there is no cause {cause!r} of containers or lots; there are {', '.join(_RULES)}"
        raise RefusedError(f"overrides.{cause}", known)
    if override.at is not None and _RULES[cause].at is None:
        raise RefusedError(f"overrides.{cause}.at", f"{cause} has no figure of its own; leave it out")
    for name, most in (("delay_s", _LONGEST_S), ("recovers_s", _LONGEST_S), ("at", _RULES[cause].largest_at)):
        value = getattr(override, name)
        if value is None:
            continue
        if not (math.isfinite(value) and value >= 0):
            raise RefusedError(f"overrides.{cause}.{name}", f"{value} cannot be; give 0 or more")
        if most is not None and value > most:
            raise RefusedError(f"overrides.{cause}.{name}", f"{value:.15g} is too much; give {most:g} at most")
