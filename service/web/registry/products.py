"""The pages of products: what each asks for, and what of that waits for quality's signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import Response

from service.auth.access import Access, access_of, may
from service.domain.profiles import Profile
from service.settings import Settings
from service.store.paging import BY_ID
from service.store.pool import Connection
from service.store.registry.adoptions import KeptAdoption, adoptions_now
from service.store.registry.products import Product, product, products
from service.store.registry.profiles import all_profiles
from service.web.answering import answered
from service.web.frame import frame
from service.web.registry.limits import limit_row
from service.web.rendering import page
from service.web.turning import leaf
from service.web.words import Moment, moment

router = APIRouter(include_in_schema=False)

A_PAGE = 100

_DONE = {
    "registered": "The product is registered. What it asks for counts once another account of quality has signed it: "
    "until then its lots are not proven."
}


@dataclass(frozen=True, slots=True)
class AskedFor:
    """One thing that a product asks for. `since`: when that was adopted, or recorded where it waits."""

    text: str
    since: Moment
    recorded_by: str


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product in a list."""

    id: str
    name: str
    gtin: str
    profile: str
    asks: tuple[str, ...]
    waiting: int
    from_before: bool


@router.get("/products")
def show_products(request: Request, after: str = "", before: str = "") -> Response:
    """Products, each with what it asks for."""
    access = access_of(request)
    return answered(request, lambda *found: _products(*found, turned=(after, before), access=access))


@router.get("/products/{product_id}")
def show_product(request: Request, product_id: str, done: str = "") -> Response:
    """One product: what is adopted, and what waits."""
    access = access_of(request)
    return answered(
        request, lambda *found: _product(*found, product_id=product_id.replace("\0", ""), access=access, done=done)
    )


def _products(
    connection: Connection, _: Settings, now: datetime, *, turned: tuple[str, str], access: Access
) -> Response:
    found = leaf(lambda part: products(connection, part, retired=False), BY_ID, A_PAGE, *turned)
    asked = adoptions_now(connection, [one.id for one in found.rows])
    profiles = all_profiles(connection)
    return page(
        "products.html",
        as_of=moment(now, frame().zone),
        products=[_row(one, [each for each in asked if each.product_id == one.id], profiles) for one in found.rows],
        before=found.before,
        after=found.after,
        first=found.is_first,
        may_add=may(access.caller, "show_new_product"),
    )


def _row(one: Product, asked: list[KeptAdoption], profiles: Mapping[tuple[str, int], Profile]) -> ProductRow:
    return ProductRow(
        one.id,
        one.name,
        one.gtin or "",
        profiles[one.profile_id, one.profile_version].name,
        tuple(_asks(each, profiles) for each in asked if each.state == "adopted"),
        sum(each.state == "waiting" for each in asked),
        one.from_before,
    )


def _asks(one: KeptAdoption, profiles: Mapping[tuple[str, int], Profile]) -> str:
    if one.kind == "profile" and one.profile_id is not None and one.profile_version is not None:
        name = profiles[one.profile_id, one.profile_version].name
        stage = "" if one.stage == "storage" else f" once it is {one.stage}"
        return f"kept by “{name}” ({one.profile_id}, version {one.profile_version}){stage}"
    if one.kind == "specification":
        return f"a certificate by {one.specification_id}, version {one.specification_version}"
    if one.custody is not None:
        return "custody from the end of filling on" if one.custody else "no custody"
    if not one.release_signatures:
        return "no release"
    return f"a release signed by {'one account' if one.release_signatures == 1 else 'two accounts'} of quality"


def _product(
    connection: Connection, _: Settings, now: datetime, *, product_id: str, access: Access, done: str
) -> Response:
    one = product(connection, product_id)
    asked, profiles = adoptions_now(connection, [product_id]), all_profiles(connection)
    profile = profiles[one.profile_id, one.profile_version]
    zone = frame().zone
    return page(
        "product.html",
        as_of=moment(now, zone),
        done=_DONE.get(done, ""),
        product=one,
        profile=profile,
        limits=[limit_row(limit) for limit in profile.limits],
        adopted=[
            AskedFor(_asks(each, profiles), moment(each.adopted_at, zone), each.recorded_by)
            for each in asked
            if each.adopted_at is not None
        ],
        waiting=[
            AskedFor(_asks(each, profiles), moment(each.recorded_at, zone), each.recorded_by)
            for each in asked
            if each.adopted_at is None
        ],
        may_add_lot=may(access.caller, "show_new_lot"),
    )
