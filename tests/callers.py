"""Whoever calls the API in a test."""

from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from service.api.callers import identified
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller, Grant, Role


@contextmanager
def calling(application: FastAPI, *grants: tuple[Role, str | None]) -> Iterator[None]:
    """Meanwhile every request comes from somebody who was granted this: a role, at a site or at all of them."""
    caller = Caller(Actor("account:7", "A. Meier", "password"), tuple(Grant(*grant) for grant in grants))
    with _identified(application, caller):
        yield


@contextmanager
def called_by_nobody(application: FastAPI) -> Iterator[None]:
    """Meanwhile nobody knows who asks."""
    with _identified(application, None):
        yield


@contextmanager
def _identified(application: FastAPI, caller: Caller | None) -> Iterator[None]:
    usual = dict(application.dependency_overrides)
    application.dependency_overrides[identified] = lambda: caller
    try:
        yield
    finally:
        application.dependency_overrides = usual
