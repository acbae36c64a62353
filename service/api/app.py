"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request

from service.acts.redrive import DialectOf
from service.api import health
from service.api.alerting import alerts, notifications, silences
from service.api.alerting import overrides as alerting
from service.api.documentation import add_documentation
from service.api.intake import csv_mappings, imports, readings, rejected
from service.api.lots import corrections, lots
from service.api.problems import RESPONSES, add_problem_answers
from service.api.readiness import readiness_said
from service.api.registry import attachments, containers, loggers, mending, products, profiles, sites
from service.api.series import drawing
from service.errors import RefusedError
from service.settings import Settings
from service.store.pool import pool

#: A wall around every route, so much above the largest file; what is larger is not read.
_BESIDE_FILE_BYTES = 1 << 20


def create_app(settings: Settings, dialect_of: DialectOf) -> FastAPI:
    """The API on the database that `state.settings` names when the application starts; it may end and start again.

    `dialect_of`: what is spoken on a topic, as ingest has it.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current: Settings = app.state.settings
        app.state.import_turns = imports.Turns()
        with pool(current.database_url, application="api") as opened:
            app.state.pool = opened
            with readiness_said(current):
                yield

    app = FastAPI(
        title="Unbroken",
        version="1",
        description="Whether a lot's cold chain was unbroken: yes, no, or not proven, and why.",
        lifespan=lifespan,
        responses=RESPONSES,
        max_body_size=settings.largest_import_bytes + _BESIDE_FILE_BYTES,
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.dialect_of = dialect_of
    add_problem_answers(app)
    add_documentation(app)
    # All before the loggers, whose /loggers/{id} takes every address below it: ids may have slashes in them.
    for part in (
        lots,
        drawing,
        mending,
        corrections,
        profiles,
        sites,
        products,
        containers,
        attachments,
        loggers,
        readings,
        imports,
        csv_mappings,
        rejected,
        alerts,
        silences,
        alerting,
        notifications,
        health,
    ):
        app.include_router(part.router, dependencies=[Depends(_refuse_unknown_parameters)])
    return app


async def _refuse_unknown_parameters(request: Request) -> None:
    """A filter misspelt, or not there yet, would otherwise be answered as if it had been heeded."""
    known = sorted(parameter.alias for parameter in request.scope["route"].dependant.query_params)
    for name in request.query_params:
        if name not in known:
            there_are = f"there are {', '.join(known)}" if known else "there are none here"
            raise RefusedError(name, f"there is no such query parameter; {there_are}")
