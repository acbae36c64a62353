"""Freezers by the thousand, all of them well: a world that shows what a machine carries, not what can go wrong."""

from dataclasses import dataclass

from simulators import chance
from simulators.bodies import ultra_low_freezer
from simulators.logger import Logger, LoggerSpec, Pace
from simulators.publisher import Station
from simulators.thermal import ThermalModel
from simulators.world import Lot, Product, Stay, Unit, World

_AT_SITE = 50
_PRODUCT = "stored-exosomes"
#: Freezers of one make take the same course: to integrate a course for each would cost more than all the rest.
_COURSES = 40


@dataclass(frozen=True, slots=True)
class Storehouse:
    """So many freezers, each with a logger and a lot, and a reading of each every so often.

    Attributes:
        born_ms: since when all of it is there, Unix milliseconds.
        together: all report in the same second, as loggers do that report at the full minute; else each at its own.
    """

    loggers: int
    born_ms: int
    every_s: int
    together: bool = False
    seed: int = 7

    def world(self) -> World:
        """What to register."""
        sites = range(-(-self.loggers // _AT_SITE))
        return World(
            seed=self.seed,
            epoch_ms=self.born_ms,
            sites=tuple((_site(number * _AT_SITE), f"Storehouse {number}", "UTC") for number in sites),
            products=(Product(_PRODUCT, "Exosomes, stored", "cryo-80"),),
            units=tuple(self._unit(number) for number in range(self.loggers)),
            lots=tuple(
                Lot(f"store-lot-{number:05}", _PRODUCT, 1, (Stay(_freezer(number), self.born_ms),), "viable")
                for number in range(self.loggers)
            ),
        )

    def stations(self, now_ms: int) -> list[Station]:
        """What to publish from now on: each station begins with its first sample."""
        courses = [
            ThermalModel(ultra_low_freezer(), seed=self.seed, name=f"course {number}", epoch_ms=self.born_ms)
            for number in range(min(_COURSES, self.loggers))
        ]
        stations = []
        for number in range(self.loggers):
            logger = self._unit(number).logger
            [pace] = logger.paces
            begins_ms = pace.from_ms - (pace.from_ms - now_ms) // pace.interval_ms * pace.interval_ms
            source = Logger(logger, courses[number % len(courses)], seed=self.seed)
            stations.append(Station(logger.site_id, logger.logger_id, source, begins_ms))
        return stations

    def _unit(self, number: int) -> Unit:
        every_ms = self.every_s * 1_000
        share = 0.0 if self.together else chance.one(chance.key_of(self.seed, _freezer(number), "phase"), 0)
        logger = LoggerSpec(
            f"store-logger-{number:05}",
            _site(number),
            (Pace(self.born_ms + int(share * every_ms), every_ms),),
            range_min_c=-95.0,
            range_max_c=40.0,
        )
        return Unit(
            _freezer(number),
            _site(number),
            f"Freezer {number}",
            "freezer",
            "cryo-80",
            ultra_low_freezer(),
            logger,
            self.born_ms,
        )


def _site(number: int) -> str:
    return f"storehouse-{number // _AT_SITE:03}"


def _freezer(number: int) -> str:
    return f"store-freezer-{number:05}"
