"""Whether this process lives, whether it can answer, and figures for monitoring."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from service.api.database import Database, Now, TheSettings
from service.store.figures import figures

router = APIRouter(tags=["health"])


@router.get("/healthz", response_class=PlainTextResponse)
def is_alive() -> str:
    """This process lives."""
    return "ok\n"


@router.get("/readyz")
def is_ready(connection: Database, settings: TheSettings, now: Now, response: Response) -> dict[str, str]:
    """This process reaches the database, and the evaluator keeps up."""
    since: datetime | None = figures(connection)["waiting_since"]
    behind = since is not None and (now - since).total_seconds() > settings.evaluator_behind_s
    response.status_code = 503 if behind else 200
    return {"database": "ok", "evaluator": "behind" if behind else "ok"}


@router.get("/metrics", response_class=PlainTextResponse)
def metrics(connection: Database) -> Response:
    """Figures for Prometheus, read from the database at the moment of asking."""
    found = figures(connection)
    registry = CollectorRegistry()
    since = found["waiting_since"]
    waiting_s = 0.0 if since is None else (datetime.now(UTC) - since).total_seconds()
    for name, explanation, value in (
        ("unbroken_evaluator_waiting_seconds", "Age of the oldest change not evaluated yet.", waiting_s),
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
