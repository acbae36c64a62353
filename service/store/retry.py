"""Acts that met others over the same rows are done again: nothing was changed, and the second time they pass."""

import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import psycopg
import structlog

log = structlog.get_logger()

P = ParamSpec("P")
T = TypeVar("T")

#: The database undid a transaction because of another one: a deadlock (40P01), or a serialization failure (40001).
UndoneError = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)

#: How long is waited before each further try, at most: of two that met, one comes first.
_PAUSES_S = (0.05, 0.1, 0.2, 0.4)


def retried(act: Callable[P, T]) -> Callable[P, T]:
    """The act, done again if the database undid it because of another; what it does is one transaction of its own."""

    @wraps(act)
    def tried(*args: P.args, **kwargs: P.kwargs) -> T:
        for pause_s in _PAUSES_S:
            try:
                return act(*args, **kwargs)
            except UndoneError as error:
                log.info("met another act, trying again", act=act.__name__, error=str(error).splitlines()[0])
                time.sleep(random.uniform(0.1, 1) * pause_s)  # noqa: S311 - no secret
        return act(*args, **kwargs)

    return tried
