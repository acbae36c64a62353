"""Virtual loggers report like real ones, with their faults, and always the same."""

import json
from itertools import pairwise
from typing import Any

import pytest

from simulators.bodies import Body, Coolant, dry_ice_shipper, refrigerator
from simulators.logger import LOST_BUS_C, POWER_ON_C, Logger, LoggerSpec, Pace, Sample, Upset, Window, rfc3339
from simulators.thermal import CoolantGone, Event, ThermalModel

EPOCH_MS = 1_790_000_000_000
HOUR_MS = 3_600_000


def logger(spec: LoggerSpec, body: Body | None = None, *events: Event, seed: int = 1) -> Logger:
    inside = ThermalModel(
        refrigerator() if body is None else body, seed=seed, name="box", epoch_ms=EPOCH_MS, events=events
    )
    return Logger(spec, inside, seed=seed)


def spec(interval_s: int = 60, **more: Any) -> LoggerSpec:
    return LoggerSpec("lg-1", "site", (Pace(EPOCH_MS, interval_s * 1_000),), **more)


def temperatures(samples: list[Sample]) -> list[object]:
    return [sample.payload["temperature_c"] for sample in samples]


FAULTY: dict[str, Any] = {
    "fault_probability": 0.05,
    "duplicate_probability": 0.05,
    "silences": (Window(EPOCH_MS + 3 * HOUR_MS, EPOCH_MS + 4 * HOUR_MS),),
    "upsets": (Upset(EPOCH_MS + HOUR_MS + 1, 40.0),),
    "humidity_pct": 40.0,
}


def test_samples_do_not_depend_on_how_the_window_is_cut() -> None:
    """A logger's memory holds the same readings whether it is read out hourly or once a year."""
    whole = logger(spec(**FAULTY)).between(EPOCH_MS, EPOCH_MS + 30 * HOUR_MS)
    cut = logger(spec(**FAULTY))
    edges = [EPOCH_MS + part * 1_234_567 for part in range(88)]
    pieces = [sample for a, b in pairwise(edges) for sample in cut.between(a, b)]
    assert pieces == [sample for sample in whole if sample.at_ms < edges[-1]]
    assert len(pieces) > 1_000


def test_seq_counts_on_through_a_change_of_pace_and_a_silence() -> None:
    """A running number shows that samples are missing; a new interval does not reset it."""
    paces = (Pace(EPOCH_MS, 300_000), Pace(EPOCH_MS + HOUR_MS, 10_000))
    silence = Window(EPOCH_MS + 600_000, EPOCH_MS + 1_200_000)
    sampled = logger(LoggerSpec("lg-1", "site", paces, silences=(silence,))).between(
        EPOCH_MS, EPOCH_MS + HOUR_MS + 60_000
    )
    assert [sample.payload["seq"] for sample in sampled] == [0, 1, *range(4, 18)]
    assert sampled[-1].at_ms == EPOCH_MS + HOUR_MS + 50_000


def test_beyond_its_range_it_says_hi_and_lo() -> None:
    """A logger that ends at 0 °C reports HI from a box that thawed, LO from one that is too cold for it."""
    thawed = logger(spec(300, range_min_c=-95.0, range_max_c=0.0), dry_ice_shipper(), CoolantGone(EPOCH_MS)).between(
        EPOCH_MS, EPOCH_MS + 48 * HOUR_MS
    )
    assert temperatures(thawed)[-1] == "HI"
    assert all(value == "HI" or -95.0 <= float(str(value)) <= 0.0 for value in temperatures(thawed))
    cold = logger(spec(range_min_c=-55.0), dry_ice_shipper()).between(EPOCH_MS, EPOCH_MS + HOUR_MS)
    assert set(temperatures(cold)) == {"LO"}


def test_temperatures_are_truncated_to_a_tenth() -> None:
    """Devices cut off the hundredths; they do not round them."""
    body = Body(Coolant(-78.49, 100.0, 0.0), leak_tau_s=36_000.0, ambient_swing_k=0.0)
    # Where ice and leak balance: (−78.49 × 90 + 21.5) ÷ 91 = −77.39 °C, the time constants being 90 : 1.
    shown = temperatures(logger(spec(noise_k=0.0), body).between(EPOCH_MS + 5 * HOUR_MS, EPOCH_MS + 6 * HOUR_MS))
    assert set(shown) == {-77.3}
    assert all(repr(value) == "-77.3" for value in shown)


def test_faults_never_come_twice_in_a_row() -> None:
    """A flaky sensor says 85, −127 or nothing, and is well again at its next sample."""
    shown = temperatures(logger(spec(fault_probability=0.2)).between(EPOCH_MS, EPOCH_MS + 50 * HOUR_MS))
    is_fault = [value in {None, POWER_ON_C, LOST_BUS_C} for value in shown]
    assert {value for value, fault in zip(shown, is_fault, strict=True) if fault} == {None, POWER_ON_C, LOST_BUS_C}
    assert not any(a and b for a, b in pairwise(is_fault))


def test_duplicates_are_the_same_reading_again() -> None:
    """A retransmitted reading has the same time, number and temperature."""
    samples = logger(spec(duplicate_probability=0.1)).between(EPOCH_MS, EPOCH_MS + 24 * HOUR_MS)
    twins = [a for a, b in pairwise(samples) if a.at_ms == b.at_ms]
    assert all(samples.count(twin) == 2 for twin in twins)
    assert 80 < len(twins) < 220
    assert len({sample.at_ms for sample in samples}) == 24 * 60


def test_an_upset_changes_one_sample() -> None:
    """A lone spike is one sample between two believable ones."""
    shown = temperatures(logger(spec(upsets=(Upset(EPOCH_MS + 90_000, 40.0),))).between(EPOCH_MS, EPOCH_MS + HOUR_MS))
    assert [row for row, value in enumerate(shown) if value == 40.0] == [2]


def test_switched_off_and_silent_loggers_measure_nothing() -> None:
    """Where nobody measured there is no reading, not an old one."""
    silence = Window(EPOCH_MS + HOUR_MS, EPOCH_MS + 2 * HOUR_MS)
    asleep = logger(spec(silences=(silence,), stops_ms=EPOCH_MS + 3 * HOUR_MS))
    at_ms = [sample.at_ms for sample in asleep.between(EPOCH_MS, EPOCH_MS + 10 * HOUR_MS)]
    assert len(at_ms) == 120
    assert not any(silence.holds(moment) for moment in at_ms)


@pytest.mark.parametrize("unix_time", [False, True])
def test_a_skewed_clock_stamps_its_own_time(unix_time: bool) -> None:
    """A logger stamps what its clock says; the true moment stays unknown to us."""
    sample = logger(spec(clock_skew_ms=-40_000, unix_time=unix_time)).between(EPOCH_MS, EPOCH_MS + 1)[0]
    stamp = sample.payload["measured_at"]
    assert stamp == (EPOCH_MS - 40_000 if unix_time else rfc3339(EPOCH_MS - 40_000))
    assert sample.at_ms == EPOCH_MS


def test_every_payload_is_plain_json() -> None:
    """What goes over the air has no NaN in it, whatever the sensor did."""
    for sample in logger(spec(**FAULTY)).between(EPOCH_MS, EPOCH_MS + 24 * HOUR_MS):
        assert json.loads(json.dumps(sample.payload, allow_nan=False)) == sample.payload
        assert str(sample.payload["measured_at"]).endswith("Z")
