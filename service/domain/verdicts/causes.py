"""Why a lot's verdict changed: one word for each row of its history."""

from collections.abc import Collection
from enum import StrEnum


class Cause(StrEnum):
    """What a change of verdict came from; where there were several, the first one listed is told.

    What a person did comes before what was measured, the rarer before the more common, and time only where nothing
    else is known.
    """

    FIRST = "first"
    CORRECTION = "correction"
    PROFILE_REPINNED = "profile_repinned"
    RE_EVALUATION = "re_evaluation"
    CLOCK_MEND = "clock_mend"
    CALIBRATION = "calibration"
    ABSENCE = "absence"
    ATTACHMENT = "attachment"
    DOOR_GRACE = "door_grace"
    LOGGER_RANGE = "logger_range"
    PLACEMENT = "placement"
    SHIPPED = "shipped"
    PAPERS = "papers"
    SIGNED = "signed"
    BROUGHT = "brought"
    LATE_DATA = "late_data"
    EXCURSION = "excursion"
    TIME = "time"


#: Every cause there is, and what it says.
CAUSES = {
    Cause.FIRST: "The lot's first verdict.",
    Cause.CORRECTION: "What somebody had recorded was corrected or struck.",
    Cause.PROFILE_REPINNED: "The lot was pinned to another version of its profile.",
    Cause.RE_EVALUATION: "Everything was judged again, by a newer version of this software.",
    Cause.CLOCK_MEND: "The clock of a logger was mended.",
    Cause.CALIBRATION: "A probe's calibration was recorded.",
    Cause.ABSENCE: "A probe was recorded as absent from its container for a while.",
    Cause.ATTACHMENT: "A probe was attached, commissioned or taken out.",
    Cause.DOOR_GRACE: "How long an opened door is no certain exposure was changed for a container.",
    Cause.LOGGER_RANGE: "A logger's range became known, and with it what its HI and LO prove, and what it cannot show.",
    Cause.PLACEMENT: "The lot was placed.",
    Cause.SHIPPED: "A shipment with the lot was handed over, received or cancelled.",
    Cause.PAPERS: "Papers of the lot changed: a certificate, a decision, a recall, or what its product asks for.",
    Cause.SIGNED: "A change that waited for its signature was signed.",
    Cause.BROUGHT: "Readings did not come live from a logger: somebody brought them.",
    Cause.LATE_DATA: "Readings arrived late.",
    Cause.EXCURSION: "Readings arrived in time: what they say, good or bad.",
    Cause.TIME: "Nothing arrived, and time passed.",
}


def cause_of_readings(from_us: int, max_gap_us: int, now_us: int) -> Cause:
    """What readings measured from `from_us` on are when evaluated at `now_us`: late if a silence as long is a gap."""
    return Cause.LATE_DATA if from_us < now_us - max_gap_us else Cause.EXCURSION


def cause_of(touched_by: Collection[Cause], *, first: bool) -> Cause:
    """The one cause to tell of a change, given all that touched the lot since its last verdict."""
    if first:
        return Cause.FIRST
    return next((cause for cause in Cause if cause in touched_by), Cause.TIME)
