"""The built-in profiles are the figures that were asked for, to the second."""

import pytest

from service.domain.exposure.container import thresholds_of
from service.domain.profiles import (
    BUILT_IN,
    CRYO_80,
    FROZEN_20,
    LN2_VAPOUR,
    LYOPHILISED_2_8,
    Direction,
    Effect,
    Profile,
)

ABOVE, BELOW = Direction.ABOVE, Direction.BELOW
CONDEMNS, WARNS = Effect.CONDEMNS, Effect.WARNS

#: direction, threshold, effect, seconds in total over the lot's life
TABLE = {
    "cryo-80": (900, {(ABOVE, -60.0, CONDEMNS, 3600), (ABOVE, -20.0, CONDEMNS, 300), (BELOW, -90.0, WARNS, None)}),
    "ln2-vapour": (900, {(ABOVE, -135.0, CONDEMNS, 3600), (ABOVE, -150.0, WARNS, None)}),
    "frozen-20": (1800, {(ABOVE, -15.0, CONDEMNS, 3600), (ABOVE, 0.0, CONDEMNS, 300)}),
    "lyophilised-2-8": (
        2100,
        {(ABOVE, 8.0, CONDEMNS, 3600), (ABOVE, 25.0, CONDEMNS, 1800), (BELOW, -0.5, WARNS, None)},
    ),
}


def test_there_are_these_and_no_others() -> None:
    """Frozen, in vapour of liquid nitrogen, at −20 °C and freeze-dried: the ways these lots are kept."""
    assert {profile.id for profile in BUILT_IN} == TABLE.keys()
    assert {CRYO_80.id, LN2_VAPOUR.id, FROZEN_20.id, LYOPHILISED_2_8.id} == TABLE.keys()


@pytest.mark.parametrize("profile", BUILT_IN, ids=lambda profile: profile.id)
def test_limits_and_largest_gap(profile: Profile) -> None:
    """An hour in total over its limit condemns a lot; what merely warns has no budget to use up."""
    max_gap_s, limits = TABLE[profile.id]
    assert profile.max_gap_s == max_gap_s
    found = [(x.direction, x.threshold_c, x.effect, x.budget_s) for x in profile.limits]
    assert len(found) == len(limits)
    assert set(found) == limits
    assert all(limit.single_s is None for limit in profile.limits)


@pytest.mark.parametrize("profile", BUILT_IN, ids=lambda profile: profile.id)
def test_what_every_profile_says_of_itself(profile: Profile) -> None:
    """A figure without a source cannot be defended; half of a budget used is a reason to act."""
    assert profile.warning_fraction == 0.5
    assert profile.activation_energy_kj_per_mol == 83.144
    assert profile.version == 1
    assert profile.name
    assert len(profile.source) > 40
    assert all(0 < limit.alarm_delay_s <= 3_600 for limit in profile.limits)


def test_a_half_used_budget_is_half_of_it_in_microseconds() -> None:
    """A lot is at risk from exactly half an hour of its hour on; of nothing allowed, any time at all is enough."""
    assert CRYO_80.warns_from_us(3_600) == 1_800_000_000
    assert CRYO_80.warns_from_us(0) == 1


def test_limits_that_differ_only_in_budget_share_their_threshold() -> None:
    """Five hundred lots in one freezer are judged by a few thresholds."""
    assert thresholds_of([CRYO_80, CRYO_80, FROZEN_20]) == [
        (ABOVE, -60.0),
        (ABOVE, -20.0),
        (ABOVE, -15.0),
        (ABOVE, 0.0),
        (BELOW, -90.0),
    ]
