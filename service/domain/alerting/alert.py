"""An alert as it is told and shown."""

from dataclasses import dataclass
from datetime import datetime

from service.domain.alerting.departed_lots import DepartedLot
from service.domain.alerting.details import Details
from service.domain.alerting.lifecycle import AlertState, Figures
from service.domain.alerting.words import forecast_text, summary
from service.domain.series.bounded import Bound, Bounded


@dataclass(frozen=True, slots=True)
class AlertFigures(Figures):
    """Numbers that go with an alert, and the forecast in words."""

    forecast: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert, with the name and the time zone of its site.

    Attributes:
        subject: ``container:…``, ``lot:…``, ``receiver:…`` or ``service:…``; `name`: as people call it.
        details: what was found.
        resolved_at: since when it is over; closed_at: when that was certain; calm_since: since when it is not so.
        past: over before we heard of it.
        lot_ids: all that were there at any moment of it; gone: what became of those that are no longer. lot_count: how
            many were there when it was last looked at; lots_first: the first of them, those it is about before others.
        due_at: while pending: when it fires, unless it ends before.
        now_c, now_is: the newest reading, and how far it is proven: as in `Figures`.
        remaining_s: of the smallest budget at stake; used: the largest share of one that is used up.
        instruction: what to do at this container, if somebody wrote it down.
    """

    id: int
    subject: str
    name: str
    container_id: str | None
    site_id: str | None
    site_name: str | None
    time_zone: str
    cause: str
    state: str
    severity: str
    began_at: datetime
    due_at: datetime | None
    fired_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    resolved_at: datetime | None
    past: bool
    details: Details
    lot_ids: tuple[str, ...]
    lot_count: int = 0
    lots_first: tuple[str, ...] = ()
    now_c: float | None = None
    now_is: Bound | None = None
    remaining_s: float | None = None
    used: float | None = None
    instruction: str = ""
    calm_since: datetime | None = None
    closed_at: datetime | None = None
    gone: tuple[DepartedLot, ...] = ()

    @property
    def figures(self) -> AlertFigures:
        """Numbers that go with it."""
        bound = None if self.now is None else self.now.bound
        return AlertFigures(self.now_c, self.remaining_s, self.used, bound, self.forecast)

    @property
    def now(self) -> Bounded | None:
        """The newest reading, as far as it is proven; None: nothing is known of now."""
        known = self.now_c is not None or self.now_is is not None
        return Bounded(self.now_c, self.now_is or Bound.EXACT) if known else None

    @property
    def summary(self) -> str:
        """What is so, where, and which lots are there, in one sentence without a full stop."""
        return summary(self)

    @property
    def forecast(self) -> str | None:
        """The forecast that was found, if it is about one."""
        return forecast_text(self.details) or None

    @property
    def lots_there(self) -> tuple[str, ...]:
        """Its lots that are still where it is."""
        left = {one.lot_id for one in self.gone}
        return tuple(lot_id for lot_id in self.lot_ids if lot_id not in left)

    @property
    def over_at(self) -> datetime | None:
        """When it was known to be over: what waits for that counts from then."""
        return self.closed_at or self.resolved_at

    @property
    def is_open(self) -> bool:
        """Whether it is not over, whether or not somebody has it in hand."""
        return self.state != AlertState.RESOLVED

    @property
    def is_calm(self) -> bool:
        """Whether it is no longer so, though that is not certain yet."""
        return self.calm_since is not None and self.resolved_at is None

    @property
    def budget_gone(self) -> bool:
        """Whether a lot has no time left: that is never silenced."""
        return self.used is not None and self.used >= 1
