"""The way back as a lot's page tells it: what would make the lot usable, cheapest first, each with where it is done."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from service.answers.documents import instant
from service.domain.answers.ways import Action, Stretch, Way


@dataclass(frozen=True, slots=True)
class Link:
    """Where something is done."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class WayLine:
    """One way: `alone`, with it the lot may be used."""

    text: str
    alone: bool
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class WaysBack:
    """What helps, and what can help no longer."""

    help: tuple[WayLine, ...]
    too_late: tuple[WayLine, ...]


_SIGN = frozenset({Action.SIGN_CHANGE, Action.SIGN_CERTIFICATE, Action.SIGN_RELEASE})
_ENTER = frozenset({Action.ENTER_ITEM, Action.ENTER_CERTIFICATE})


def ways_back(
    ways: Sequence[Way], lot_id: str, pages: frozenset[str], commissions_in: Collection[str] = ()
) -> WaysBack:
    """The ways of a lot.

    Args:
        pages: the forms that whoever looks may use, by the last part of their address.
        commissions_in: the containers in which they may commission a probe.
    """
    lines = [
        (way.helps, WayLine(way.text, way.enough, (*_links(way, lot_id, pages), *_commissioning(way, commissions_in))))
        for way in ways
    ]
    return WaysBack(tuple(line for helps, line in lines if helps), tuple(line for helps, line in lines if not helps))


def _links(way: Way, lot_id: str, pages: frozenset[str]) -> list[Link]:
    if not way.helps:
        return []
    if way.action in _SIGN:
        return [Link("/to-sign", "To sign")]
    here = f"/lots/{quote(lot_id, safe='')}"
    found = []
    if way.action in _ENTER and "certificate" in pages:
        found.append(Link(f"{here}/certificate", "Enter the certificate"))
    if way.action is Action.RELEASE and "decision" in pages:
        found.append(Link(f"{here}/decision", "Decide"))
    if way.action is Action.RECORD_CARRIED_IN and "carried-in" in pages:
        found.append(Link(f"{here}/carried-in", "Record it"))
    if way.action is Action.RECORD_CUSTODY and "custody" in pages:
        found.append(Link(f"{here}/custody", "Take custody"))
    if way.action is Action.ASSESS and "assessment" in pages:
        found += [Link(f"{here}/assessment?{_asked(one)}", f"Assess {one.text}") for one in way.stretches]
    return found


def _commissioning(way: Way, containers: Collection[str]) -> list[Link]:
    if way.action is not Action.COMMISSION:
        return []
    asked = urlencode({"attachment": way.attachment_id})
    return [
        Link(f"/containers/{quote(one.container_id, safe='')}/commission?{asked}", "It has settled")
        for one in way.stretches
        if one.container_id is not None and one.container_id in containers
    ]


def _asked(one: Stretch) -> str:
    return urlencode({"finding": one.finding.value, "from": instant(one.from_us), "until": instant(one.until_us)})
