"""What is retired: it stays with all that was recorded of it, and nothing new is recorded of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service.errors import ConflictError, RefusedError

#: As many things are named in one sentence.
_MOST = 3


def why_unchanged(change: Mapping[str, Any]) -> RefusedError | None:
    """Why a change of something registered is none; None: it is one."""
    return None if change else RefusedError("body", "it changes nothing; give what is to be different")


def why_in_use(thing: str, identifier: str, uses: Sequence[str], what_to_do: str) -> ConflictError | None:
    """Why something cannot be retired, or go elsewhere; None: nothing that is there uses it.

    Args:
        uses: what does, in words.
        what_to_do: so that it can be.
    """
    if not uses:
        return None
    named = ", ".join(uses[:_MOST])
    more = f" and {len(uses) - _MOST} more" if len(uses) > _MOST else ""
    return ConflictError(f"{thing} {identifier!r} is in use by {named}{more}; {what_to_do}")


def why_retired(
    thing: str, identifier: str, retired_at: datetime | None, until_at: datetime | None = None
) -> ConflictError | None:
    """Why nothing new is recorded of something; None: it is in use, or was until then.

    Args:
        until_at: the end of what is to be recorded; None: it has none.
    """
    if retired_at is None or (until_at is not None and until_at <= retired_at):
        return None
    return ConflictError(
        f"{thing} {identifier!r} is retired, since {retired_at:%Y-%m-%d %H:%M} UTC; choose another, or take it back "
        "into use first"
    )


def retiring(change: Mapping[str, Any], retired_at: datetime | None, now: datetime) -> dict[str, Any]:
    """A change that says `retired` or not as one of `retired_at`: what is retired stays so since when it was."""
    becomes = dict(change)
    if "retired" in becomes:
        becomes["retired_at"] = (retired_at or now) if becomes.pop("retired") else None
    return becomes
