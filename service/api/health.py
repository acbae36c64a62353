"""Whether this process lives, whether it can answer, and figures for monitoring."""

import socket
from collections.abc import Iterable, Sequence
from datetime import datetime

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from service.api.database import Database, Now, TheSettings
from service.api.problems import problem
from service.domain.ingest_work import not_working
from service.domain.instant import SECOND_US, from_datetime
from service.store.clocks import whose_is_wrong
from service.store.dirty import waiting_since
from service.store.figures import figures
from service.store.tallies import ProcessTally, tallies

router = APIRouter(tags=["health"])

#: Ingest says every few seconds that it works; one that has not for so long is not ready, before anybody is called.
_INGEST_READY_WITHIN_S = 30.0

#: What ingest counts, by subject; the keys are those it writes.
_COUNTED = {
    "messages": "Messages worked off, whatever became of them.",
    "readings": "Readings in accepted messages, by what became of them.",
    "rejected": "Messages rejected, whole or in part, by reason.",
    "unkept": "Rejected messages that are not in the database, by what became of them.",
    "passed_over": "What was neither taken nor kept, by cause; of unknown fields, the fields.",
}


@router.get("/healthz", response_class=PlainTextResponse)
def is_alive() -> str:
    """This process lives."""
    return "ok\n"


@router.get("/readyz", response_model=dict[str, str])
def is_ready(connection: Database, settings: TheSettings, now: Now) -> dict[str, str] | JSONResponse:
    """This process reaches the database, the clocks agree, ingest hears and stores, and the evaluator keeps up."""
    tolerance_us = round(settings.clock_tolerance_s * SECOND_US)
    disagreement = whose_is_wrong(connection, f"the API on {socket.gethostname()}", now, tolerance_us)
    waiting_s = _waiting_s(waiting_since(connection), now)
    ingesting = [tally.work() for tally in tallies(connection)]
    trouble = not_working(ingesting, from_datetime(now), _INGEST_READY_WITHIN_S)
    parts: dict[str, str] = {"database": "ok", "evaluator": "ok"}
    why = []
    if waiting_s > settings.evaluator_behind_s:
        parts["evaluator"] = "behind"
        why.append(
            f"the evaluator is behind: a change has waited for {waiting_s:.0f} s; see that `unbroken evaluate` runs"
        )
    if disagreement is not None:
        parts["clocks"] = "disagree"
        why.append(f"{disagreement}; set it right, and see `unbroken doctor`")
    if ingesting:
        parts["ingest"] = "behind" if trouble else "ok"
    if trouble:
        why.append(f"ingest is behind: {trouble.why}")
    return problem(503, "Not ready", "; ".join(why), None, **parts) if why else parts


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
        ("unbroken_reading_conflicts", "Readings with another temperature than the one stored.", found["conflicts"]),
        ("unbroken_alerts_firing", "Alerts firing.", found["firing"]),
        ("unbroken_loggers", "Loggers registered or heard.", found["loggers"]),
        ("unbroken_loggers_offline", "Loggers whose status topic says offline.", found["offline"]),
        ("unbroken_loggers_silent", "Loggers heard before, with nothing measured in the last hour.", found["silent"]),
    ):
        Gauge(name, explanation, registry=registry).set(value)
    for name, explanation, label, counts in (
        ("unbroken_lots", "Lots by verdict.", "verdict", found["lots"]),
        ("unbroken_rejected_messages_waiting", "Rejected messages not redriven.", "code", found["not_redriven"]),
    ):
        labelled = Gauge(name, explanation, [label], registry=registry)
        for cause, count in counts.items():
            labelled.labels(cause).set(count)
    registry.register(_IngestTallies(tallies(connection)))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


class _IngestTallies(Collector):
    """What every ingest process counted since it started, as it wrote it last."""

    def __init__(self, found: Sequence[ProcessTally]) -> None:
        self._found = found

    def collect(self) -> Iterable[Metric]:
        """One family a subject, one sample a process and cause."""
        for subject, explanation in _COUNTED.items():
            family = CounterMetricFamily(f"unbroken_ingest_{subject}", explanation, labels=["process", "cause"])
            for tally in self._found:
                for cause, count in tally.counters.get(subject, {}).items():
                    family.add_metric([tally.process, cause], count, created=tally.started_at.timestamp())
            yield family
        written = GaugeMetricFamily(
            "unbroken_ingest_tally_timestamp_seconds", "When the process wrote its counters last.", labels=["process"]
        )
        for tally in self._found:
            written.add_metric([tally.process], tally.updated_at.timestamp())
        yield written
        works = GaugeMetricFamily(
            "unbroken_ingest_works_timestamp_seconds", "Until when the process heard and stored.", labels=["process"]
        )
        aside = GaugeMetricFamily(
            "unbroken_ingest_set_aside_messages", "Messages in its folder of last resort.", labels=["process"]
        )
        for tally in self._found:
            if tally.works_until is not None:
                works.add_metric([tally.process], tally.works_until.timestamp())
            aside.add_metric([tally.process], tally.set_aside)
        yield works
        yield aside
