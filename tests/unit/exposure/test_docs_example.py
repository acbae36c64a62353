"""The example of docs/exposure.md, computed."""

import re
from pathlib import Path

import numpy as np

from service.domain import spans
from service.domain.exposure.container import Watch, judge_container, thresholds_of
from service.domain.exposure.lot import Exposure, Stay, expose
from service.domain.instant import BEGINNING_US, END_US, SECOND_US
from service.domain.profiles import Direction, Effect, Limit, Profile
from service.domain.series.quality import Quality
from service.domain.series.track import track
from service.domain.verdicts.verdict import Verdict, judge

PAGE = (Path(__file__).parents[3] / "docs/exposure.md").read_text(encoding="utf-8")
PROFILE = Profile(
    "example", 1, "An example", (Limit(Direction.ABOVE, -60.0, Effect.CONDEMNS, budget_s=3600),), max_gap_s=900
)


def at_us(clock: str) -> int:
    """Microseconds since midnight."""
    hours, minutes, seconds = (int(part) for part in f"{clock}:00".split(":")[:3])
    return (hours * 3600 + minutes * 60 + seconds) * SECOND_US


def watch(first: str, last: str, said: dict[str, float | str], silent: tuple[str, str] | None = None) -> Watch:
    """A probe of no known range that says −80 every five minutes, but what is given, and nothing while silent."""
    times = range(at_us(first), at_us(last) + 1, 300 * SECOND_US)
    if silent is not None:
        times_us = [at for at in times if not at_us(silent[0]) < at < at_us(silent[1])]
    else:
        times_us = list(times)
    given = {at_us(clock): value for clock, value in said.items()}
    values = [given.get(at, -80.0) for at in times_us]
    return Watch(
        track(
            np.array(times_us, dtype=np.int64),
            np.array([np.nan if isinstance(value, str) else value for value in values]),
            np.array([Quality.HI if value == "HI" else Quality.OK for value in values], dtype=np.int16),
            None,
            None,
        ),
        BEGINNING_US,
        END_US,
    )


def example(silent: tuple[str, str] | None) -> Exposure:
    """The lot of the page."""
    watches = {
        "A": watch("06:00", "08:00", {"07:00": -70, "07:05": -50, "07:10": -50, "07:15": -70}),
        "B": watch("08:20", "11:50", {"10:30": "HI"}, silent),
    }
    records = {
        name: judge_container([one], thresholds_of([PROFILE]), PROFILE.max_gap_s) for name, one in watches.items()
    }
    stays = [Stay("A", at_us("06:00"), at_us("08:00")), Stay("B", at_us("08:20"), END_US)]
    return expose(at_us("06:00"), END_US, stays, records, PROFILE, now_us=at_us("12:00"))


def test_the_life_of_the_page_is_cut_as_the_page_says() -> None:
    """Above, gap, pending, disputed and in range are told apart, and sum to the life."""
    rows = re.findall(r"^\| ([a-z ]+) \| ([\d:]+) \| ([\d:]+) \| (\d+) \|$", PAGE, re.MULTILINE)
    assert len(rows) == 10
    assert all(at_us(until) - at_us(start) == int(seconds) * SECOND_US for _, start, until, seconds in rows)
    found = example(("09:00", "09:40"))
    for part, ours in [
        ("above", found.limits[0].certain),
        ("gap", found.gaps),
        ("pending", found.pending),
        ("disputed", spans.subtract(found.limits[0].possible, spans.union(found.limits[0].certain, found.gaps))),
    ]:
        assert ours.tolist() == [[at_us(a), at_us(b)] for name, a, b, _ in rows if name == part]
    in_range = sum(int(seconds) for name, _, _, seconds in rows if name == "in range")
    assert found.parts.in_range_us == in_range * SECOND_US
    assert spans.total_us(found.limits[0].possible) == 4_800 * SECOND_US
    assert judge(found, PROFILE).verdict is Verdict.UNPROVEN


def test_readings_that_come_late_fill_the_silence() -> None:
    """Read out of the logger's memory, the forty minutes prove that the lot is within its limits."""
    found = example(None)
    assert spans.total_us(found.limits[0].possible) == 2_400 * SECOND_US
    assert judge(found, PROFILE).verdict is Verdict.VIABLE
