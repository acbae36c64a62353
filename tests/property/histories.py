"""Histories of containers and lots as Hypothesis draws them, and the two judges' views of the same history."""

from dataclasses import dataclass

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from service.domain import spans
from service.domain.exposure.container import Record, Threshold, Watch, judge_container, thresholds_of
from service.domain.exposure.lot import Exposure, Stay, expose
from service.domain.exposure.outlook import Outlook, outlook
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Direction, Effect, Limit, Profile, ThawRule
from service.domain.series.quality import Quality, quality_of
from service.domain.series.sensor_range import doubted, sensor_range
from service.domain.series.track import Track, track
from service.domain.spans import Spans
from tests.oracle import Allowed, Lot, Series, Value

#: Cases of each property here. There are nearly fifty: some 5,000 cases in every `make test`, and so in every run of
#: CI, and beside them those of the properties that set a number of their own.
MODERATE = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

MAX_GAP_S = 2
MAX_GAP_US = MAX_GAP_S * SECOND_US
HORIZON_US = 20 * SECOND_US

#: Whole half seconds meet one another and the largest gap exactly; odd microseconds make crossings round.
instants = st.integers(0, 40).map(lambda n: n * SECOND_US // 2) | st.integers(0, HORIZON_US)
thresholds_c = st.sampled_from([-60.0, -20.0, -90.0])
tenths_c = st.integers(-1000, 100).map(lambda n: n / 10)
temperatures_c = (
    st.sampled_from([-60.0, -20.0, -90.0, -80.0, 0.0]) | tenths_c | st.floats(-100.0, 30.0, allow_nan=False)
)
values = st.one_of(temperatures_c, temperatures_c, temperatures_c, st.sampled_from(["HI", "LO", 85.0, None]))
ranges_c = st.sampled_from([(None, None), (-95.0, 0.0), (-55.0, -30.0), (-60.0, -20.0), (-80.0, None)])


def readings_of(of_values: st.SearchStrategy[Value]) -> st.SearchStrategy[tuple[tuple[int, Value], ...]]:
    """Readings in order of time, each instant once; mostly at a logger's even pace, so that lines join them."""
    paced = st.builds(
        lambda first_us, step_us, found: tuple((first_us + i * step_us, value) for i, value in enumerate(found)),
        st.integers(0, SECOND_US),
        st.sampled_from([SECOND_US // 2, SECOND_US, SECOND_US + 7, 2 * SECOND_US - 1, 2 * SECOND_US]),
        st.lists(of_values, min_size=5, max_size=14),
    )
    free = st.dictionaries(instants, of_values, max_size=12).map(lambda found: tuple(sorted(found.items())))
    return st.one_of(paced, paced, free)


@st.composite
def series(draw: st.DrawFn, of_values: st.SearchStrategy[Value] = values) -> Series:
    """One probe: attached for a while, or still."""
    from_us = draw(st.just(0) | st.just(0) | instants)
    until_us = draw(st.none() | st.none() | st.integers(from_us + 1, HORIZON_US + 2 * SECOND_US))
    low_c, high_c = draw(ranges_c)
    grace_s = draw(st.sampled_from([0, 0, 1, 2, 5]))
    return Series(draw(readings_of(of_values)), from_us, until_us, low_c, high_c, grace_s)


allowances = st.builds(
    Allowed,
    side=st.sampled_from(["above", "above", "below"]),
    threshold_c=thresholds_c,
    condemns=st.sampled_from([True, True, False]),
    budget_s=st.none() | st.integers(0, 6),
    single_s=st.none() | st.integers(0, 6),
)


thaw_rules = st.builds(
    ThawRule, thresholds_c, min_s=st.integers(1, 3), allowed=st.integers(0, 3), effect=st.sampled_from(list(Effect))
)


@st.composite
def stays(draw: st.DrawFn) -> tuple[tuple[str, int, int], ...]:
    """Placements in order, with and without time between them; the last may be open."""
    cuts = sorted(draw(st.sets(instants, min_size=1, max_size=4)))
    ends = [*cuts[1:], draw(st.sampled_from([END_US, END_US, HORIZON_US]))]
    names = draw(st.lists(st.sampled_from(["A", "A", "B", ""]), min_size=len(cuts), max_size=len(cuts)))
    return tuple(
        (name, from_us, until_us)
        for name, from_us, until_us in zip(names, cuts, ends, strict=True)
        if name and from_us < until_us
    )


@dataclass(frozen=True)
class History:
    """All that decides about one lot."""

    containers: dict[str, list[Series]]
    lot: Lot
    limits: list[Allowed]
    now_us: int


@st.composite
def histories(draw: st.DrawFn, of_values: st.SearchStrategy[Value] = values) -> History:
    """Two containers with up to three probes, one lot that may move between them, some limits, and a now."""
    containers = {
        "A": draw(st.lists(series(of_values), min_size=draw(st.sampled_from([0, 1, 1, 2])), max_size=3)),
        "B": draw(st.lists(series(of_values), max_size=1)),
    }
    life_from_us = draw(st.just(0) | st.just(2) | instants)
    life_until_us = draw(st.sampled_from([END_US, END_US, HORIZON_US]) | st.integers(life_from_us, HORIZON_US + 1))
    at_home = st.just((("A", life_from_us, END_US),))
    return History(
        containers,
        Lot(life_from_us, max(life_from_us, life_until_us), draw(at_home | at_home | stays())),
        draw(st.lists(allowances, min_size=1, max_size=3)),
        life_from_us + draw(st.integers(1, HORIZON_US // SECOND_US).map(lambda n: n * SECOND_US + n) | instants),
    )


def profile_of(limits: list[Allowed], thaw: ThawRule | None = None) -> Profile:
    """The same limits in the service's words."""
    return Profile(
        id="drawn",
        version=1,
        name="Drawn",
        limits=tuple(
            Limit(
                Direction(limit.side),
                limit.threshold_c,
                Effect.CONDEMNS if limit.condemns else Effect.WARNS,
                limit.budget_s,
                limit.single_s,
            )
            for limit in limits
        ),
        max_gap_s=MAX_GAP_S,
        thaw=thaw,
    )


def track_of(probe: Series) -> Track:
    """A probe's readings as the store hands them over: HI, LO and null carry no number, nor does one it cannot show."""
    kinds = {"HI": Quality.HI, "LO": Quality.LO}
    ordered = sorted(probe.readings)
    numbers = np.array([np.nan if x is None or isinstance(x, str) else x for _, x in ordered], dtype=np.float64)
    qualities = np.array([kinds[x] if isinstance(x, str) else quality_of(x) for _, x in ordered], dtype=np.int16)
    return track(
        np.array([at_us for at_us, _ in ordered], dtype=np.int64),
        numbers,
        doubted(numbers, qualities, sensor_range(probe.range_min_c, probe.range_max_c)),
        probe.range_min_c,
        probe.range_max_c,
    )


def watch_of(probe: Series) -> Watch:
    """A probe with its attachment."""
    until_us = END_US if probe.until_us is None else probe.until_us
    return Watch(track_of(probe), probe.from_us, until_us, probe.door_grace_s)


def record_of(probes: list[Series], thresholds: list[Threshold]) -> Record:
    """A container judged in one go."""
    return judge_container([watch_of(probe) for probe in probes], thresholds, MAX_GAP_S)


def exposure_of(
    history: History, *, records: dict[str, Record] | None = None, thaw: ThawRule | None = None
) -> Exposure:
    """A lot's exposure by the service."""
    return outlook_of(history, records=records, thaw=thaw)[0]


def outlook_of(
    history: History, *, records: dict[str, Record] | None = None, thaw: ThawRule | None = None
) -> tuple[Exposure, Outlook]:
    """A lot's exposure by the service, and until when what is said of it stands."""
    profile = profile_of(history.limits, thaw)
    if records is None:
        thresholds = thresholds_of([profile])
        records = {name: record_of(probes, thresholds) for name, probes in history.containers.items()}
    stays = [Stay(*stay) for stay in history.lot.stays]
    course = (history.lot.life_from_us, history.lot.life_until_us, stays, records, profile)
    exposure = expose(*course, now_us=history.now_us)
    return exposure, outlook(exposure, *course, now_us=history.now_us)


def pairs(found: Spans) -> list[tuple[int, int]]:
    """Spans as plain tuples."""
    return [(int(from_us), int(until_us)) for from_us, until_us in found]


def disputed_where_measured(record: Record, threshold: Threshold) -> Spans:
    """Time in doubt that some probe speaks for: not what follows a last reading beyond the threshold."""
    measured = spans.clip(spans.complement(record.gaps), BEGINNING_US, record.measured_until_us)
    return spans.intersect(record.disputed[threshold], measured)


def plain(record: Record) -> tuple[object, ...]:
    """A record as plain values, to compare."""
    return (
        {key: pairs(found) for key, found in record.beyond.items()},
        {key: pairs(found) for key, found in record.disputed.items()},
        pairs(record.gaps),
        record.measured_until_us,
        record.open_beyond,
        record.open_possible,
    )
