"""A morning check as it is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from service.domain.checks.seen import ContainerSeen, Odd, Seen, Shown, as_bounded
from service.domain.instant import to_datetime
from service.domain.series.bounded import bounded_text
from service.domain.wall_clock import wall_hour
from service.web.words import Moment, ago, moment


@dataclass(frozen=True, slots=True)
class OddLine:
    """Something odd, as it is shown. `until_text`: without its day, where that is the same. `lasts`: it still is so."""

    text: str
    from_at: Moment | None
    until: Moment | None
    until_text: str
    lasts: bool


@dataclass(frozen=True, slots=True)
class ContainerLine:
    """A container, as it is shown.

    Attributes:
        look: ``'beyond'`` a limit now, ``'odd'``, ``'calm'``, or ``'unwatched'``: no probe of it counts.
        said: the same in a word or two.
    """

    id: str
    name: str
    allowed: str
    coldest: str
    warmest: str
    now: str
    now_at: Moment | None
    now_ago: str
    look: str
    said: str
    odd: list[OddLine]


@dataclass(frozen=True, slots=True)
class Summary:
    """All of a site in a line. `answer`: by which shape and colour it is told."""

    answer: str
    text: str
    reason: str


_SAID = {"beyond": "Beyond its limit", "odd": "Look at it", "calm": "In range", "unwatched": "Not watched"}
_TURN = ("beyond", "odd", "calm", "unwatched")


def temperature(found: Shown | None, proven_c: float | None) -> str:
    """A temperature as people read it, of "HI" and "LO" what they prove; a dash: there is none."""
    told = as_bounded(found, proven_c)
    return "—" if told is None else bounded_text(told, _number)


def _number(temperature_c: float) -> str:
    # As most loggers say it; with what a finer one, or a calibration, says beside.
    fine = round(temperature_c, 2) != round(temperature_c, 1)
    return f"{temperature_c:.{2 if fine else 1}f} °C".replace("-", "\N{MINUS SIGN}")


def odd_lines(some: Iterable[Odd], zone: tzinfo) -> list[OddLine]:
    """What is odd, each with its times."""
    return [_odd(one, zone) for one in some]


def _odd(one: Odd, zone: tzinfo) -> OddLine:
    if one.from_us is None or one.until_us is None:
        from_at = None if one.from_us is None else moment(one.from_us, zone)
        return OddLine(one.text, from_at, None, "", one.from_us is not None)
    from_at, until = moment(one.from_us, zone), moment(one.until_us, zone)
    days = [to_datetime(at_us).astimezone(zone).date() for at_us in (one.from_us, one.until_us)]
    text = wall_hour(to_datetime(one.until_us), zone) if days[0] == days[1] else until.text
    return OddLine(one.text, from_at, until, text, lasts=False)


def container_lines(seen: Seen, zone: tzinfo, now: datetime) -> list[ContainerLine]:
    """The containers, what is to be looked at first."""
    lines = [_line(one, zone, now) for one in seen.containers]
    return sorted(lines, key=lambda line: (_TURN.index(line.look), line.name))


def _line(one: ContainerSeen, zone: tzinfo, now: datetime) -> ContainerLine:
    look = "beyond" if one.beyond else "odd" if one.odd else "calm" if one.measured else "unwatched"
    return ContainerLine(
        one.id,
        one.name,
        one.allowed,
        temperature(one.coldest_c, one.coldest_proven_c),
        temperature(one.warmest_c, one.warmest_proven_c),
        temperature(one.now_c, one.now_proven_c),
        None if one.now_us is None else moment(one.now_us, zone),
        "" if one.now_us is None else ago(one.now_us, now),
        look,
        _SAID[look],
        odd_lines(one.odd, zone),
    )


def summary(seen: Seen) -> Summary:
    """Whether all is well, in a line."""
    beyond = [one.name for one in seen.containers if one.beyond]
    if beyond:
        also = [one.name for one in seen.containers if one.odd and not one.beyond]
        then = f" Then look at {_names(also)}." if also else ""
        return Summary("do_not_use", "Out of range now", f"{_names(beyond)}: go there first.{then}")
    watched = sum(one.measured for one in seen.containers)
    if seen.odd:
        count = len([one for one in seen.containers if one.odd]) + bool(seen.others)
        calm = "Nothing else was odd." if watched else ""
        return Summary("not_proven", f"{count} to look at", f"{_odd_names(seen)}. {calm}".strip())
    if not watched:
        return Summary("not_proven", "Nothing is watched", "No container of this site has a probe that counts.")
    which = "The only container" if watched == 1 else f"All {watched} containers"
    return Summary("usable", "All in range", f"{which} measured without a break, and nothing was odd.")


def _odd_names(seen: Seen) -> str:
    return _names([one.name for one in seen.containers if one.odd] + ["the site itself"] * bool(seen.others))


def _names(names: list[str]) -> str:
    most = 4
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
