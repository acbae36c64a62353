"""Routes of acts: what the database undid because of another act is done again before anybody hears of it."""

from collections.abc import Callable
from typing import Any

from fastapi.routing import APIRoute

from service.store.retry import retried


class ActRoute(APIRoute):
    """A route whose function is one transaction, tried again where it met another one."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, retried(endpoint), **options)
