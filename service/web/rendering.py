"""Templates made into whole HTML answers, with the headers every page carries."""

import re
from functools import lru_cache
from typing import Any

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from service.web.frame import frame

_TEMPLATES = Environment(
    loader=PackageLoader("service.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_FIGURE = re.compile(r"(?<=\d) (?=(?:°C|d|h|min|s)\b)|(?<=\d [dh]) (?=\d)")

#: A page runs and shows only what we serve, and nobody keeps a copy that could pass for fresh.
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


# A table has the same figures again and again.
@lru_cache(maxsize=4_096)
def unbroken_figures(text: str) -> str:
    """The same text, with no line ending inside a figure and its units."""
    return _FIGURE.sub("\N{NO-BREAK SPACE}", text)


_TEMPLATES.filters["unbroken_figures"] = unbroken_figures
_TEMPLATES.globals["frame"] = frame


def page(template: str, status_code: int = 200, **shown: Any) -> HTMLResponse:
    """A template as a whole page."""
    return HTMLResponse(_TEMPLATES.get_template(template).render(shown), status_code=status_code, headers=_HEADERS)
