"""The demo world: three days of history, all four verdicts at once, and two things that happen while one looks.

Every verdict is made by the readings themselves. Times are told in hours or minutes from the world's birth,
the moment it was first started.
"""

from simulators.bodies import dry_ice_shipper, minus_25_freezer, refrigerator, ultra_low_freezer
from simulators.demo_papers import demo_papers
from simulators.logger import LoggerSpec, Pace, Upset, Window
from simulators.thermal import CompressorFailure, CoolantFilled, CoolantGone, DoorOpening, Event, Place
from simulators.world import Lot, Product, Stay, StoryLine, Unit, World

HISTORY_H = 72
#: When the shipper under way arrives and uploads, minutes after birth.
ARRIVAL_MIN = 3.5
#: The freezer with the air probe: its door is left ajar and its compressor trips, minutes after birth.
AJAR_FROM_MIN = 1.5
AJAR_UNTIL_MIN = 19.0

_ZURICH, _BOSTON = "zurich-lab", "boston-clinic"
_FROZEN, _DRIED, _MEDIUM = "exosome-frozen", "exosome-dried", "medium-frozen"
_ZURICH_OPENS_UTC, _BOSTON_OPENS_UTC = 6, 12
_REFILL_DAYS = 3_650


def demo_world(*, born_ms: int, seed: int) -> World:
    """The demo world born at `born_ms` (Unix milliseconds, made whole seconds)."""
    return _Scenario(born_ms // 1_000 * 1_000, seed).world()


class _Scenario:
    def __init__(self, born_ms: int, seed: int) -> None:
        self._born_ms = born_ms
        self._seed = seed

    def world(self) -> World:
        lots = self._lots()
        return World(
            seed=self._seed,
            epoch_ms=self._at(hours=-HISTORY_H - 12),
            sites=(
                (_ZURICH, "Meridian Exosomics, Zurich laboratory", "Europe/Zurich"),
                (_BOSTON, "Meridian Exosomics, Boston clinic", "America/New_York"),
            ),
            products=(
                Product(_FROZEN, "Exosome suspension, frozen", "cryo-80", "09506000134352", "exosomes", 1),
                Product(_DRIED, "Exosomes, freeze-dried", "lyophilised-2-8", "09506000134369", "exosomes"),
                # Nothing but its limits was adopted for it yet.
                Product(_MEDIUM, "Conditioned medium, frozen", "frozen-20"),
            ),
            units=(*self._zurich(), *self._boston(), *self._shippers()),
            lots=lots,
            papers=demo_papers(lots),
            story=(
                self._line(ARRIVAL_MIN, "shipper-103 arrives; its logger uploads what it kept on the way"),
                self._line(AJAR_FROM_MIN, "bos-ult-2: the door is left ajar and the compressor trips"),
                self._line(AJAR_UNTIL_MIN, "bos-ult-2: somebody shuts the door; the compressor runs again"),
            ),
        )

    def _at(self, *, hours: float = 0.0, minutes: float = 0.0) -> int:
        return self._born_ms + round(hours * 3_600_000 + minutes * 60_000)

    def _line(self, minutes: float, text: str) -> StoryLine:
        return StoryLine(self._at(minutes=minutes), text)

    def _paces(self, *, before_s: int = 300, live_s: int = 30, from_h: float = -HISTORY_H) -> tuple[Pace, ...]:
        return Pace(self._at(hours=from_h), before_s * 1_000), Pace(self._born_ms, live_s * 1_000)

    def _zurich(self) -> list[Unit]:
        start_ms = self._at(hours=-HISTORY_H)
        body = ultra_low_freezer(opens_hour_utc=_ZURICH_OPENS_UTC)
        failing = ultra_low_freezer(leak_tau_h=5.0, opens_hour_utc=_ZURICH_OPENS_UTC)
        # Staff heard of it, found the tripped fuse and put it back: about 40 minutes above −60 °C in all.
        failure = CompressorFailure(self._at(hours=-47), self._at(hours=-47, minutes=93.5))
        return [
            Unit(
                "zrh-ult-1", _ZURICH, "Ultra-low freezer 1", "freezer", "cryo-80", body,
                LoggerSpec("ml-4101", _ZURICH, self._paces(live_s=30), range_min_c=-95.0, range_max_c=40.0),
                start_ms,
            ),
            Unit(
                "zrh-ult-2", _ZURICH, "Ultra-low freezer 2", "freezer", "cryo-80", failing,
                LoggerSpec(
                    "ml-4102", _ZURICH, self._paces(live_s=30), range_min_c=-95.0, range_max_c=40.0,
                    clock_skew_ms=-40_000,
                ),
                start_ms,
                events=(failure,),
            ),
            Unit(
                "zrh-fridge-1", _ZURICH, "Refrigerator 1", "refrigerator", "lyophilised-2-8",
                refrigerator(opens_hour_utc=_ZURICH_OPENS_UTC),
                LoggerSpec(
                    "ml-4201", _ZURICH, self._paces(before_s=600, live_s=60),
                    model="virtual DS18B20", range_min_c=-55.0, range_max_c=125.0,
                    noise_k=0.06, fault_probability=0.004, humidity_pct=38.0,
                ),
                start_ms,
            ),
        ]  # fmt: skip

    def _boston(self) -> list[Unit]:
        start_ms = self._at(hours=-HISTORY_H)
        body = ultra_low_freezer(opens_hour_utc=_BOSTON_OPENS_UTC)
        small = ultra_low_freezer(leak_tau_h=6.0, doors_per_day=3, opens_hour_utc=_BOSTON_OPENS_UTC)
        ajar_ms, shut_ms = self._at(minutes=AJAR_FROM_MIN), self._at(minutes=AJAR_UNTIL_MIN)
        # A tray kept it from closing over the lunch hour: about 40 minutes above 8 °C.
        lunch = DoorOpening(self._at(hours=-20), self._at(hours=-20, minutes=31), opening=0.5)
        return [
            Unit(
                "bos-ult-1", _BOSTON, "Ultra-low freezer 1", "freezer", "cryo-80", body,
                LoggerSpec(
                    "ml-5101", _BOSTON, self._paces(live_s=30), range_min_c=-95.0, range_max_c=40.0,
                    duplicate_probability=0.02, fault_probability=0.002, unix_time=True,
                ),
                start_ms,
            ),
            Unit(
                "bos-ult-2", _BOSTON, "Under-counter freezer 2", "freezer", "cryo-80", small,
                LoggerSpec("ml-5102", _BOSTON, self._paces(live_s=10), place=Place.AIR, noise_k=0.15),
                start_ms,
                events=(DoorOpening(ajar_ms, shut_ms, opening=0.3), CompressorFailure(ajar_ms, shut_ms)),
            ),
            Unit(
                "bos-fridge-1", _BOSTON, "Refrigerator 1", "refrigerator", "lyophilised-2-8",
                refrigerator(opens_hour_utc=_BOSTON_OPENS_UTC),
                LoggerSpec(
                    "ml-5201", _BOSTON, self._paces(live_s=60),
                    range_min_c=-40.0, range_max_c=80.0, noise_k=0.06, humidity_pct=41.0,
                    upsets=(Upset(self._at(hours=-9), 50.0),),
                ),
                start_ms,
                events=(lunch,),
            ),
            Unit(
                "bos-freezer-1", _BOSTON, "Laboratory freezer", "freezer", "frozen-20",
                minus_25_freezer(opens_hour_utc=_BOSTON_OPENS_UTC),
                LoggerSpec(
                    "ml-5301", _BOSTON, self._paces(live_s=60), range_min_c=-60.0, range_max_c=60.0
                ),
                start_ms,
            ),
        ]  # fmt: skip

    def _shippers(self) -> list[Unit]:
        late_ms, holed_ms = self._at(hours=-6), self._at(hours=-18)
        under_way = Window(self._at(hours=-26), self._at(minutes=ARRIVAL_MIN))
        # It waits at the clinic's dock, topped up every morning, so that a demo can run for weeks.
        refills: tuple[Event, ...] = tuple(
            CoolantFilled(self._at(hours=24 * day), 20.0) for day in range(1, _REFILL_DAYS)
        )
        return [
            Unit(
                "shipper-101", _BOSTON, "Dry-ice shipper 101", "shipper", "cryo-80", dry_ice_shipper(),
                LoggerSpec(
                    "ml-6101", _BOSTON, (Pace(self._at(hours=-52), 300_000),), model="virtual Ultra Low",
                    range_min_c=-95.0, range_max_c=0.0, stops_ms=late_ms,
                ),
                self._at(hours=-52),
                late_ms,
                events=(CoolantGone(self._at(hours=-24)),),
            ),
            Unit(
                "shipper-102", _BOSTON, "Dry-ice shipper 102", "shipper", "cryo-80", dry_ice_shipper(),
                LoggerSpec(
                    "ml-6102", _BOSTON, (Pace(self._at(hours=-44), 300_000),), stops_ms=holed_ms,
                    silences=(Window(self._at(hours=-37), self._at(hours=-31)),),
                ),
                self._at(hours=-44),
                holed_ms,
            ),
            Unit(
                "shipper-103", _BOSTON, "Dry-ice shipper 103", "shipper", "cryo-80", dry_ice_shipper(),
                LoggerSpec("ml-6103", _BOSTON, self._paces(live_s=60, from_h=-30)),
                self._at(hours=-30),
                events=refills,
                offline=(under_way,),
            ),
        ]  # fmt: skip

    def _lots(self) -> tuple[Lot, ...]:
        def lot(lot_id: str, product_id: str, units: int, shows: str, *stays: tuple[str, float]) -> Lot:
            where = tuple(Stay(container_id, self._at(hours=hours)) for container_id, hours in stays)
            return Lot(lot_id, product_id, units, where, shows)

        return (
            lot("mx-1040", _FROZEN, 90, "viable", ("zrh-ult-1", -71)),
            lot("mx-1041", _FROZEN, 240, "viable", ("zrh-ult-1", -70)),
            lot("mx-1042", _FROZEN, 180, "viable", ("bos-ult-1", -66)),
            lot("mx-1043", _FROZEN, 200, "at_risk", ("zrh-ult-2", -68)),
            lot("mx-1044", _FROZEN, 60, "unproven", ("zrh-ult-1", -64), ("shipper-102", -42), ("bos-ult-1", -18)),
            lot("mx-1045", _FROZEN, 48, "nonviable", ("zrh-ult-1", -69), ("shipper-101", -50), ("bos-ult-1", -6)),
            lot("mx-1046", _FROZEN, 72, "unproven until it arrives, then viable",
                ("zrh-ult-1", -60), ("shipper-103", -28)),
            lot("mx-1047", _FROZEN, 12, "viable; at_risk while the freezer is too warm; viable again",
                ("bos-ult-2", -62)),
            lot("fd-2011", _DRIED, 500, "viable", ("zrh-fridge-1", -70)),
            lot("fd-2012", _DRIED, 350, "viable", ("zrh-fridge-1", -50)),
            lot("fd-2013", _DRIED, 120, "at_risk", ("bos-fridge-1", -58)),
            lot("cm-3007", _MEDIUM, 30, "viable", ("bos-freezer-1", -65)),
        )  # fmt: skip
