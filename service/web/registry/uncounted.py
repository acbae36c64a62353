"""What pages say of readings that arrive and count for nothing: of which logger, why, and where that is mended."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from service.domain.exposure.uncounted import AttachedProbe, Uncounted, UncountedProbe, uncounted_now
from service.domain.identity.caller import Sites
from service.domain.instant import SECOND_US, from_datetime
from service.domain.verdicts.uncounted_reasons import uncounted_text
from service.store.pool import Connection
from service.store.registry.attached_probes import SendingLogger, sending_unattached, waiting_probes

#: As many are told.
_MOST = 3

#: A logger that was not heard for so long does not send any more.
_LATELY_US = 86_400 * SECOND_US


@dataclass(frozen=True, slots=True)
class UncountedLine:
    """One sentence. `path`: where it is mended, empty: nowhere by a click; `does`: what is done there."""

    text: str
    path: str = ""
    does: str = ""


def of_container(attached: Sequence[AttachedProbe], now: datetime) -> list[UncountedLine]:
    """Of what is attached to a container, each probe that counts for nothing now."""
    return [_line(one) for one in uncounted_now(attached, from_datetime(now))]


def of_logger(attached: Iterable[AttachedProbe], logger_id: str, now: datetime) -> list[UncountedLine]:
    """Of what is attached where a logger is, its own probes that count for nothing now."""
    now_us = from_datetime(now)
    its = [one for one in attached if one.logger_id == logger_id and one.until_us > now_us]
    return [_line(found) for one in its for found in uncounted_now([one], now_us)]


def waiting(connection: Connection, now: datetime, seen_at: Sites) -> list[UncountedLine]:
    """The first probes of all containers that nobody has commissioned."""
    now_us = from_datetime(now)
    some = [one for probes in waiting_probes(connection, now_us, seen_at).values() for one in probes]
    return _some([_line(found) for one in some for found in uncounted_now([one], now_us)])


def unattached(
    connection: Connection, now: datetime, seen_at: Sites, *, site_id: str | None = None, container_id: str = ""
) -> list[UncountedLine]:
    """The first loggers that send and are attached nowhere. `container_id`: where they may be attached."""
    since_us = from_datetime(now) - _LATELY_US
    found = sending_unattached(connection, since_us, _MOST + 1, site_id, seen_at)
    return _some([_unattached(one, container_id) for one in found])


def _some(lines: Sequence[UncountedLine]) -> list[UncountedLine]:
    more = [UncountedLine("There are more of these.")] if len(lines) > _MOST else []
    return [*lines[:_MOST], *more]


def _line(found: UncountedProbe) -> UncountedLine:
    one = found.attached
    if found.why is not Uncounted.NOT_COMMISSIONED:
        return UncountedLine(uncounted_text(found))
    asked = urlencode({"attachment": one.attachment_id})
    path = f"/containers/{quote(one.container_id, safe='')}/commission?{asked}"
    return UncountedLine(uncounted_text(found), path, "It has settled")


def _unattached(one: SendingLogger, container_id: str) -> UncountedLine:
    text = f"Readings arrive from logger {one.id}, which is attached nowhere: they count for nothing."
    if not one.registered:
        return UncountedLine(text, f"/new/logger?{urlencode({'id': one.id})}", "Register it")
    if not container_id:
        return UncountedLine(text, f"/loggers/{quote(one.id, safe='')}", "See it")
    asked = urlencode({"logger": one.id})
    return UncountedLine(text, f"/containers/{quote(container_id, safe='')}/attach?{asked}", "Attach it here")
