"""Whether an act changes what was already told of the past; then it needs a reason."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from service.domain.identity.actor import Actor
from service.domain.instant import SECOND_US, duration_text, rfc3339
from service.errors import ClocksDisagreeError, RefusedError

#: Walls show whole minutes: who records what was done just now does not reach back.
_JUST_NOW_US = 60 * SECOND_US

#: Columns under the names people know; None: of no use to them.
_TOLD_AS = {"from_at": "from", "until_at": "until", "series_id": None, "recorded_at": None}


@dataclass(frozen=True, slots=True)
class Word:
    """Who records something, when, and why, if they say so.

    Attributes:
        scan_delay_s: how late a scan may be.
        clock_tolerance_s: how far `now` may be from what the database's clock says.
        lost_since: since when lots concerned are out of limits as they are told now, kept by a pass or not.
    """

    actor: Actor
    now: datetime
    scan_delay_s: float
    clock_tolerance_s: float
    reason: str | None = None
    lost_since: datetime | None = None


def why_unknown_now(now_us: int, database_us: int, tolerance_us: int) -> ClocksDisagreeError | None:
    """Why nobody knows what is past, by our clock and by the database's; None: the two agree."""
    ahead_us = abs(now_us - database_us)
    if ahead_us <= tolerance_us:
        return None
    return ClocksDisagreeError(
        f"our clock and that of the database differ by {duration_text(ahead_us)}, so nobody knows what is "
        "past; have them set right (`unbroken doctor`), then record it again"
    )


def why_rewriting(at_us: int, now_us: int, *, scan_delay_us: int, told: bool, condemned: bool) -> str | None:
    """Why an act about `at_us` and later, recorded at `now_us`, changes time already judged; None: it does not.

    Args:
        scan_delay_us: this late a scan may come; what is older has been judged.
        told: a lot concerned was judged, or has been known for longer than that.
        condemned: a lot concerned went out of limits since then, or may have as a probe says that is to be silenced: it
            is not made better without a word, however little time passed.
    """
    if condemned and at_us < now_us - _JUST_NOW_US:
        return "a lot concerned went, or may have gone, out of limits since then"
    if told and at_us < now_us - scan_delay_us:
        return "that time has been judged already"
    return None


def why_unexplained(why: str, word: Word) -> RefusedError | None:
    """Why time already judged cannot be changed (`why` it is such a time); None: somebody says why it is."""
    if word.reason:
        return None
    return RefusedError("reason", f"{why}: say why it is recorded otherwise in `reason`; it is listed")


def told(row: Any) -> dict[str, Any]:
    """What is recorded (a dataclass), in JSON and under the names people know."""
    document: dict[str, Any] = {
        name: _as_json(value)
        for column, value in asdict(row).items()
        if (name := _TOLD_AS.get(column, column)) is not None
    }
    if "offset_us" in document:
        document["offset_s"] = document.pop("offset_us") / SECOND_US
    return document


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value
