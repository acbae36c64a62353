"""Every route and page of the service, as it is served."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute


def all_routes(application: FastAPI) -> Iterator[BaseRoute]:
    """What is served, those of included routers among it."""
    for route in application.routes:
        included = getattr(route, "original_router", None)
        yield from [route] if included is None else included.routes


def answering(application: FastAPI) -> list[APIRoute]:
    """Routes and pages that functions answer."""
    return [route for route in all_routes(application) if isinstance(route, APIRoute)]


def address(route: APIRoute) -> str:
    """Method and address, as documentation writes them: `GET /v1/lots/{lot_id}`."""
    return f"{', '.join(sorted(route.methods))} {route.path.replace(':path}', '}')}"
