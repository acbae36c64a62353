"""Logs: one line an event, for people or as JSON."""

import logging
import sys
import threading

import structlog

from service.settings import Settings

log = structlog.get_logger()


def set_up_logs(settings: Settings, role: str) -> None:
    """Send this process's log to standard error, each line naming the role."""
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if settings.log_json
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(),
            pad_event_to=0,
            sort_keys=False,
            exception_formatter=structlog.dev.plain_traceback,
        )
    )

    def name_role(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        return {**event, "role": role}

    structlog.configure(
        processors=[
            name_role,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="%Y-%m-%dT%H:%M:%SZ", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    # It repeats, at every try and not as our lines are, what we say once ourselves.
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)


class Outage:
    """What we need is away, and tried again and again. The log has that once for each reason, and when it is over.

    Any thread may tell of it.
    """

    def __init__(self, away: str, back: str) -> None:
        self._away, self._back = away, back
        self._why = ""
        self._lock = threading.Lock()

    def goes_on(self, why: str, **more: object) -> None:
        """It is away, for this reason; `more` is said beside it."""
        with self._lock:
            known, self._why = self._why == why, why
        if not known:
            log.warning(self._away, error=why, **more)

    def is_over(self) -> None:
        """It is there, whether or not it was away."""
        if self._why:
            with self._lock:
                was, self._why = self._why, ""
            if was:
                log.info(self._back)
