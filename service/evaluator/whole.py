"""What must be seen whole, or by one at a time: done by whoever holds the first share, a little between two passes.

Every piece is a transaction of its own, and finds by itself what is still to be done: where the share changes hands
in the middle, the next one begins anew, skips nothing and repeats nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from service.domain.profiles import Profile
from service.evaluator.alerting.budgets import lots_to_tell_of, tell_of_budgets
from service.evaluator.alerting.findings import isolate_failure
from service.evaluator.alerting.limit_alerts import containers_with_alerts, update_alerts_of
from service.evaluator.alerting.past_excursions import containers_with_past, tell_of_past
from service.evaluator.alerting.sweep import sweep
from service.evaluator.rollups import roll_up_history
from service.store.exposure.records import lock_records
from service.store.pool import Connection, DatabaseAwayError
from service.store.registry.profiles import all_profiles
from service.store.retry import retried

#: How often all containers are looked at for what no reading tells.
_SWEEP_EVERY_S = 30.0

#: Containers and lots looked at in one go: an alarm waits behind them.
_IN_ONE_GO = 25

_SWEPT = object()


class Whole:
    """The sweep, and what is left to be rolled up, as far as they have come."""

    def __init__(self, connection: Connection, clock_us: Callable[[], int]) -> None:
        self._connection = connection
        self._clock_us = clock_us
        self.begin_anew()

    def begin_anew(self) -> None:
        """Another did it meanwhile, as far as it came."""
        self._sweeping: Iterator[None] | None = None
        self._sweep_at_s = 0.0

    def go_on(self, *, idle: bool) -> bool:
        """Do a little; whether there is more to do at once. `idle`: no mark waits."""
        if self._sweeping is None and time.monotonic() >= self._sweep_at_s:
            self._sweeping = sweep_in_batches(self._connection, self._clock_us)
        if self._sweeping is None:
            return idle and roll_up_history(self._connection)
        if next(self._sweeping, _SWEPT) is _SWEPT:
            self._sweep_at_s, self._sweeping = time.monotonic() + _SWEEP_EVERY_S, None
        return True


def sweep_in_batches(connection: Connection, clock_us: Callable[[], int]) -> Iterator[None]:
    """What time alone makes true: alerts taken over and left, uploads that have come to their end, silent loggers.

    A little at a time: an alarm does not wait until two hundred others are looked at.
    """
    profiles = all_profiles(connection)
    yield from _each(
        lambda some: _update_alerts_of(connection, some, profiles, clock_us()), containers_with_alerts(connection)
    )
    yield from _each(
        lambda some: tell_of_past(connection, some, profiles, clock_us()), containers_with_past(connection, clock_us())
    )
    yield from _each(
        lambda some: tell_of_budgets(connection, some, clock_us()), lots_to_tell_of(connection, clock_us())
    )
    with isolate_failure("all containers"):
        retried(sweep)(connection, profiles, clock_us())


def _each(act: Callable[[Sequence[str]], None], ids: Sequence[str]) -> Iterator[None]:
    """Do it with some at a time; where that fails, with each of them for itself."""
    for first in range(0, len(ids), _IN_ONE_GO):
        some = ids[first : first + _IN_ONE_GO]
        try:
            retried(act)(some)
        except DatabaseAwayError:
            raise
        except Exception:
            for one in some:
                with isolate_failure(one):
                    retried(act)([one])
        yield


def _update_alerts_of(
    connection: Connection, container_ids: Sequence[str], profiles: Mapping[tuple[str, int], Profile], now_us: int
) -> None:
    with connection.transaction():
        lock_records(connection, container_ids)
        update_alerts_of(connection, container_ids, profiles, now_us)
