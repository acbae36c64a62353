"""How a container is now, in few words: pure, from what its probes say."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from service.answers.containers_now import ContainerNow, ProbeNow
from service.domain.instant import SECOND_US, from_datetime, minutes_text
from service.domain.profiles import Effect, Profile
from service.domain.series.present import Present
from service.domain.series.quality import Quality

_HOUR_S = 3_600

#: What crosses its limit within this time, as it goes on now, is on its way to it.
_SOON_S = 6 * _HOUR_S


class State(StrEnum):
    """How it is, the worst first: also the name that styles go by."""

    BEYOND = "beyond"
    SILENT = "silent"
    WARMING = "warming"
    WELL = "well"
    UNWATCHED = "unwatched"


@dataclass(frozen=True, slots=True)
class NowView:
    """A container now; empty where there is nothing to say.

    Attributes:
        temperature: of its worst probe, as that shows it; of a silent one the last there was.
        says: what is wrong, or soon will be.
        arrow: up, down, or empty: steady, or nobody can tell; trend: likewise in words.
        limits: within which it is kept.
    """

    state: State
    temperature: str
    says: str
    arrow: str
    trend: str
    limits: str


def now_view(told: ContainerNow, now: datetime) -> NowView:
    """What is said of a container."""
    worst = told.worst
    limits = limits_text(told.profile)
    if worst is None or worst.present is None:
        if told.listed.probes or told.lots:
            return NowView(State.SILENT, "", "never measured" if told.listed.probes else "no probe", "", "", limits)
        return NowView(State.UNWATCHED, "", "no probe", "", "", limits)
    temperature = present_text(worst.present)
    if worst.stale:
        passed_us = from_datetime(now) - worst.present.measured_us
        return NowView(State.SILENT, temperature, f"silent for {minutes_text(passed_us)}", "", "", limits)
    arrow, trend = _trend(worst)
    state, says = _state(told, worst)
    return NowView(state, temperature, says, arrow, trend, limits)


def present_text(present: Present) -> str:
    """A temperature to a tenth, or what a probe shows instead: ``'−80.0 °C'``, ``'warmer than it can show'``."""
    if present.temperature_c is not None:
        return f"{present.temperature_c:.1f} °C".replace("-", "−")
    said = {Quality.HI: "warmer than it can show", Quality.LO: "colder than it can show"}
    return said.get(present.quality, "not believable")


def limits_text(profile: Profile) -> str:
    """Within which limits that condemn a container is kept: ``'below −60 °C'``, ``'2 to 8 °C'``."""
    condemning = [limit for limit in profile.limits if limit.effect is Effect.CONDEMNS]
    highest = min((one.threshold_c for one in condemning if one.direction == "above"), default=None)
    lowest = max((one.threshold_c for one in condemning if one.direction == "below"), default=None)
    if highest is None and lowest is None:
        return ""
    if highest is None or lowest is None:
        side, threshold_c = ("over", lowest) if highest is None else ("under", highest)
        return f"{side} {threshold_c:g} °C".replace("-", "−")
    return f"{lowest:g} to {highest:g} °C".replace("-", "−")


def _trend(probe: ProbeNow) -> tuple[str, str]:
    if not probe.per_hour_c:
        return "", ""
    warms = probe.per_hour_c > 0
    return "↑" if warms else "↓", f"{'warming' if warms else 'cooling'} {abs(probe.per_hour_c):.1f} °C/h"


def _state(told: ContainerNow, worst: ProbeNow) -> tuple[State, str]:
    if worst.nearest is not None and worst.nearest.to_go_c < 0:
        return State.BEYOND, f"{worst.nearest.limit.text} now"
    if told.listed.beyond:
        # By its records it is or may be: a probe that fell silent beyond its limit, for instance.
        return State.BEYOND, "may be beyond its limit"
    crosses = None if told.forecast is None else told.forecast.crosses
    if told.forecast is not None and crosses is not None and crosses.about_s <= _SOON_S:
        about_us = round(crosses.about_s) * SECOND_US
        return State.WARMING, f"{told.forecast.limit.text} in about {minutes_text(about_us)}"
    return State.WELL, ""
