"""What is told of readings that are no number: what they prove, and never a number that nobody measured."""

import pytest

from service.domain.series.bounded import Bound, Bounded, bounded, bounded_text, coldest, of_reading, warmest
from service.domain.series.quality import Quality

HI_40, LO_100 = Bounded(40.0, Bound.AT_LEAST), Bounded(-100.0, Bound.AT_MOST)
HI, LO = Bounded(None, Bound.AT_LEAST), Bounded(None, Bound.AT_MOST)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (Bounded(-45.26), "−45.3 °C"),
        (HI_40, "at least 40 °C (HI)"),
        (LO_100, "at most −100 °C (LO)"),
        (HI, "above its range (HI)"),
        (LO, "below its range (LO)"),
        (Bounded(0.0, Bound.AT_LEAST), "at least 0 °C (HI)"),
        (Bounded(-49.96, Bound.AT_LEAST, disputed=True), "at least −49.96 °C (disputed)"),
    ],
)
def test_words_say_what_is_proven(told: Bounded, words: str) -> None:
    """Where a logger said HI, nobody reads that it was so warm and no warmer."""
    assert bounded_text(told) == words


def test_words_of_a_number_are_those_of_its_page() -> None:
    """A page with tenths writes tenths, and no bound as finely as if it had been measured."""
    assert bounded_text(Bounded(5.0), "{:.1f} °C".format) == "5.0 °C"
    assert bounded_text(HI_40, "{:.1f} °C".format) == "at least 40 °C (HI)"


@pytest.mark.parametrize(
    ("value_c", "told"),
    [(-60.0, Bounded(-60.0)), (float("inf"), HI_40), (float("-inf"), LO_100), (float("nan"), None), (None, None)],
)
def test_an_end_of_a_series_is_what_its_logger_can_show(value_c: float | None, told: Bounded | None) -> None:
    """Warmer than any number is at least the end of the range."""
    assert bounded(value_c, -100.0, 40.0) == told


def test_one_reading_proves_what_its_quality_says() -> None:
    """A number, HI or LO; a number that cannot be and a broken wire prove nothing."""
    found = [of_reading(-60.0, quality, -100.0, 40.0) for quality in Quality]
    assert found == [Bounded(-60.0), HI_40, LO_100, None, None, None]
    assert of_reading(None, Quality.HI, None, None) == HI


@pytest.mark.parametrize(
    ("probes", "cold", "warm"),
    [
        ([], None, None),
        ([None, None], None, None),
        ([Bounded(-70.0), None, Bounded(-60.0)], Bounded(-70.0), Bounded(-60.0)),
        # A number of another logger may prove more than the end of this one's range.
        ([HI_40, Bounded(50.0), Bounded(-70.0)], Bounded(-70.0), Bounded(50.0, Bound.AT_LEAST)),
        ([LO_100, Bounded(-120.0), Bounded(-70.0)], Bounded(-120.0, Bound.AT_MOST), Bounded(-70.0)),
        # Of a range nobody knows, no number is proven, however cold the others are.
        ([HI, Bounded(-70.0)], Bounded(-70.0), HI),
        ([LO, Bounded(-70.0)], LO, Bounded(-70.0)),
        ([HI_40, HI], HI, HI),
        ([HI_40, Bounded(50.0, Bound.AT_LEAST)], HI_40, Bounded(50.0, Bound.AT_LEAST)),
        ([HI_40, LO_100], LO_100, HI_40),
    ],
)
def test_ends_of_several_probes(probes: list[Bounded | None], cold: Bounded | None, warm: Bounded | None) -> None:
    """HI is warmer than any number and LO colder; what is told is what all of them prove together."""
    assert (coldest(probes), warmest(probes)) == (cold, warm)
