"""What alerts about limits say of what was found, as `words` puts it after a container's name."""

from collections.abc import Sequence

from service.domain.alerting.details import (
    MOST_NAMED,
    Approaching,
    Beyond,
    BudgetUsed,
    Certainty,
    EvidenceLost,
    LotBudgetsUsed,
    PastExcursion,
    StillBeyond,
    TimeBeyond,
    WasBeyond,
)
from service.domain.instant import SECOND_US, duration_text, temperature_text
from service.domain.profiles import beyond_text
from service.domain.series.forecast import wait_text


def crossing_text(found: Beyond, *, past: bool) -> str:
    """That it is beyond a threshold, that it was when last heard of, or that it may be, and why that is not certain."""
    where, is_so = beyond_text(*found.threshold), "was" if past else "is"
    said = {
        Certainty.MEASURED: f"{is_so} {where}",
        Certainty.LAST_HEARD: f"was, when last heard of, {where}",
        Certainty.POSSIBLE: f"may {'have been' if past else 'be'} {where}: {_doubt(found, past=past)}",
        Certainty.DECLARED: f"{is_so} declared to be {where}",
    }[found.certainty]
    if found.lots:
        said += f", a limit of {'lot' if found.lots == 1 else 'lots'} {some_text(found.lot_ids, found.lots)}"
    return said


def _doubt(found: Beyond, *, past: bool) -> str:
    if not found.end:
        return "what its logger reads does not prove that it is not"
    if found.end_c is None:
        return f"{found.end}, and the range of the logger is not known"
    measures = "measured" if past else "measures"
    return f"{found.end}, and the logger {measures} only to {temperature_text(found.end_c)}"


def still_beyond_text(found: StillBeyond) -> str:
    """What is still so, and threatens nothing that is there."""
    return f"is still {beyond_text(*found.threshold)}; the lots whose limit that is are no longer in it"


_LOST = {
    EvidenceLost.UNMEASURED: "when its probe was taken out, and nothing that counts has measured it since",
    EvidenceLost.PROBE_REMOVED: "until its probe was taken out; what measures it now reads within limits",
    EvidenceLost.READINGS_VOID: "by readings that no longer count; what measures it now reads within limits",
}


def was_beyond_text(found: WasBeyond) -> str:
    """What is known once the probe, or the readings, that were beyond a limit are gone."""
    return f"was beyond a limit {_LOST[found.lost]}"


def past_excursion_text(found: PastExcursion) -> str:
    """What came and went before anybody heard of it."""
    first, *more = found.beyond
    said = _time_beyond(first)
    for farther in more:
        lasted_us = farther.certain_us if farther.certain_times else farther.possible_us
        which = "of which" if farther.certain_times else "of which perhaps"
        said += f", {which} {duration_text(lasted_us)} {beyond_text(*farther.threshold)}"
    return f"{said}; how it went on, nobody measured" if found.unmeasured else said


def _time_beyond(found: TimeBeyond) -> str:
    where = beyond_text(*found.threshold)
    if not found.certain_times:
        return f"may have been {where} {_lasted(found.possible_us, found.possible_times)}"
    said = f"was {where} {_lasted(found.certain_us, found.certain_times)}"
    more_us = found.possible_us - found.certain_us
    return f"{said}, and may have been for {duration_text(more_us)} more" if more_us >= SECOND_US else said


def _lasted(lasted_us: int, times: int) -> str:
    lasted = duration_text(lasted_us)
    return f"{times} times, for {lasted} in all" if times > 1 else f"for {lasted}"


def budget_text(found: BudgetUsed, *, past: bool) -> str:
    """How much of a budget is used, or was."""
    return f"{'had' if past else 'has'} {_used(found)}"


def lot_budgets_text(found: LotBudgetsUsed) -> str:
    """What lots have used of their budgets, after the name of their container."""
    named = ", ".join(f"lot {one.lot_id} that has {_used(one.used)}" for one in found.lots)
    return f"holds {named}" + (f" and {found.more} more" if found.more else "")


def _used(found: BudgetUsed) -> str:
    allowed = f"the {duration_text(found.budget_s * SECOND_US)} allowed {beyond_text(*found.threshold)}"
    return f"used up all of {allowed}" if found.share >= 1 else f"used more than {found.share:.0%} of {allowed}"


def approaching_text(found: Approaching) -> str:
    """Which threshold is crossed, and when."""
    return f"{beyond_text(*found.threshold)} in about {wait_text(found.crosses)}"


def some_text(first: Sequence[str], count: int) -> str:
    """The first of some lots, and how many more there are."""
    named = first[:MOST_NAMED]
    return ", ".join(named) + (f" and {count - len(named)} more" if count > len(named) else "")
