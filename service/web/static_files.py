"""Styles, scripts and pictures of pages, and the address at which browsers look for an icon by themselves."""

from fastapi import APIRouter
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles

router = APIRouter(include_in_schema=False)


def static_files() -> StaticFiles:
    """Styles, scripts and pictures."""
    return StaticFiles(packages=[("service.web", "static")])


@router.get("/favicon.ico")
def show_icon() -> RedirectResponse:
    """Where a document names no icon, browsers ask for this one."""
    return RedirectResponse("/static/icon.svg", 301)
