"""Whom to tell: receivers, people, rotas, chains of escalation, and which alert takes which chain."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from alerts.on_call.rota import Person, Rota, people_on_call
from alerts.receivers.receiver import ReceiverSetting


@dataclass(frozen=True, slots=True)
class Stage:
    """Whom to tell if nobody has acknowledged `after_s` after the first message: names of rotas, people, receivers."""

    after_s: float
    tell: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """Stages of escalation, the first at once."""

    name: str
    stages: tuple[Stage, ...]


@dataclass(frozen=True, slots=True)
class Route:
    """Which alerts take a chain; empty: any."""

    chain: str
    sites: frozenset[str] = frozenset()
    severities: frozenset[str] = frozenset()
    causes: frozenset[str] = frozenset()

    def takes(self, site_id: str | None, severity: str, cause: str) -> bool:
        """Whether such an alert takes it."""
        return (
            (not self.sites or site_id in self.sites)
            and (not self.severities or severity in self.severities)
            and (not self.causes or cause in self.causes)
        )


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """A calendar that a rota is read from.

    Attributes:
        name: as the on-call file names it; path: where it is.
        content: what is in force of it; found: what was in that, in words.
        trouble: why that is not what the file holds now; empty: it is.
    """

    name: str
    path: Path
    content: bytes
    found: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Config:
    """The on-call file as it is in force.

    Attributes:
        routes: the first that matches an alert decides its chain; without one it takes `default_chain`.
        group_window_s: how long a first message may wait for others of its site that are about to fire.
        group_interval_s: how long after a message further first ones of its site are gathered.
        reminder_s: how often people are reminded, by severity; a severity that is missing is told once.
        calendars: of its rotas.
    """

    receivers: Mapping[str, ReceiverSetting]
    people: Mapping[str, Person]
    rotas: Mapping[str, Rota]
    chains: Mapping[str, Chain]
    default_chain: str
    routes: tuple[Route, ...] = ()
    group_window_s: float = 30.0
    group_interval_s: float = 60.0
    reminder_s: Mapping[str, float] = field(default_factory=lambda: {"critical": 900.0, "warning": 14_400.0})
    calendars: tuple[CalendarFile, ...] = ()

    def chain_for(self, site_id: str | None, severity: str, cause: str) -> Chain:
        """The chain that an alert takes."""
        taken = (route.chain for route in self.routes if route.takes(site_id, severity, cause))
        return self.chains[next(taken, self.default_chain)]

    def person_of(self, receiver: str) -> Person | None:
        """Who is reached by a receiver; None: it is nobody's own."""
        return next((person for person in self.people.values() if receiver in person.receivers), None)

    def next_receiver(self, receiver: str) -> str | None:
        """By which the same person is reached if this one refuses for ever; None: by no other."""
        person = self.person_of(receiver)
        if person is None:
            return None
        return next(iter(person.receivers[person.receivers.index(receiver) + 1 :]), None)


@dataclass(frozen=True, slots=True)
class Target:
    """A receiver to tell, and who is reached by it; None: nobody in particular."""

    receiver: str
    person: Person | None = None


def stage_targets(
    config: Config, chain: Chain, level: int, now: datetime, *, without: str | None = None
) -> tuple[Target, ...]:
    """Whom one stage of a chain names now; never nobody.

    Where nobody is on call, it is the next stage that names somebody; if none does, every receiver there is.

    Args:
        without: a receiver that is out of order.
    """
    for stage in chain.stages[level:]:
        found = {target.receiver: target for name in stage.tell for target in _targets(config, name, now, without)}
        if found:
            return tuple(found.values())
    return tuple(Target(name, config.person_of(name)) for name in config.receivers if name != without)


def targets_up_to(
    config: Config, chain: Chain, level: int, now: datetime, *, without: str | None = None
) -> tuple[Target, ...]:
    """Whom the stages up to this one name now."""
    stages = (stage_targets(config, chain, below, now, without=without) for below in range(level + 1))
    return tuple({target.receiver: target for targets in stages for target in targets}.values())


def _targets(config: Config, name: str, now: datetime, without: str | None) -> Iterator[Target]:
    if name in config.receivers:
        if name != without:
            yield Target(name, config.person_of(name))
        return
    people = [config.people[name]] if name in config.people else people_on_call(config.rotas[name], now)
    for person in people:
        receiver = next((receiver for receiver in person.receivers if receiver != without), None)
        if receiver is not None:
            yield Target(receiver, person)
