"""The page of containers: how each is now, the worst first."""

from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.answers.containers_now import told_containers
from service.auth.access import Access, access_of, may
from service.settings import Settings
from service.store.pool import Connection
from service.store.registry.container_list import WORST_FIRST, ChosenContainers
from service.web.answering import answered
from service.web.container_views import container_view
from service.web.forms import in_one_line
from service.web.frame import frame
from service.web.rendering import page
from service.web.turning import leaf
from service.web.words import moment

router = APIRouter(include_in_schema=False)

#: Containers on one page: a screen or two.
A_PAGE = 50


@router.get("/containers")
def show_containers(request: Request, q: str = "", after: str = "", before: str = "") -> Response:
    """Containers with their temperatures now, a page at a time."""
    access = access_of(request)
    return answered(
        request, lambda *found: _containers(*found, text=in_one_line(q), turned=(after, before), access=access)
    )


def _containers(
    connection: Connection, settings: Settings, now: datetime, *, text: str, turned: tuple[str, str], access: Access
) -> Response:
    site = frame().site
    chosen = ChosenContainers(None if site is None else site.id, text or None, seen_at=access.acts)
    found = leaf(
        lambda part: told_containers(connection, chosen, part, now, settings.clock_tolerance_us),
        WORST_FIRST,
        A_PAGE,
        *turned,
        row_of=lambda row: row.listed,
    )
    return page(
        "containers.html",
        as_of=moment(now, frame().zone),
        text=text,
        containers=[container_view(one, now) for one in found.rows],
        several_sites=site is None and len(frame().sites) > 1,
        before=found.before,
        after=found.after,
        first=found.is_first,
        may_add=may(access.caller, "show_new_container"),
    )
