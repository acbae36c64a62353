"""What pages say of a container now: pure, in words, each beside its colour and its shape."""

import math
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.answers.containers_now import ContainerNow, ProbeNow
from service.domain.instant import SECOND_US
from service.domain.profiles import Direction
from service.domain.series.bounded import bounded_text
from service.domain.series.forecast import wait_text
from service.domain.series.present import Nearest, Present
from service.domain.series.quality import Quality
from service.domain.wall_clock import zone_named
from service.web.words import Moment, ago, moment

#: What each condition is called. What nobody measures is not told as if it were well.
CONDITION_TEXTS = {
    "alarm": "Alarm",
    "beyond": "Beyond a limit",
    "silent": "Not heard",
    "warning": "Warning",
    "well": "Within limits",
    "unwatched": "Not measured",
}

#: What a kind is called on a page.
KIND_TEXTS = {
    "freezer": "freezer",
    "refrigerator": "refrigerator",
    "ln2_vessel": "liquid nitrogen vessel",
    "shipper": "shipper",
    "dry_ice_box": "dry-ice box",
    "ambient": "room",
    "box": "box",
    "rack": "rack",
    "vehicle": "vehicle",
}


@dataclass(frozen=True, slots=True)
class ProbeView:
    """One probe now; empty where there is nothing to say.

    Attributes:
        temperature: its newest reading, degrees, or ``'at least 40 °C (HI)'``; ``'?'``: it proves nothing.
        is_bound: that is no number, but what it proves.
        note: why that is no number of now.
        since: when it was measured; age: how long ago.
        limit: how far it is from the limit that matters most; beyond: it is past it.
        trend: where it goes; arrow: the same as a sign; direction: `up`, `down`, `steady`, or empty.
    """

    name: str
    temperature: str
    is_bound: bool
    note: str
    since: Moment | None
    age: str
    stale: bool
    limit: str
    beyond: bool
    trend: str
    arrow: str
    direction: str
    battery: str


@dataclass(frozen=True, slots=True)
class ContainerView:
    """One container now.

    Attributes:
        condition: the name styles go by.
        now: of the probe that is told; None: there is none.
        measured_by_id, measured_by: what a box without a probe is in that has one; empty: nothing.
    """

    id: str
    name: str
    site: str
    kind: str
    condition: str
    condition_text: str
    now: ProbeView | None
    probes: tuple[ProbeView, ...]
    silent: str
    trouble: str
    lots: int
    alerts: int
    severity: str
    declared: str
    measured_by_id: str
    measured_by: str


def container_view(one: ContainerNow, now: datetime) -> ContainerView:
    """What is shown of a container, by the clock of its site."""
    zone = zone_named(one.listed.time_zone)
    probes = tuple(_probe_view(probe, now, zone) for probe in one.probes)
    told = next((view for view, probe in zip(probes, one.probes, strict=True) if probe.present is not None), None)
    silent = sum(probe.stale for probe in one.probes)
    declared_c = one.listed.declared_c
    condition, condition_text = one.listed.condition, CONDITION_TEXTS[one.listed.condition]
    trouble = trouble_text(one)
    if condition == "silent" and not one.listed.probes:
        # Lots are in it, and there is nothing that could be heard.
        condition_text = CONDITION_TEXTS["unwatched"]
    if one.listed.measured_by is not None and condition == "unwatched":
        condition_text = f"Measured by {one.listed.measured_by}"
    if condition == "well" and trouble:
        # It is, and not for long.
        condition, condition_text = "warning", "Heading for a limit"
    return ContainerView(
        one.listed.id,
        one.listed.name,
        one.listed.site_name,
        KIND_TEXTS.get(one.listed.kind, one.listed.kind),
        condition,
        "Retired" if one.listed.retired else condition_text,
        told,
        probes,
        f"{silent} of {len(probes)} probes not heard" if silent and len(probes) > 1 else "",
        trouble,
        one.lots,
        one.listed.alerts,
        one.listed.severity,
        "" if declared_c is None else f"declared as {degrees(declared_c)}",
        one.listed.measured_by_id or "",
        one.listed.measured_by or "",
    )


def degrees(temperature_c: float) -> str:
    """A temperature to the tenth: ``'−79.8 °C'``."""
    tenths = round(temperature_c, 1) + 0.0
    return f"{tenths:.1f} °C".replace("-", "−")


def _probe_view(probe: ProbeNow, now: datetime, zone: tzinfo) -> ProbeView:
    present = probe.present
    trend, arrow, direction = trend_text(probe.per_hour_c)
    since = None if present is None else moment(present.measured_us, zone)
    return ProbeView(
        f"{probe.logger_id} · {probe.probe}" if probe.probe else probe.logger_id,
        "" if present is None else _temperature(present),
        present is not None and present.temperature_c is None,
        _note(probe, zone),
        since,
        "" if present is None else _age(present.measured_us, now),
        probe.stale,
        "" if probe.nearest is None else limit_text(probe.nearest),
        probe.nearest is not None and probe.nearest.to_go_c < 0,
        trend,
        arrow,
        direction,
        "" if probe.battery_v is None else f"{probe.battery_v:.2f} V",
    )


def _temperature(present: Present) -> str:
    return "?" if present.bounded is None else bounded_text(present.bounded, degrees)


def _age(measured_us: int, now: datetime) -> str:
    # A logger's clock may run ahead of ours.
    return ago(min(measured_us, round(now.timestamp() * SECOND_US)), now)


def _note(probe: ProbeNow, zone: tzinfo) -> str:
    if probe.away_until_us is not None:
        return f"taken out, as recorded, until {moment(probe.away_until_us, zone).text}"
    if probe.present is None:
        return "never heard here"
    if probe.present.quality is Quality.HI:
        return "warmer than its logger can show"
    if probe.present.quality is Quality.LO:
        return "colder than its logger can show"
    if probe.present.quality is Quality.IMPOSSIBLE:
        return "no number that can be believed"
    return ""


def trend_text(per_hour_c: float | None) -> tuple[str, str, str]:
    """Where it goes, as words, as a sign, and for styles."""
    if per_hour_c is None:
        return "", "", ""
    if per_hour_c == 0:
        return "steady", "→", "steady"
    by = f"{abs(per_hour_c):.1f} °C/h"
    return (f"rises {by}", "↗", "up") if per_hour_c > 0 else (f"falls {by}", "↘", "down")


def limit_text(found: Nearest) -> str:
    """How far it is from a limit: ``'19.8 °C below −60 °C'``, ``'at least 20.0 °C above −60 °C'``."""
    above = found.limit.direction is Direction.ABOVE
    threshold = degrees(found.limit.threshold_c).replace(".0 ", " ")
    if math.isinf(found.to_go_c):
        return f"may be {found.limit.text}" if found.to_go_c < 0 else ""
    side = "above" if above == (found.to_go_c < 0) else "below"
    least = "" if found.is_exact else "at least "
    return f"{least}{degrees(abs(found.to_go_c))} {side} {threshold}"


def trouble_text(one: ContainerNow) -> str:
    """What will be, if it goes on as now; empty: nothing is foretold."""
    found = one.forecast
    if found is None or found.crosses is None:
        return ""
    return f"{found.limit.text[:1].upper()}{found.limit.text[1:]} in about {wait_text(found.crosses)}"
