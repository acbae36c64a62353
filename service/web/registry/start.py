"""The page of the first steps: what there is already, and what comes next until a lot can be answered for."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.auth.access import Access, access_of, may
from service.domain.identity.permissions import PERMISSIONS
from service.settings import Settings
from service.store.pool import Connection
from service.store.registry.first_steps import FirstSteps, first_steps
from service.web.answering import answered
from service.web.frame import frame
from service.web.registry.uncounted import UncountedLine, unattached, waiting
from service.web.rendering import page
from service.web.words import moment

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        page: the function that shows where it is done.
        has: what there is of it, in words; empty: nothing.
        state: `done`, `next` or `later`.
        who: whoever may do it, where the caller may not.
        lacks: what arrives and counts for nothing until it is done.
    """

    title: str
    why: str
    page: str
    path: str
    does: str
    has: str
    state: str = "later"
    who: str = ""
    lacks: tuple[UncountedLine, ...] = ()


@router.get("/start")
def show_start(request: Request) -> Response:
    """What it takes from an empty service to a lot that may be used, and how far that is."""
    access = access_of(request)
    return answered(request, lambda *found: _start(*found, access=access))


def _start(connection: Connection, _: Settings, now: datetime, *, access: Access) -> Response:
    lacks = (*waiting(connection, now, access.acts), *unattached(connection, now, access.acts))
    return page(
        "start.html",
        as_of=moment(now, frame().zone),
        steps=list(_in_order(_steps(first_steps(connection, access.acts), lacks), access)),
    )


def _steps(there: FirstSteps, lacks: tuple[UncountedLine, ...]) -> Iterator[Step]:
    yield Step(
        "A site",
        "Where it is, and by which clock.",
        "show_new_site",
        "/new/site",
        "Register a site",
        _count(there.sites, "site"),
    )
    yield Step(
        "A product",
        "What is kept: its limits, what its certificates must state, and who releases it.",
        "show_new_product",
        "/new/product",
        "Register a product",
        _count(there.products, "product"),
    )
    yield Step(
        "Its limits, signed",
        "What a product asks for counts once a second account of quality has signed it, with a code.",
        "sign_changes",
        "/to-sign",
        "To sign",
        _count(there.adopted, "product") and f"{_count(there.adopted, 'product')} adopted",
    )
    yield Step(
        "A container",
        "A freezer, a refrigerator, a box: what lots are kept in.",
        "show_new_container",
        "/new/container",
        "Register a container",
        _count(there.containers, "container"),
    )
    yield Step(
        "A logger",
        "What measures. It sends by MQTT or HTTP; once it is registered, its page says whether it is heard.",
        "show_new_logger",
        "/new/logger",
        "Register a logger",
        _count(there.loggers, "logger") and f"{_count(there.loggers, 'logger')}, {there.heard} heard",
    )
    yield Step(
        "The logger in the container",
        "It counts once it is commissioned: a technician confirms that its probe has settled. Both are done on the "
        "container's page.",
        "show_attach_form",
        "/containers",
        "Choose the container",
        _count(there.counting, "probe")
        and f"{_count(there.counting, 'probe')} that count" + ("s" if there.counting == 1 else ""),
        lacks=lacks,
    )
    yield Step(
        "A lot",
        "One manufacturing batch, with the number that is printed on its vials.",
        "show_new_lot",
        "/new/lot",
        "Register a lot",
        _count(there.lots, "lot"),
    )
    yield Step(
        "The lot in the container",
        "From then on it is kept as that container is. This is done on the lot's page.",
        "show_place_form",
        "/",
        "Choose the lot",
        _count(there.placed, "lot") and f"{_count(there.placed, 'lot')} placed",
    )


def _count(number: int, what: str) -> str:
    """Empty: there is none."""
    return f"{number} {what}{'' if number == 1 else 's'}" if number else ""


def _in_order(steps: Iterator[Step], access: Access) -> Iterator[Step]:
    """Each with its state: the first that is missing comes next."""
    is_next = True
    for step in steps:
        state = "done" if step.has else "next" if is_next else "later"
        is_next = is_next and state == "done"
        who = "" if may(access.caller, step.page) else _who(step.page)
        yield replace(step, state=state, who=who)


def _who(name: str) -> str:
    permission = PERMISSIONS[name]
    roles = " or ".join(sorted(role.value for role in permission.roles or ()))
    return f"{roles}{' at all sites' if permission.everywhere else ''}"
