"""Whether this process lives, whether it can answer, and figures for monitoring."""

from collections.abc import Iterable, Sequence

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from service.answers.listing import counted_lots
from service.api.database import Database, Now, TheSettings
from service.api.problems import problem
from service.api.readiness import readiness, waiting_for_s
from service.store.figures import figures, waiting_by_code
from service.store.intake.heartbeats import Heartbeat, heartbeats
from service.store.lots.listing import Chosen

router = APIRouter(tags=["health"])

#: What ingest counts, by subject; the keys are those it writes.
COUNTED_BY_INGEST = {
    "messages": "Messages worked off, whatever became of them.",
    "readings": "Readings in accepted messages, by what became of them.",
    "rejected": "Messages rejected, whole or in part, by reason.",
    "unkept": "Rejected messages that are not in the database, by what became of them.",
    "passed_over": "What was neither taken nor kept, by cause; of unknown fields, the fields.",
}


@router.get("/healthz", response_class=PlainTextResponse)
def get_liveness() -> str:
    """This process lives."""
    return "ok\n"


@router.get("/readyz", response_model=dict[str, str])
def get_readiness(connection: Database, settings: TheSettings, now: Now) -> dict[str, str] | JSONResponse:
    """This process reaches the database, the clocks agree, ingest hears and stores, and the evaluator keeps up."""
    found = readiness(connection, settings, now)
    return problem(503, "Not ready", found.why, None, **found.parts) if found.why else found.parts


@router.get("/metrics", response_class=PlainTextResponse)
def get_metrics(connection: Database, settings: TheSettings, now: Now) -> Response:
    """Figures for Prometheus, read from the database at the moment of asking."""
    found = figures(connection)
    registry = CollectorRegistry()
    for name, explanation, value in (
        (
            "unbroken_evaluator_waiting_seconds",
            "Age of the oldest change not evaluated yet.",
            waiting_for_s(found.waiting_since, now),
        ),
        ("unbroken_evaluator_waiting", "Changes not evaluated yet.", found.waiting),
        ("unbroken_rejected_messages", "Rejected messages kept.", found.rejected),
        ("unbroken_reading_conflicts", "Readings with another temperature than the one stored.", found.conflicts),
        ("unbroken_alerts_firing", "Alerts firing.", found.firing),
        ("unbroken_loggers", "Loggers registered or heard.", found.loggers),
        ("unbroken_loggers_offline", "Loggers whose status topic says offline.", found.offline),
        ("unbroken_loggers_silent", "Loggers heard before, with nothing measured in the last hour.", found.silent),
    ):
        Gauge(name, explanation, registry=registry).set(value)
    lots = counted_lots(connection, Chosen(), settings, now)
    by_verdict = {verdict.value: count for verdict, count in lots.verdicts.items()}
    for name, explanation, label, counts in (
        ("unbroken_lots", "Lots by verdict.", "verdict", by_verdict),
        ("unbroken_rejected_messages_waiting", "Rejected messages not redriven.", "code", waiting_by_code(connection)),
    ):
        labelled = Gauge(name, explanation, [label], registry=registry)
        for cause, count in counts.items():
            labelled.labels(cause).set(count)
    registry.register(_IngestCounters(heartbeats(connection)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _IngestCounters(Collector):
    """What every ingest process counted since it started, as it wrote it last."""

    def __init__(self, found: Sequence[Heartbeat]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """One family a subject, one sample a process and cause."""
        for subject, explanation in COUNTED_BY_INGEST.items():
            family = CounterMetricFamily(f"unbroken_ingest_{subject}", explanation, labels=["process", "cause"])
            for heartbeat in self._found:
                for cause, count in heartbeat.counters.get(subject, {}).items():
                    family.add_metric([heartbeat.process, cause], count, created=heartbeat.started_at.timestamp())
            yield family
        written = GaugeMetricFamily(
            "unbroken_ingest_tally_timestamp_seconds", "When the process wrote its counters last.", labels=["process"]
        )
        for heartbeat in self._found:
            written.add_metric([heartbeat.process], heartbeat.updated_at.timestamp())
        yield written
        works = GaugeMetricFamily(
            "unbroken_ingest_works_timestamp_seconds", "Until when the process heard and stored.", labels=["process"]
        )
        aside = GaugeMetricFamily(
            "unbroken_ingest_set_aside_messages", "Messages in its folder of last resort.", labels=["process"]
        )
        for heartbeat in self._found:
            if heartbeat.works_until is not None:
                works.add_metric([heartbeat.process], heartbeat.works_until.timestamp())
            aside.add_metric([heartbeat.process], heartbeat.set_aside)
        yield works
        yield aside
