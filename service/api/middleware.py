"""What is done with a request before the application sees it."""

from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.problems import too_large

#: What belongs to the software itself and changes with it alone: a browser asks each time whether it did.
_OF_THE_SOFTWARE = ("/static/", "/docs/assets/")

#: What every answer says that says nothing else of it: it runs nothing, and is what it says it is.
_ALWAYS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}


class NothingKept:
    """Says of every answer that it counts now: what a browser or a proxy kept of it could pass for a fresh one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        kept = "no-cache" if scope["path"].startswith(_OF_THE_SOFTWARE) else "no-store"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", kept)
                for name, value in _ALWAYS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


#: What is packed for whoever takes it so: large answers, none of which holds a secret. Where one is told, its length
#: packed together with what an attacker can have repeated beside it would give it away, a letter at a time (BREACH).
_PACKED = (
    "/static/",
    "/docs",
    "/lots/",
    "/containers",
    "/loggers",
    "/sites",
    "/products",
    "/checks",
    "/wall",
    "/downtime",
)
_CHARTS = "/chart"

#: Below this size packing saves less than it costs; above the level it costs far more than it saves.
_LEAST_BYTES = 1_024
_LEVEL = 5


class Packed:
    """Packs pages, styles and charts by gzip; not the API's answers, which programs fetch by thousands."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._packing = GZipMiddleware(app, minimum_size=_LEAST_BYTES, compresslevel=_LEVEL)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        packed = scope["type"] == "http" and scope["method"] == "GET" and _is_packed(scope["path"])
        await (self._packing if packed else self._app)(scope, receive, send)


def _is_packed(path: str) -> bool:
    return path == "/" or path.startswith(_PACKED) or (path.startswith("/v1/") and path.endswith(_CHARTS))


#: Names that parameters had before; they are still taken.
_OLD_PARAMETERS = {
    "site": "site_id",
    "container": "container_id",
    "alert": "alert_id",
    "before": "after",
    "before_id": "after",
    "to": "until",
}


class HeadAsGet:
    """Answers HEAD as GET, without the body: health checks and previews of links ask so."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET", "asked_by_head": True}, receive, send_without_body)


class OldParameters:
    """Takes query parameters by the names they had before."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] == "http" and scope["query_string"] and scope["path"].startswith("/v1/"):
            given = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if any(name in _OLD_PARAMETERS for name, _ in given):
                renamed = [(_OLD_PARAMETERS.get(name, name), value) for name, value in given]
                scope = {**scope, "query_string": urlencode(renamed).encode()}
        await self._app(scope, receive, send)


#: What is read piece by piece, onto the disk or not before it is known who sends it.
_IN_PIECES = ("/v1/imports", "/v1/readings", "/v1/documents")

#: Forms of pages about a lot that a document comes along with.
_WITH_DOCUMENT = ("/certificate", "/assessment", "/carried-in")

#: Of all else, which is taken apart in memory before anybody asks who sent it: a message mended and escaped has most.
_MOST_FIELDS_BYTES = 8 << 20

#: Of a form of a page.
_MOST_FORM_BYTES = 1 << 20


class BodyLimit:
    """A wall around every route, much above what it reads: what is larger is not read.

    Args:
        most_bytes: of what is read piece by piece.
    """

    def __init__(self, app: ASGIApp, most_bytes: int) -> None:
        self._app = app
        self._most_bytes = most_bytes

    def _most(self, path: str) -> int:
        if path in _IN_PIECES or (path.startswith("/lots/") and path.endswith(_WITH_DOCUMENT)):
            return self._most_bytes
        return _MOST_FIELDS_BYTES if path.startswith("/v1/") else _MOST_FORM_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most(scope["path"])
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdecimal() and int(announced) > most:
            await too_large()(scope, receive, send)
            return
        read = 0

        async def receive_within_limit() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > most:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_within_limit, send)
