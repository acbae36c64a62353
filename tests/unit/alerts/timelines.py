"""Nights on a given clock: what happens to alerts and when, and who is told what of it.

A timeline is written in minutes after it begins: ``at(12, acknowledges("freezer-1"))``. It is played through the policy
second by second where something may change, and what was told is given back to it as the outbox would.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from alerts.notification import Planned
from alerts.on_call.config import Chain, Config, Stage
from alerts.on_call.rota import Person
from alerts.policy.muting import Silence
from alerts.policy.plan import RESOLVED_KEPT_FOR, plan
from alerts.receivers.receiver import ReceiverSetting
from service.domain.alerting.alert import Alert
from service.domain.alerting.details import Plain
from service.domain.alerting.notification import OVER, NotificationHistory, Reason

#: Timelines begin at noon in Zurich unless they say otherwise.
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
ZURICH = ZoneInfo("Europe/Zurich")


def person(name: str, *, quiet: tuple[int, int] = (0, 0)) -> Person:
    """Somebody in Zurich, reached by a receiver of the same name; quiet hours as hours of the day."""
    return Person(name, ZURICH, (f"{name}-phone",), time(quiet[0]), time(quiet[1]))


ANA, BEN = person("ana"), person("ben")


def config(
    *people: Person, stages: Sequence[tuple[float, Sequence[str]]] = ((0, ["ana"]),), **changes: object
) -> Config:
    """A config in which people are told by chain `all`; stages as (minutes, whom)."""
    known = {one.name: one for one in people or (ANA, BEN)}
    names = [receiver for one in known.values() for receiver in one.receivers]
    chain = Chain("all", tuple(Stage(60 * after, tuple(tell)) for after, tell in stages))
    receivers = {name: ReceiverSetting(name, "log", {}) for name in names}
    return replace(Config(receivers, known, {}, {"all": chain}, "all"), **changes)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Told:
    """One message to one receiver, so many minutes after the beginning."""

    minute: float
    to: str
    planned: Planned

    def __repr__(self) -> str:
        names = ", ".join(f"{alert.name}/{alert.cause}" for alert in self.planned.alerts)
        return f"{self.minute:.2f} min: {self.planned.reason} to {self.to} (stage {self.planned.level}) of {names}"


@dataclass
class World:
    """Alerts as they stand and what was told of them."""

    config: Config
    begins: datetime
    alerts: dict[int, Alert] = field(default_factory=dict)
    last: dict[int, NotificationHistory] = field(default_factory=dict)
    silences: list[Silence] = field(default_factory=list)
    now: datetime = NOON

    def find(self, name: str, cause: str) -> Alert:
        """The open alert of a container and cause."""
        return next(
            one for one in self.alerts.values() if (one.name, one.cause) == (name, cause) and one.resolved_at is None
        )

    def look(self) -> list[Told]:
        """What the policy says now; it is remembered as told."""
        planned = plan(list(self._in_view()), self.last, self.silences, self.config, self.now)
        for one in planned:
            for alert in one.alerts:
                self.last[alert.id] = remembered(self.last.get(alert.id), one, alert, self.now)
        minute = (self.now - self.begins).total_seconds() / 60
        return [Told(minute, receiver, one) for one in planned for receiver in one.receivers]

    def _in_view(self) -> Iterable[Alert]:
        for alert in self.alerts.values():
            told = alert.id in self.last and self.last[alert.id].reason in OVER
            if not told or (alert.resolved_at and self.now - alert.resolved_at <= RESOLVED_KEPT_FOR):
                yield alert


def remembered(last: NotificationHistory | None, planned: Planned, alert: Alert, now: datetime) -> NotificationHistory:
    """What is known after a telling, as the outbox reads it back."""
    same = last is not None and (last.level, last.severity) == (planned.level, alert.severity)
    told_the_end = frozenset(planned.receivers) if planned.reason in OVER else frozenset()
    return NotificationHistory(
        now,
        planned.reason,
        alert.severity,
        planned.level,
        len(alert.lot_ids),
        alert.budget_gone,
        frozenset(planned.receivers) | (last.receivers if last else frozenset()),
        last.first_at if last else now,
        min(last.level_at, now) if last is not None and same else now,
        last.again_at if last else None,
        (last.ended if last else frozenset()) | told_the_end,
        passed_on_at=last.passed_on_at if last else None,
    )


Event = Callable[[World], None]


def fires(
    name: str, *, lots: int = 1, cause: str = "limit_crossed", severity: str = "critical", site: str = "zurich"
) -> Event:
    """An alert of a container fires, or one that was pending does."""

    def event(world: World) -> None:
        for alert in world.alerts.values():
            if (alert.name, alert.cause, alert.state) == (name, cause, "pending"):
                world.alerts[alert.id] = replace(alert, state="firing", fired_at=world.now)
                return
        _add(world, name, cause, severity, site, lots, "firing", fired_at=world.now)

    return event


def lot_fires(lot: str) -> Event:
    """A lot that was registered and is at no site is not watched."""

    def event(world: World) -> None:
        at_no_site = {"subject": f"lot:{lot}", "container_id": None, "site_id": None, "site_name": None}
        _add(world, lot, "lot_unmonitored", "warning", "", 1, "firing", fired_at=world.now, **at_no_site)

    return event


def is_pending(name: str, *, due_in_s: float, cause: str = "limit_crossed", site: str = "zurich") -> Event:
    """A limit is crossed, and if it lasts so long it will fire."""

    def event(world: World) -> None:
        _add(world, name, cause, "critical", site, 1, "pending", due_at=world.now + timedelta(seconds=due_in_s))

    return event


def came_late(name: str, *, over_for_days: float = 3, site: str = "zurich") -> Event:
    """Readings arrive of an excursion that is over."""

    def event(world: World) -> None:
        over_at = world.now - timedelta(days=over_for_days)
        past = {"fired_at": world.now, "resolved_at": over_at, "past": True}
        _add(world, name, "limit_crossed", "warning", site, 1, "resolved", **past)

    return event


def _add(world: World, name: str, cause: str, severity: str, site: str, lots: int, state: str, **more: object) -> None:
    alert = Alert(
        id=len(world.alerts) + 1,
        subject=f"container:{name}",
        name=name,
        container_id=name,
        site_id=site,
        site_name=site.title(),
        time_zone="Europe/Zurich",
        cause=cause,
        state=state,
        severity=severity,
        began_at=world.now - timedelta(minutes=10),
        due_at=None,
        fired_at=None,
        acknowledged_at=None,
        acknowledged_by=None,
        resolved_at=None,
        past=False,
        details=Plain(),
        lot_ids=tuple(f"lot-{number}" for number in range(lots)),
    )
    world.alerts[alert.id] = replace(alert, **more)  # type: ignore[arg-type]


def _changed(name: str, cause: str, change: Callable[[World, Alert], Mapping[str, object]]) -> Event:
    def event(world: World) -> None:
        alert = world.find(name, cause)
        world.alerts[alert.id] = replace(alert, **change(world, alert))  # type: ignore[arg-type]

    return event


def resolves(name: str, *, cause: str = "limit_crossed") -> Event:
    """It is over."""
    return _changed(name, cause, lambda world, _: {"state": "resolved", "resolved_at": world.now})


def calms(name: str, *, cause: str = "limit_crossed") -> Event:
    """Its newest reading is within limits; that it stays so is not certain yet."""
    return _changed(name, cause, lambda world, _: {"calm_since": world.now})


def warms(name: str, *, cause: str = "limit_crossed") -> Event:
    """It is beyond its limit again."""
    return _changed(name, cause, lambda _world, _alert: {"calm_since": None})


def acknowledges(name: str, *, cause: str = "limit_crossed") -> Event:
    """Somebody takes it over."""
    return _changed(
        name, cause, lambda world, _: {"state": "acknowledged", "acknowledged_at": world.now, "acknowledged_by": "ana"}
    )


def becomes(name: str, *, cause: str = "limit_crossed", **figures: object) -> Event:
    """Its figures change: severity, used, lot_ids."""
    return _changed(name, cause, lambda _world, _alert: figures)


def is_still_so(name: str, *, cause: str = "limit_crossed") -> Event:
    """It was acknowledged, does not recover, and fires again."""

    def event(world: World) -> None:
        alert = world.find(name, cause)
        world.alerts[alert.id] = replace(alert, state="firing", acknowledged_at=None, acknowledged_by=None)
        if alert.id in world.last:
            world.last[alert.id] = replace(world.last[alert.id], again_at=world.now)

    return event


def passes_on(name: str, *, cause: str = "limit_crossed") -> Event:
    """Somebody who was called says that they cannot come."""

    def event(world: World) -> None:
        was = world.find(name, cause)
        world.alerts[was.id] = replace(was, state="firing", acknowledged_at=None, acknowledged_by=None)
        again_at = world.now if was.state == "acknowledged" else world.last[was.id].again_at
        world.last[was.id] = replace(world.last[was.id], passed_on_at=world.now, again_at=again_at)

    return event


def silenced(*, for_min: float, site: str | None = None, container: str | None = None) -> Event:
    """Somebody silences a site or a container from now on."""

    def event(world: World) -> None:
        until_at = world.now + timedelta(minutes=for_min)
        world.silences.append(Silence(site, container, None, world.now, until_at))

    return event


def at(minute: float, *events: Event) -> tuple[float, tuple[Event, ...]]:
    """What happens then."""
    return minute, events


def between(first: float, last: float) -> tuple[float, float]:
    """From one minute to another, both included."""
    return first, last


class Timeline:
    """A night that was played through. What nobody expected was told in vain: call `and_nothing_else` last."""

    def __init__(self, told: Sequence[Told]) -> None:
        self.told = list(told)

    def expect(
        self, when: tuple[float, float], *, to: str, reason: Reason, alerts: int = 1, level: int | None = None
    ) -> Planned:
        """Exactly one message of this reason reaches a receiver in that time, about so many alerts."""
        found = [
            one
            for one in self.told
            if when[0] <= one.minute <= when[1] and one.to == to and one.planned.reason is reason
        ]
        assert len(found) == 1, f"{len(found)} messages, not 1: {reason} to {to} in {when}; told: {self.told}"
        [one] = found
        assert len(one.planned.alerts) == alerts, one
        assert level is None or one.planned.level == level, one
        self.told.remove(one)
        return one.planned

    def and_nothing_else(self) -> None:
        """Nobody is told anything more."""
        assert not self.told


def play(
    config: Config, *happenings: tuple[float, tuple[Event, ...]], until: float, begins: datetime = NOON
) -> Timeline:
    """Play a night through: every second for two minutes after anything happens, and every ten seconds else."""
    world = World(config, begins)
    told: list[Told] = []
    seconds = {round(minute * 60) for minute, _ in happenings}
    looks = {second + more for second in seconds for more in range(121)} | set(range(0, round(until * 60) + 1, 10))
    for second in sorted(look for look in looks if look <= until * 60):
        world.now = begins + timedelta(seconds=second)
        for minute, events in happenings:
            if round(minute * 60) == second:
                for event in events:
                    event(world)
        told += world.look()
        assert not world.look(), "what was told is told again at once"
    return Timeline(told)
