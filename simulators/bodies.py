"""What containers are made of, thermally: the figures behind the model in `simulators.thermal`.

`*_tau_s` are time constants in seconds: after one of them 63 % of a difference is gone.
"""

from dataclasses import dataclass

#: Sublimation of carbon dioxide at one atmosphere (NIST Chemistry WebBook: 194.7 K).
DRY_ICE_C = -78.5
#: Boiling of nitrogen at one atmosphere (NIST Chemistry WebBook: 77.4 K).
LIQUID_NITROGEN_C = -195.8


@dataclass(frozen=True, slots=True)
class Compressor:
    """A thermostat with hysteresis: runs from `set_point_c + hysteresis_k` down to `set_point_c − hysteresis_k`.

    `pull_k_per_h`: how fast it alone would cool the contents. `air_dip_k`: the air near the evaporator is
    that much colder than the contents while it runs.
    """

    set_point_c: float
    hysteresis_k: float
    pull_k_per_h: float
    air_dip_k: float = 1.0


@dataclass(frozen=True, slots=True)
class Coolant:
    """Something that stays at its own temperature while there is any: dry ice, liquid nitrogen."""

    plateau_c: float
    mass_kg: float
    loss_kg_per_day: float
    coupling_tau_s: float = 400.0


@dataclass(frozen=True, slots=True)
class Body:
    """A container. `leak_tau_s` governs warming without cooling; `air_tau_s` the recovery after a door."""

    cooling: Compressor | Coolant
    leak_tau_s: float
    ambient_c: float = 21.5
    ambient_swing_k: float = 0.8
    air_tau_s: float = 420.0
    door_tau_s: float = 180.0
    air_to_mass_tau_s: float = 36_000.0
    buffer_tau_s: float = 900.0
    doors_per_day: int = 0
    door_s: float = 25.0
    opens_hour_utc: int = 7


def ultra_low_freezer(*, leak_tau_h: float = 8.0, doors_per_day: int = 6, opens_hour_utc: int = 7) -> Body:
    """A −80 °C freezer. Unplugged it goes from −80 to −60 °C in 0.22 × `leak_tau_h` (1.8 h for 8 h),
    as makers quote for a part-filled one; a vendor's 16–35 min of recovery after a door fits `air_tau_s`."""
    cooling = Compressor(set_point_c=-80.0, hysteresis_k=1.0, pull_k_per_h=34.0, air_dip_k=1.5)
    return Body(
        cooling,
        leak_tau_s=leak_tau_h * 3_600.0,
        doors_per_day=doors_per_day,
        door_s=20.0,
        opens_hour_utc=opens_hour_utc,
    )


def minus_25_freezer(*, opens_hour_utc: int = 7) -> Body:
    """A laboratory freezer at −25 °C."""
    cooling = Compressor(set_point_c=-25.0, hysteresis_k=1.5, pull_k_per_h=20.0, air_dip_k=2.0)
    return Body(cooling, leak_tau_s=5 * 3_600.0, doors_per_day=5, door_s=25.0, opens_hour_utc=opens_hour_utc)


def refrigerator(*, opens_hour_utc: int = 7) -> Body:
    """A medical refrigerator at 5 °C with a door people use all day."""
    cooling = Compressor(set_point_c=4.8, hysteresis_k=0.6, pull_k_per_h=11.0, air_dip_k=1.0)
    return Body(
        cooling,
        leak_tau_s=4 * 3_600.0,
        air_to_mass_tau_s=14_400.0,
        doors_per_day=14,
        door_s=30.0,
        opens_hour_utc=opens_hour_utc,
    )


def dry_ice_shipper(*, mass_kg: float = 20.0, loss_kg_per_day: float = 3.0) -> Body:
    """A qualified box with dry ice. Empty of ice it warms from −78 to −60 °C in about two hours."""
    return Body(Coolant(DRY_ICE_C, mass_kg, loss_kg_per_day), leak_tau_s=10 * 3_600.0)


def nitrogen_vessel(*, mass_kg: float = 80.0, loss_kg_per_day: float = 0.8) -> Body:
    """A vessel of liquid nitrogen, its probe in the vapour."""
    return Body(Coolant(LIQUID_NITROGEN_C, mass_kg, loss_kg_per_day), leak_tau_s=30 * 3_600.0)
