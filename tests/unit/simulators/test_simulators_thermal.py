"""The virtual containers behave like containers, and always the same."""

import numpy as np
import pytest
from numpy.typing import NDArray

from simulators.bodies import (
    DRY_ICE_C,
    LIQUID_NITROGEN_C,
    Body,
    Compressor,
    dry_ice_shipper,
    nitrogen_vessel,
    refrigerator,
    ultra_low_freezer,
)
from simulators.thermal import (
    CompressorFailure,
    CoolantFilled,
    CoolantGone,
    DoorOpening,
    Event,
    Place,
    ThermalModel,
)

EPOCH_MS = 1_790_000_000_000
HOUR_MS = 3_600_000
EVENTS = (
    DoorOpening(EPOCH_MS + HOUR_MS, EPOCH_MS + HOUR_MS + 90_000),
    CompressorFailure(EPOCH_MS + 5 * HOUR_MS, EPOCH_MS + 8 * HOUR_MS),
)


def moments(hours: float, step_s: int = 60) -> NDArray[np.int64]:
    return np.arange(EPOCH_MS, EPOCH_MS + int(hours * HOUR_MS), step_s * 1_000, dtype=np.int64)


def model(body: Body, *events: Event, seed: int = 1) -> ThermalModel:
    return ThermalModel(body, seed=seed, name="box", epoch_ms=EPOCH_MS, events=events)


def still(body_with_compressor: Body) -> Body:
    """The same container in a room of constant temperature, its door left alone."""
    assert isinstance(body_with_compressor.cooling, Compressor)
    return Body(body_with_compressor.cooling, leak_tau_s=body_with_compressor.leak_tau_s, ambient_swing_k=0.0)


def test_same_seed_same_numbers() -> None:
    """A past told twice is told the same, to the last bit; another seed has other doors at other times."""
    first = model(ultra_low_freezer(), *EVENTS).temperatures_c(moments(30), Place.AIR)
    again = model(ultra_low_freezer(), *EVENTS).temperatures_c(moments(30), Place.AIR)
    other = model(ultra_low_freezer(), *EVENTS, seed=2).temperatures_c(moments(30), Place.AIR)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("place", [Place.AIR, Place.BUFFERED, Place.PRODUCT, Place.AMBIENT])
def test_a_window_is_the_same_however_it_is_cut(place: Place) -> None:
    """What a freezer was at noon does not depend on who asked about the morning."""
    at_ms = moments(40, step_s=37)
    whole = model(refrigerator(), *EVENTS).temperatures_c(at_ms, place)
    cut = model(refrigerator(), *EVENTS)
    pieces = [cut.temperatures_c(piece, place) for piece in np.array_split(at_ms, 53)]
    backwards = model(refrigerator(), *EVENTS)
    reversed_pieces = [backwards.temperatures_c(piece, place) for piece in np.array_split(at_ms, 7)[::-1]]
    assert np.array_equal(whole, np.concatenate(pieces))
    assert np.array_equal(whole, np.concatenate(reversed_pieces[::-1]))


def test_before_its_epoch_nothing_is_known() -> None:
    """A container has no temperature before it was put up."""
    with pytest.raises(ValueError, match="before its epoch"):
        model(refrigerator()).temperatures_c(np.array([EPOCH_MS - 1], dtype=np.int64), Place.AIR)


def test_a_healthy_freezer_cycles_within_its_band() -> None:
    """A compressor runs and rests several times an hour or two, and the contents stay within the band."""
    inside_c = model(still(ultra_low_freezer())).temperatures_c(moments(48, step_s=10), Place.PRODUCT)
    assert -81.5 < inside_c.min() < -80.8
    assert -79.2 < inside_c.max() < -78.5
    rising = np.diff(inside_c) > 0
    turns = int(np.count_nonzero(rising[1:] != rising[:-1]))
    assert 48 < turns < 48 * 20


def test_failure_warms_monotonically_to_ambient() -> None:
    """A freezer without its compressor warms without turning back, past −60 °C in one to three hours,
    and ends at room temperature, never above."""
    failed_ms = EPOCH_MS + HOUR_MS
    box = model(still(ultra_low_freezer()), CompressorFailure(failed_ms, EPOCH_MS + 1_000 * HOUR_MS))
    at_ms = moments(100)
    after = at_ms >= failed_ms
    product_c = box.temperatures_c(at_ms, Place.PRODUCT)[after]
    assert np.all(np.diff(product_c) > 0)
    hours_to_minus_60 = np.argmax(product_c > -60.0) / 60.0
    assert 1.0 < hours_to_minus_60 < 3.0
    assert 21.0 < product_c[-1] < 21.5


def test_after_repair_it_is_cold_again() -> None:
    """A mended freezer pulls its contents down and takes up its cycle."""
    box = model(still(ultra_low_freezer()), CompressorFailure(EPOCH_MS + HOUR_MS, EPOCH_MS + 4 * HOUR_MS))
    product_c = box.temperatures_c(moments(24), Place.PRODUCT)
    assert product_c.max() > -60.0
    assert -81.5 < product_c[-60:].min() < product_c[-60:].max() < -78.5


def test_a_door_moves_the_air_probe_and_hardly_the_buffered_one() -> None:
    """An air probe sees a door at once and recovers within 35 minutes; glycol takes most of it away."""
    opened_ms = EPOCH_MS + 6 * HOUR_MS
    box = model(still(ultra_low_freezer()), DoorOpening(opened_ms, opened_ms + 60_000))
    around_ms = opened_ms + 10_000 * np.arange(0, 360, dtype=np.int64)
    air_c = box.temperatures_c(around_ms, Place.AIR)
    buffered_c = box.temperatures_c(around_ms, Place.BUFFERED)
    assert air_c.max() - air_c[0] > 20.0
    assert 2.0 < buffered_c.max() - buffered_c[0] < 0.5 * (air_c.max() - air_c[0])
    assert np.argmax(buffered_c) > np.argmax(air_c)
    assert air_c[35 * 6] < air_c[0] + 3.0


def test_dry_ice_plateau_then_warming() -> None:
    """A box stays near −78.5 °C while there is any dry ice, and warms to the room when there is none."""
    lasts_h = 24.0
    box = model(dry_ice_shipper(mass_kg=3.0, loss_kg_per_day=3.0))
    at_ms = moments(120)
    product_c = box.temperatures_c(at_ms, Place.PRODUCT)
    on_ice = at_ms < EPOCH_MS + int((lasts_h - 0.1) * HOUR_MS)
    assert np.all(np.abs(product_c[on_ice] - DRY_ICE_C) < 2.0)
    assert product_c[int((lasts_h + 4) * 60)] > -60.0
    assert product_c[-1] > 20.0


def test_dry_ice_spilt_and_filled_again() -> None:
    """Fresh dry ice brings a warmed box back to its plateau."""
    box = model(
        dry_ice_shipper(),
        CoolantGone(EPOCH_MS + 2 * HOUR_MS),
        CoolantFilled(EPOCH_MS + 8 * HOUR_MS, 20.0),
    )
    product_c = box.temperatures_c(moments(12), Place.PRODUCT)
    assert product_c[8 * 60 - 1] > -50.0
    assert abs(product_c[-1] - DRY_ICE_C) < 2.0


def test_liquid_nitrogen_is_far_below_every_freezer() -> None:
    """A nitrogen vessel stays colder than −190 °C while it is filled."""
    product_c = model(nitrogen_vessel()).temperatures_c(moments(24), Place.PRODUCT)
    assert np.all(np.abs(product_c - LIQUID_NITROGEN_C) < 3.0)
