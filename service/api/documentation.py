"""The API's own documentation at /docs, from this machine alone: hospitals' networks reach no content server."""

from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

_ASSETS = "/docs/assets"


def add_documentation(app: FastAPI) -> None:
    """Swagger UI over /openapi.json, its scripts and styles taken from the package swagger-ui-py."""
    app.mount(_ASSETS, StaticFiles(packages=[("swagger_ui", "static")]), name="documentation assets")

    @app.get("/docs", include_in_schema=False)
    def show_documentation() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="Unbroken: API",
            swagger_js_url=f"{_ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{_ASSETS}/swagger-ui.css",
            swagger_favicon_url="data:,",
        )
