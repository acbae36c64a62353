"""Time zones by their names: those that a caller gives, and those that a file states of its own clock."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from service.formats.reading import Rejection
from service.formats.wording import shown

_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT", "Zulu")
_LONGEST_NAME = 256
_OFFSET = r"(?P<sign>[+\-−])\s*(?P<hours>[01]?[0-9])(?::?(?P<minutes>[0-5][0-9]))?(?![0-9:])"
_OF_UTC = re.compile(rf"(?<![A-Za-z])(?:UTC|GMT|UT|Z|Zulu)(?![A-Za-z0-9])\s*(?:{_OFFSET})?", re.IGNORECASE)
_BARE = re.compile(r"(?<![0-9A-Za-z:])(?P<sign>[+\-−])(?P<hours>[01][0-9]):?(?P<minutes>[0-5][0-9])(?![0-9:])")
_PLACE = re.compile(r"[A-Za-z_]+(?:/[A-Za-z0-9_+\-]+)+")
_SHORT = re.compile(r"(?<![A-Za-z])[A-Z]{3,4}(?![A-Za-z])")
#: As HOBOconnect writes that its clock follows both: `Date-Time (EST/EDT)`.
_BOTH = re.compile(r"(?<![A-Za-z])([A-Z]{3,4})/([A-Z]{3,4})(?![A-Za-z])")
_LONG = re.compile(r"(?:[A-Za-z.]+ )+(?:standard|daylight|summer|mean|universal) time", re.IGNORECASE)
_SUMMER = re.compile(r"(?<![A-Za-z])(?:DST|daylight|summer)(?![A-Za-z])", re.IGNORECASE)
_UNIVERSAL = re.compile(r"(?:coordinated universal|universal coordinated|greenwich mean|universal) time", re.IGNORECASE)
#: Hours ahead of UTC of what clocks call themselves, all year round. Several: nobody knows which is meant.
_ABBREVIATIONS: dict[str, tuple[float, ...]] = {
    "CET": (1,), "CEST": (2,), "MEZ": (1,), "MESZ": (2,), "WET": (0,), "WEST": (1,), "EET": (2,), "EEST": (3,),
    "EST": (-5, 10), "EDT": (-4,), "CST": (-6, 8), "CDT": (-5,), "MST": (-7, 8), "MDT": (-6,), "PST": (-8, 8),
    "PDT": (-7,), "AKST": (-9,), "AKDT": (-8,), "HST": (-10,), "JST": (9,), "KST": (9,), "HKT": (8,), "SGT": (8,),
    "AEST": (10,), "AEDT": (11,), "ACST": (9.5,), "ACDT": (10.5,), "AWST": (8,), "NZST": (12,), "NZDT": (13,),
    "BST": (1, 6), "IST": (5.5, 1, 2), "SAST": (2,), "MSK": (3,), "AST": (-4, 3), "ADT": (-3, 4), "BRT": (-3,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Stated:
    """A clock as a file states it; `zones`: those it may mean, none if it names one that we do not know."""

    text: str
    zones: tuple[tzinfo, ...]


def zone_of(name: str) -> tzinfo:
    """The zone of a name such as "Europe/Zurich", "UTC", "Etc/GMT-1" or "+01:00"."""
    name = name.strip()
    if found := re.fullmatch(r"([+\-−])([01][0-9]):?([0-5][0-9])", name):
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        if offset <= timedelta(hours=14):
            return timezone(offset if found[1] == "+" else -offset)
    elif (zone := _place(name)) is not None:
        return zone
    raise Rejection(
        "zone_unknown", f"{shown(name)} is no known time zone. Give one such as Europe/Zurich, UTC or +01:00."
    )


def _place(name: str) -> tzinfo | None:
    if name in _UTC:
        return UTC
    # Not places: the machine's own zone would make the result depend on the machine; right/ counts leap seconds.
    if not name or name.startswith(("right/", "posix", "localtime", "Factory")):
        return None
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def stated_in(name: str) -> tuple[list[Stated], str]:
    """The clocks that a name states, such as `Date Time, GMT-08:00`, and what else it says."""
    if len(name) > _LONGEST_NAME:
        return [], name
    text = re.sub(r"(?<=[a-z])(?=UTC|GMT|Utc|Gmt)", " ", unicodedata.normalize("NFKC", name))
    found: list[Stated] = []

    def take(match: re.Match[str]) -> str:
        stated = _stated(match)
        if stated is None:
            return match[0]
        found.append(stated)
        return " "

    for pattern in (_UNIVERSAL, _LONG, _SUMMER, _BOTH, _PLACE, _OF_UTC, _BARE, _SHORT):
        text = pattern.sub(take, text)
    return found, text


def _stated(match: re.Match[str]) -> Stated | None:
    text = match[0].strip()
    if match.re is _UNIVERSAL:
        return Stated(text, (UTC,))
    if match.re in (_LONG, _SUMMER):
        return Stated(text, ())
    if match.re is _PLACE:
        zone = _place(text)
        return None if zone is None else Stated(text, (zone,))
    if match.re in (_BOTH, _SHORT):
        hours = [one for name in text.split("/") for one in _ABBREVIATIONS.get(name, ())]
        return Stated(text, tuple(timezone(timedelta(hours=one)) for one in hours)) if hours else None
    ahead = timedelta(hours=int(match["hours"] or 0), minutes=int(match["minutes"] or 0))
    if ahead > timedelta(hours=14):
        return Stated(text, ())
    return Stated(text, (timezone(ahead if match["sign"] == "+" else -ahead),))


def one_stated(names: Sequence[str], above: Stated | None = None) -> Stated | None:
    """The clock that names state, all the same if several do, and the lines `above` if they say one.

    Raises:
        Rejection: ``zone_contradicted``.
    """
    found = [stated for name in names for stated in stated_in(name)[0]] + ([above] if above else [])
    for other in found[1:]:
        if other.zones != found[0].zones:
            raise Rejection(
                "zone_contradicted",
                f"the times are said to be by {shown(found[0].text)} and by {shown(other.text)}. Export the file "
                "again, or leave one of them out of its column's name.",
            )
    return found[0] if found else None
