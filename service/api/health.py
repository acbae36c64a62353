"""Whether this process lives, whether it can answer, and figures for monitoring."""

from datetime import datetime

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from service.api.database import Database, Now, TheSettings
from service.api.problems import problem
from service.store.dirty import waiting_since
from service.store.figures import figures

router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse)
def is_alive() -> str:
    """This process lives."""
    return "ok\n"


@router.get("/readyz", response_model=dict[str, str])
def is_ready(connection: Database, settings: TheSettings, now: Now) -> dict[str, str] | JSONResponse:
    """This process reaches the database, and the evaluator keeps up."""
    waiting_s = _waiting_s(waiting_since(connection), now)
    if waiting_s > settings.evaluator_behind_s:
        return problem(
            503,
            "Not ready",
            f"the evaluator is behind: a change has waited for {waiting_s:.0f} s; see that `unbroken evaluate` runs",
            database="ok",
            evaluator="behind",
        )
    return {"database": "ok", "evaluator": "ok"}


def _waiting_s(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else (now - since).total_seconds()


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(connection: Database, now: Now) -> Response:
    """Figures for Prometheus, read from the database at the moment of asking."""
    found = figures(connection)
    registry = CollectorRegistry()
    for name, explanation, value in (
        (
            "unbroken_evaluator_waiting_seconds",
            "Age of the oldest change not evaluated yet.",
            _waiting_s(found["waiting_since"], now),
        ),
        ("unbroken_evaluator_waiting", "Changes not evaluated yet.", found["waiting"]),
        ("unbroken_rejected_messages", "Rejected messages kept.", found["rejected"]),
        ("unbroken_alerts_firing", "Alerts firing.", found["firing"]),
        ("unbroken_loggers", "Loggers registered or heard.", found["loggers"]),
    ):
        Gauge(name, explanation, registry=registry).set(value)
    by_verdict = Gauge("unbroken_lots", "Lots by verdict.", ["verdict"], registry=registry)
    for verdict, count in found["lots"].items():
        by_verdict.labels(verdict).set(count)
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
