"""The HTTP application."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import Depends, FastAPI, Request

from service.acts.redrive import DialectOf
from service.api import health
from service.api.alerting import alerts, notifications, silences
from service.api.alerting import overrides as alerting
from service.api.audit import trail
from service.api.callers import AnyCaller
from service.api.checks import checks
from service.api.custody import custody
from service.api.documentation import add_documentation
from service.api.identity import kiosks, signatures
from service.api.intake import csv_mappings, documents, imports, readings, rejected
from service.api.live import events
from service.api.live.hearing import Hearing
from service.api.lots import (
    answers,
    assessments,
    carried_in,
    certificates,
    changes,
    corrections,
    dispositions,
    lots,
    moves,
    parts,
    recalls,
    status,
)
from service.api.middleware import BodyLimit, HeadAsGet, NothingKept, OldParameters, Packed
from service.api.openapi import INFORMATION, DescribedApi, operation_id
from service.api.permitted import permitted
from service.api.problems import add_problem_answers
from service.api.readiness import readiness_said
from service.api.registry import (
    absences,
    attachments,
    calibrations,
    clock_mends,
    containers,
    loggers,
    master_data,
    nestings,
    organisations,
    products,
    profiles,
    sites,
    specifications,
)
from service.api.requests import refuse_other_media_types, refuse_unknown_parameters
from service.api.scan import aliases, scan
from service.api.series import charts, drawing
from service.api.shipments import shipments
from service.auth.passwords import Passwords
from service.settings import Settings
from service.store.pool import pool

#: Any address that the contract takes has room in it, each character as twelve; by itself the server takes 16 KiB.
LARGEST_HEAD_BYTES = 1 << 18
#: A request may be larger than the largest file by this much: the form around it.
_BESIDE_FILE_BYTES = 1 << 20


# One dependency, and not one for each: of a short route, each costs a part that is measured.
async def _looked_at(request: Request, caller: AnyCaller) -> None:
    await _looked_at_in_part(request, caller)
    refuse_other_media_types(request)


async def _looked_at_in_part(request: Request, caller: AnyCaller) -> None:
    await permitted(request, caller)
    refuse_unknown_parameters(request)


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
            app.state.hints = Hearing(current.database_url, opened)
            try:
                with readiness_said(current):
                    yield
            finally:
                app.state.hints.close()

    app = DescribedApi(
        **INFORMATION,
        lifespan=lifespan,
        generate_unique_id_function=operation_id,
        separate_input_output_schemas=False,
        docs_url=None,
        redoc_url=None,
    )
    largest = max(settings.largest_import_bytes, settings.largest_document_bytes)
    app.add_middleware(BodyLimit, most_bytes=largest + _BESIDE_FILE_BYTES)
    app.add_middleware(OldParameters)
    app.add_middleware(Packed)
    app.add_middleware(HeadAsGet)
    # The outermost: what the others answer by themselves bears its headers too.
    app.add_middleware(NothingKept)
    app.state.settings = settings
    app.state.dialect_of = dialect_of
    app.state.passwords = Passwords()
    add_problem_answers(app)
    add_documentation(app)
    # They ask themselves what the others depend on: `permitted_at_once`.
    app.include_router(status.router)
    app.include_router(scan.router)
    # All before the loggers, whose /loggers/{id} takes every address below it: ids may have slashes in them.
    for subject in (
        lots,
        answers,
        certificates,
        drawing,
        charts,
        calibrations,
        clock_mends,
        absences,
        corrections,
        changes,
        signatures,
        kiosks,
        moves,
        parts,
        dispositions,
        recalls,
        shipments,
        assessments,
        carried_in,
        custody,
        aliases,
        profiles,
        specifications,
        organisations,
        sites,
        checks,
        products,
        containers,
        attachments,
        master_data,
        nestings,
        loggers,
        readings,
        imports,
        documents,
        csv_mappings,
        rejected,
        alerts,
        silences,
        alerting,
        notifications,
        trail,
    ):
        app.include_router(
            subject.router,
            dependencies=[Depends(_looked_at)],
        )
    for subject_router in (
        trail.csv_router,
        documents.content_router,
        certificates.content_router,
        events.router,
        health.router,
    ):
        app.include_router(subject_router, dependencies=[Depends(_looked_at_in_part)])
    return app
