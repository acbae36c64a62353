"""A small simulated ward: one freezer whose compressor stops, and one that goes on, with a vial in each."""

from dataclasses import replace

from simulators.bodies import Body, Compressor
from simulators.logger import LoggerSpec, Pace
from simulators.thermal import CompressorFailure, Place
from simulators.world import FOREVER_MS, Lot, Product, Stay, Unit, World

SITE, PRODUCT, PROFILE, GTIN = "ward-4", "exo-fast", "kept-strictly", "09521234543213"
FAILING, COLD = "freezer-1", "freezer-2"

#: Beyond its limit for two seconds, a lot may not be used: nobody waits an hour for a test.
STRICT = {
    "id": PROFILE,
    "name": "Frozen, strictly",
    "limits": [{"direction": "above", "threshold_c": -60, "effect": "condemns", "budget_s": 2}],
    "max_gap_s": 900,
    "source": "a test",
}

#: Small, and badly insulated: it warms within a minute as others do in hours.
_BODY = Body(Compressor(-80.0, 1.0, pull_k_per_h=3_600.0), leak_tau_s=240.0)
_EVERY_MS = 2_000


def ward(born_ms: int, fails_ms: int | None = None) -> World:
    """The world since its birth; the compressor of one freezer stops then, and it is beyond its limit 50 s later."""
    failing = _unit(FAILING, born_ms)
    if fails_ms is not None:
        failing = replace(failing, events=(CompressorFailure(fails_ms, FOREVER_MS),))
    return World(
        seed=7,
        epoch_ms=born_ms,
        sites=((SITE, "Ward 4", "Europe/Zurich"),),
        products=(Product(PRODUCT, "Exosomes, fast", PROFILE, gtin=GTIN),),
        units=(failing, _unit(COLD, born_ms)),
        lots=(
            Lot("exo-2411", PRODUCT, 10, (Stay(FAILING, born_ms),), "fails"),
            Lot("exo-2412", PRODUCT, 10, (Stay(COLD, born_ms),), "viable"),
        ),
    )


def _unit(container_id: str, born_ms: int) -> Unit:
    pace = Pace(born_ms, _EVERY_MS)
    logger = LoggerSpec(f"logger-{container_id}", SITE, (pace,), place=Place.PRODUCT, range_min_c=-100.0)
    name = container_id.capitalize().replace("-", " ")
    return Unit(container_id, SITE, name, "freezer", PROFILE, _BODY, logger, born_ms)
