"""Who may use what: one table, complete, and the same for people."""

import re
from collections.abc import Collection
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from service.acts.corrections import CORRECTABLE
from service.api.permitted import NAMED
from service.cli.serve import application
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller, Grant, Role
from service.domain.identity.permissions import (
    ANYBODY,
    AT_KIOSK,
    CORRECTS,
    PERMISSIONS,
    READERS,
    STAFF,
    Permission,
    why_not,
)
from service.settings import Settings
from tests.routes import address, all_routes, answering

PAGE = Path(__file__).parents[3] / "docs/roles.md"


def caller(*grants: tuple[Role, str | None]) -> Caller:
    """Somebody who was granted this."""
    return Caller(Actor("account:7", "A. Meier", "password"), tuple(Grant(*grant) for grant in grants))


def in_words(permission: Permission) -> str:
    """The roles that open a route, as docs/roles.md says them."""
    if permission.roles is None:
        return "anybody"
    if not permission.roles:
        return "anybody known"
    named: list[str] = []
    left = set(permission.roles)
    for word, roles in (("readers", READERS), ("staff", STAFF)):
        if roles <= left:
            named, left = [*named, word], left - roles
    where = " at all sites" if permission.everywhere else ""
    return ", ".join([*named, *(role.value for role in Role if role in left)]) + where


def test_every_route_and_page_has_its_roles_and_there_are_no_others() -> None:
    """A route that nobody gave roles would be open to everybody, or to nobody."""
    names = [route.name for route in answering(application(Settings()))]
    assert len(set(names)) == len(names), "two functions of one name would have one permission"
    assert set(names) == PERMISSIONS.keys()


def test_what_is_served_without_a_function_shows_nothing_of_anybody() -> None:
    """Styles, scripts and the description of the API are those of every installation."""
    others = [route for route in all_routes(application(Settings())) if not isinstance(route, APIRoute)]
    assert {getattr(route, "path", None) for route in others} == {"/openapi.json", "/docs/assets", "/static"}


def test_every_page_for_people_says_the_same() -> None:
    """Whoever grants a role reads what it opens, and the service does just that."""
    written = re.findall(r"^\| `([A-Z].*)` \| (.*) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    table = {address(route): in_words(PERMISSIONS[route.name]) for route in answering(application(Settings()))}
    assert dict(written) == table
    assert len(written) == len(table)


def test_what_an_address_names_is_a_thing_of_a_site_or_of_none() -> None:
    """An id of a new kind in an address would else be answered to whoever guesses it."""
    named = {name for route in answering(application(Settings())) for name in re.findall(r"\{(\w+)", route.path)}
    assert named == NAMED.keys()


@pytest.mark.parametrize("role", Role)
def test_every_role_opens_something(role: Role) -> None:
    """A role that opens nothing is granted in vain."""
    assert [name for name, permission in PERMISSIONS.items() if permission.roles and role in permission.roles]


def test_who_reads_may_change_nothing() -> None:
    """Who may look is not asked who may act: a viewer, a kiosk and an auditor record nothing.

    A clinician says that they looked at the freezers in the morning, which changes nothing of any lot.
    """
    writes = [route.name for route in answering(application(Settings())) if "GET" not in route.methods]
    lookers = {Role.VIEWER, Role.CLINICIAN, Role.AUDITOR, Role.MONITOR, Role.KIOSK}
    for name in {*writes} - {"add_check", "send_check"}:
        assert not lookers & (PERMISSIONS[name].roles or set()) or PERMISSIONS[name].roles == set(Role), name


def test_what_is_done_from_a_kiosk_needs_a_role_and_signs_nothing() -> None:
    """Digits typed where others look on are no signature, and open nothing that anybody known may do."""
    forms = {route.name: address(route) for route in answering(application(Settings())) if "GET" not in route.methods}
    assert forms.keys() >= AT_KIOSK
    assert all(PERMISSIONS[name].roles for name in AT_KIOSK)
    signing = {name for name, of in forms.items() if "sign" in name or "/assessment" in of or "/decision" in of}
    assert {"sign_records", "sign_changes"} <= signing
    assert not AT_KIOSK & signing


def test_a_kiosk_is_nobody() -> None:
    """What whoever is known may do, such as to see their account, is for people."""
    kiosk = Caller(Actor("kiosk:3", "Tablet", "enrolled device"), (Grant(Role.KIOSK, "bern"),), kiosk_id=3)
    assert "a kiosk is nobody" in (why_not(kiosk, PERMISSIONS["show_account"]) or "")
    assert why_not(kiosk, PERMISSIONS["show_lot"]) is None
    assert why_not(kiosk, ANYBODY) is None


def test_whatever_can_be_corrected_is_corrected_by_whoever_may_record_it() -> None:
    """A technician does not move lots by way of a correction."""
    assert CORRECTS.keys() == CORRECTABLE.keys()
    assert CORRECTS["placement"] == PERMISSIONS["place_lot"]
    assert CORRECTS["calibration"] == PERMISSIONS["add_calibration"]
    either = {role for permission in CORRECTS.values() for role in permission.roles or ()}
    assert either == PERMISSIONS["add_correction"].roles


def why(permission: Permission, granted: Collection[tuple[Role, str | None]]) -> str:
    """Why such a caller may not; empty: they may."""
    return why_not(caller(*granted), permission) or ""


def test_a_refusal_says_which_role_is_missing_and_where() -> None:
    """Whoever is refused at night knows what to ask for, and of whom."""
    place, product = PERMISSIONS["place_lot"], PERMISSIONS["add_product"]
    assert not why(ANYBODY, [])
    assert not why(place, [(Role.CUSTODIAN, "bern")])
    assert why(place, [(Role.VIEWER, "bern"), (Role.AUDITOR, None)]) == (
        "this needs the role custodian or quality; you are viewer at 'bern', auditor at all sites. Ask an admin for it"
    )
    assert not why(product, [(Role.QUALITY, None)])
    assert why(product, [(Role.QUALITY, "bern")]) == (
        "this needs the role quality at all sites, for it is about what belongs to no single one; you are quality at "
        "'bern'. Ask an admin for it"
    )
    assert "you have no role" in why(place, [])
