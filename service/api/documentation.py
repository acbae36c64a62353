"""The API's own documentation at /docs, from this machine alone: hospitals' networks reach no content server."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles

_ASSETS = "/docs/assets"

_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API · Unbroken</title>
<link rel="stylesheet" href="{_ASSETS}/swagger-ui.css">
<link rel="stylesheet" href="{_ASSETS}/documentation.css">
<script src="{_ASSETS}/swagger-ui-bundle.js" defer></script>
<script src="{_ASSETS}/documentation.js" defer></script>
</head>
<body>
<p class="back"><a href="/">Unbroken: back to the pages</a></p>
<main id="swagger-ui"></main>
</body>
</html>
"""

#: Swagger UI draws its arrows from addresses that hold the picture.
_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


def add_documentation(app: FastAPI) -> None:
    """Swagger UI over /openapi.json, its scripts and styles taken from the package swagger-ui-py."""
    assets = StaticFiles(packages=[("swagger_ui", "static"), ("service.api", "static")])
    app.mount(_ASSETS, assets, name="documentation assets")

    @app.get("/docs", include_in_schema=False)
    def show_documentation() -> HTMLResponse:
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})
