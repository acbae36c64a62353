"""Pages for people: whole HTML documents, made on the server from the same queries as the API."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
def show_lots(request: Request) -> str:
    """Every lot with its answer."""
    return f"<!doctype html><title>Unbroken</title>{datetime.now(UTC)}{request.url}"


def static_files() -> StaticFiles:
    """Styles and scripts."""
    return StaticFiles(packages=[("service.web", "static")])
