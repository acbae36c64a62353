"""What a course is written in: a stream of chance, what was told so far, and the facts as its author imagines them."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.differential.facts import Facts, Probe, Profile
from tests.differential.happenings import Act, Happening, Readings, time_of_day
from tests.differential.oracle import Value


@dataclass(frozen=True)
class Climate:
    """A container's usual temperature, and where its limits may lie."""

    kind: str
    usual_c: float
    above_c: tuple[float, ...]
    below_c: tuple[float, ...]
    warm_c: tuple[float, ...]
    ranges: tuple[tuple[float | None, float | None], ...]


FREEZER = Climate(
    "freezer",
    -80.0,
    (-60.0, -20.0, -65.5, 0.0),
    (-90.0,),
    (-58.3, -40.0, -15.2, 4.0, 21.7),
    ((-200.0, 60.0), (-95.0, 40.0), (-100.0, 10.0)),
)
FRIDGE = Climate(
    "refrigerator",
    5.0,
    (8.0, 25.0, 6.5),
    (-0.5, 2.0),
    (9.1, 12.0, 26.3, 31.0, -3.0, 1.1),
    ((-40.0, 60.0), (-30.0, 40.0), (-25.0, 30.0)),
)


@dataclass
class ProbeHeard:
    """A probe as it is imagined."""

    key: Probe
    dialect: str
    every_us: int
    range_c: tuple[float | None, float | None]
    attached_us: int
    said: list[tuple[int, Value]]
    behind_us: int = 0

    def __str__(self) -> str:
        return f"{self.key[0]}/{self.key[1] or '-'}"


class Script:
    """One course while it is written. `later`: what arrives at a later stage, by its number."""

    def __init__(self, seed: int, name: str, begins_us: int, kinds: frozenset[str]) -> None:
        self.chance = random.Random(seed)
        self.name = name
        self.now_us = begins_us
        self.kinds = kinds
        self.climate = self.chance.choice([FREEZER, FREEZER, FRIDGE])
        self.facts = Facts()
        self.told: list[Happening] = []
        self.later: list[tuple[int, Readings]] = []
        self.profiles: list[tuple[str, Profile]] = []
        self.products: list[tuple[str, Profile]] = []
        self.probes: list[ProbeHeard] = []
        self._names = 0

    def new(self, what: str) -> str:
        """A name for something new."""
        self._names += 1
        return f"{self.name}-{what}{self._names}"

    def maybe(self, kind: str, share: float) -> bool:
        """Whether something happens that may not be in this course at all; what follows does not depend on that."""
        drawn = self.chance.random() < share
        return drawn and kind in self.kinds

    def tell(self, kind: str, says: str, path: str, body: dict[str, Any], fact: Callable[[Facts], None]) -> None:
        """Somebody does something now."""
        act = Act(f"{time_of_day(self.now_us)} {says}", path, body, fact, kind)
        self.told.append(act)
        fact(self.facts)

    def explained(self, at_us: int) -> dict[str, str]:
        """The word that goes with an act: mostly why it is recorded so late, if it is."""
        late = at_us < self.now_us and self.chance.random() < 0.8
        return {"reason": "nobody had written it down"} if late else {}

    def taken(self) -> tuple[Happening, ...]:
        """All that was told since this was asked last."""
        told, self.told = self.told, []
        return tuple(told)
