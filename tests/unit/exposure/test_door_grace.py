"""What an opened door does to the air, and when it may be told from a failing freezer."""

from dataclasses import replace

import pytest

from service.domain.alerting.limit_rules import LIMIT_CROSSED, limit_crossed
from service.domain.alerting.rule_table import container_rule
from service.domain.alerting.rules import ContainerFacts
from service.domain.exposure.container import Record, Watch, judge_container, thresholds_of
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80
from service.domain.spans import total_us
from tests.property.histories import disputed_where_measured
from tests.unit.exposure.test_excursions import MINUTE_US, Sent, probe

[ABOVE_60, *_] = thresholds_of([CRYO_80])


def minutes(*watches: Watch, grace_s: int = 300) -> tuple[float, float]:
    """Minutes measured certainly, and merely possibly, above −60 °C, where all these probes hang in the air."""
    found = record(*watches, grace_s=grace_s)
    disputed = disputed_where_measured(found, ABOVE_60)
    return total_us(found.beyond[ABOVE_60]) / MINUTE_US, total_us(disputed) / MINUTE_US


def record(*watches: Watch, grace_s: int = 300) -> Record:
    """A freezer whose mapping study allows its door to be open for five minutes."""
    graced = [replace(watch, door_grace_s=grace_s) for watch in watches]
    return judge_container(graced, thresholds_of([CRYO_80]), CRYO_80.max_gap_s)


@pytest.mark.parametrize(
    ("temperatures", "certain", "disputed"),
    [
        ([-70, *[-50] * 4, -70], 0, 4),
        ([-70, *[-50] * 5, -70], 5, 0),
        # Still open: as long as it is by now.
        ([-70, *[-50] * 4], 0, 3.5),
        ([-70, *[-50] * 6], 5.5, 0),
        # What begins or ends in silence may have been longer.
        ([-50, -50, -70], 1.5, 0),
        ([-70, -50, -50, *[None] * 20, -70], 1.5, 0),
        ([-70, *[None] * 20, -50, -50, -70], 1.5, 0),
    ],
)
def test_only_what_is_known_to_be_short_is_forgiven(temperatures: list[Sent], certain: float, disputed: float) -> None:
    """Five minutes from crossing to crossing are no door any more, nor is what nobody saw the end of."""
    assert minutes(probe(temperatures)) == (certain, disputed)


def test_an_attachment_that_ends_warm_was_not_seen_to_recover() -> None:
    """Taking the probe out does not shut the door."""
    assert minutes(probe([-70, -50, -50], until_us=3 * MINUTE_US)) == (2.5, 0)


def test_two_probes_hot_in_turn_are_two_openings() -> None:
    """Each is judged for itself; together they are as long as their times in all, possibly."""
    top, bottom = [-70, *[-50] * 3, *[-70] * 5], [*[-70] * 4, *[-50] * 3, -70, -70]
    assert minutes(probe(top), probe(bottom)) == (0, 6)


def test_what_may_have_been_longer_is_not_forgiven() -> None:
    """Four minutes that were certainly warm amid ten that may have been were perhaps ten."""
    certain, disputed = minutes(probe([-70, "HI", "HI", "HI", *[-50] * 4, "HI", "HI", -70]))
    assert certain == 3
    assert disputed > 4


def test_without_a_grace_nothing_is_forgiven() -> None:
    """A container nobody mapped has no doors."""
    assert minutes(probe([-70, -50, -70]), grace_s=0) == (1, 0)


def test_an_open_door_is_beyond_since_it_was_opened() -> None:
    """An alarm counts its delay from this opening, not from the last excursion that counted."""
    found = record(probe([-70, *[-50] * 8, *[-70] * 8, -50, -50]))
    assert ABOVE_60 in found.open_beyond
    told = limit_crossed(
        container_rule(LIMIT_CROSSED), ContainerFacts("freezer", "freezer", CRYO_80, found), 18 * MINUTE_US
    )
    assert told is not None
    assert told.since_us == round(16.5 * 60) * SECOND_US
