"""What alerts about limits say, after the container's name."""

from collections.abc import Sequence

from service.domain.alerting.rules import ContainerFacts, Newest
from service.domain.exposure.container import Record, Threshold
from service.domain.instant import SECOND_US, temperature_text
from service.domain.profiles import Direction, beyond_text
from service.domain.series.quality import Quality

_MOST_LOTS = 3


def where_text(threshold: Threshold) -> str:
    """On which side of what: ``'above −60 °C'``."""
    return beyond_text(*threshold)


def whose_text(lot_ids: Sequence[str]) -> str:
    """Whose limit it is, where it is none of the container's own."""
    more = f" and {len(lot_ids) - _MOST_LOTS} more" if len(lot_ids) > _MOST_LOTS else ""
    return f"a limit of {'lot' if len(lot_ids) == 1 else 'lots'} {', '.join(lot_ids[:_MOST_LOTS])}{more}"


def is_text(facts: ContainerFacts, record: Record, threshold: Threshold, now_us: int) -> str:
    """That it is beyond a threshold, that it was when last heard of, or that it may be, and why that is not certain."""
    where = where_text(threshold)
    beyond = [one for one in facts.newest if _may_be_beyond(one, threshold)]
    if threshold not in record.open_beyond:
        return f"may be {where}: {_doubt(beyond, threshold)}"
    # Of several probes the one that is beyond may be the one that fell silent.
    heard_us = max((x.measured_us for x in beyond), default=None) if len(facts.newest) > 1 else record.measured_until_us
    silent = heard_us is None or now_us - heard_us > facts.profile.max_gap_s * SECOND_US
    return f"was, when last heard of, {where}" if silent else f"is {where}"


def _may_be_beyond(one: Newest, threshold: Threshold) -> bool:
    direction, threshold_c = threshold
    if one.temperature_c is None:
        return one.quality is (Quality.HI if direction is Direction.ABOVE else Quality.LO)
    return one.temperature_c > threshold_c if direction is Direction.ABOVE else one.temperature_c < threshold_c


def _doubt(beyond: Sequence[Newest], threshold: Threshold) -> str:
    """Why it is not certain."""
    ends = [x for x in beyond if x.temperature_c is None]
    if not ends:
        return "what its logger reads does not prove that it is not"
    said, end_c = ("HI", ends[0].range_max_c) if threshold[0] is Direction.ABOVE else ("LO", ends[0].range_min_c)
    if end_c is None:
        return f"{said}, and the range of the logger is not known"
    return f"{said}, and the logger measures only to {temperature_text(end_c)}"


def left_text(threshold: Threshold) -> str:
    """What is still so, and threatens nothing that is there."""
    return f"is still {where_text(threshold)}; {LEFT}"


#: Why it is calm though it is as warm, or as cold, as before.
LEFT = "the lots whose limit that is are no longer in it"

#: What is so once the probe that was beyond a limit is gone.
UNMEASURED = "was beyond a limit when its probe was taken out, and nothing that counts has measured it since"
TAKEN_OUT = "was beyond a limit until its probe was taken out; what measures it now reads within limits"
VOID = "was beyond a limit by readings that no longer count; what measures it now reads within limits"
