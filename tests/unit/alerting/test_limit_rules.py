"""When a container's limit, or the time allowed beyond it, calls for people."""

from dataclasses import replace

import pytest

from service.domain import spans
from service.domain.alerting.details import EvidenceLost, WasBeyond
from service.domain.alerting.lifecycle import Finding
from service.domain.alerting.limit_rules import (
    BUDGET_USED,
    LIMIT_CROSSED,
    OUTDATED_AFTER_S,
    budget_used,
    limit_crossed,
    limit_left,
)
from service.domain.alerting.rule_table import container_rule
from service.domain.alerting.rules import AtStake, ContainerFacts, Override, outcome_of, overridden
from service.domain.alerting.words import what_text
from service.domain.exposure.container import Record, Threshold, threshold_of
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80, FROZEN_20, Effect, Limit, Profile
from service.domain.severity import Severity

MINUTE_US = 60 * SECOND_US
WARM, THAWING, TOO_COLD = CRYO_80.limits
CROSSED, USED = container_rule(LIMIT_CROSSED), container_rule(BUDGET_USED)


def record(*crossed: tuple[Limit, int], measured_until_us: int) -> Record:
    """A container whose last reading lies beyond these limits, each since then."""
    beyond: dict[Threshold, spans.Spans] = {
        threshold_of(limit): spans.spans([(since_us, measured_until_us)] if since_us < measured_until_us else [])
        for limit, since_us in crossed
    }
    return Record(beyond=beyond, measured_until_us=measured_until_us, open_beyond=frozenset(beyond))


def facts(found: Record | None, *at_stake: AtStake, profile: Profile = CRYO_80) -> ContainerFacts:
    """A freezer with these lots in it."""
    return ContainerFacts("freezer", "freezer", profile, found, tuple(x.lot_id for x in at_stake), at_stake, now_c=-50)


def crossing(found: Record | None, now_us: int, *at_stake: AtStake, profile: Profile = CRYO_80) -> Finding | None:
    """What the rule says."""
    return limit_crossed(CROSSED, facts(found, *at_stake, profile=profile), now_us)


def text(found: Finding) -> str:
    """What it says after the container's name."""
    return what_text(LIMIT_CROSSED, found.details)


def lot(remaining_s: float, used: float, limit: Limit = WARM, lost_us: int | None = None) -> AtStake:
    """A lot with so much left."""
    return AtStake("lot", limit, remaining_s, used, lost_us)


def test_a_cold_freezer_calls_nobody() -> None:
    """Within limits, or never measured, there is no crossing."""
    assert crossing(record(measured_until_us=MINUTE_US), MINUTE_US) is None
    assert crossing(None, MINUTE_US) is None


def test_a_past_excursion_is_no_crossing() -> None:
    """A freezer that was warm and is cold again is not beyond anything now."""
    over = replace(record((WARM, 1), measured_until_us=MINUTE_US), open_beyond=frozenset())
    assert crossing(over, MINUTE_US) is None


def left(found: Record, *at_stake: AtStake, ends_us: int = MINUTE_US) -> Finding | None:
    """What is found of a freezer whose probe was taken out at that instant, a minute later."""
    return limit_left(CROSSED, facts(found, *at_stake), {ends_us}, ends_us + MINUTE_US)


def test_what_was_beyond_when_its_probe_was_taken_out_is_as_it_would_have_been_found() -> None:
    """Since then, with the same delay and urgency; only how warm it is now, nobody knows."""
    attached = record((WARM, 1), (THAWING, 7), measured_until_us=MINUTE_US)
    before = crossing(attached, 2 * MINUTE_US, lot(600, 0.5))
    found = left(replace(attached, open_beyond=frozenset()), lot(600, 0.5))
    assert before is not None
    assert found == replace(
        before, details=WasBeyond(EvidenceLost.UNMEASURED), figures=replace(before.figures, now_c=None)
    )


def test_what_was_perhaps_beyond_when_its_probe_was_taken_out_is_not_over() -> None:
    """Its last reading was followed by silence, until somebody took it out."""
    key = threshold_of(WARM)
    silent = Record({key: spans.NONE}, {key: spans.spans([(5, MINUTE_US)])}, measured_until_us=5)
    found = left(silent, lot(600, 0.5))
    assert found is not None
    assert (found.since_us, found.threshold) == (5, key)


def test_an_end_that_was_seen_is_one() -> None:
    """Something was heard later, or the last reading is at the limit itself; and no lot is no reason to call people."""
    over = replace(record((WARM, 1), measured_until_us=MINUTE_US), open_beyond=frozenset())
    assert left(over, lot(600, 0.5)) is not None
    assert left(replace(over, measured_until_us=MINUTE_US + 1), lot(600, 0.5)) is None
    assert left(over, lot(600, 0.5), ends_us=2 * MINUTE_US) is None
    assert left(over) is None


def test_a_crossing_counts_from_the_last_time_the_limit_was_passed() -> None:
    """Yesterday's excursion does not make tonight's longer."""
    threshold = threshold_of(WARM)
    twice = Record(
        beyond={threshold: spans.spans([(1, MINUTE_US), (5 * MINUTE_US, 6 * MINUTE_US)])},
        measured_until_us=6 * MINUTE_US,
        open_beyond=frozenset({threshold}),
    )
    found = crossing(twice, 6 * MINUTE_US)
    assert found is not None
    assert (found.since_us, text(found), found.severity) == (5 * MINUTE_US, "is above −60 °C", Severity.CRITICAL)
    assert found.figures.now_c == -50


def test_a_single_warm_reading_counts_from_when_it_was_taken() -> None:
    """One reading covers no time, and yet says the freezer is warm."""
    found = crossing(record((WARM, 7), measured_until_us=7), MINUTE_US)
    assert found is not None
    assert found.since_us == 7


def test_what_was_warm_when_last_heard_of_is_warm_for_all_we_know() -> None:
    """A clock an hour behind, or a logger that died in a failing freezer, makes no failing freezer a cold one."""
    beyond = record((WARM, 1), measured_until_us=MINUTE_US)
    for hours, said in ((0.2, "is above −60 °C"), (1, "was, when last heard of, above −60 °C")):
        found = crossing(beyond, round(hours * 60) * MINUTE_US)
        assert found is not None
        assert (text(found), found.stale, found.severity) == (said, False, Severity.CRITICAL)


def test_old_readings_are_known_to_be_old() -> None:
    """A logger's file uploaded days later is history, not an emergency."""
    at_the_limit_us = MINUTE_US + OUTDATED_AFTER_S * SECOND_US
    fresh = crossing(record((WARM, 1), measured_until_us=MINUTE_US), at_the_limit_us)
    old = crossing(record((WARM, 1), measured_until_us=MINUTE_US), at_the_limit_us + 1)
    assert fresh is not None
    assert old is not None
    assert (fresh.stale, old.stale) == (False, True)


def test_of_two_limits_passed_too_long_the_more_serious_is_told() -> None:
    """Above −20 °C the lots thaw: that, not −60 °C, is the news."""
    both = record((WARM, 1), (THAWING, 5 * MINUTE_US), measured_until_us=20 * MINUTE_US)
    found = crossing(both, 20 * MINUTE_US)
    assert found is not None
    assert text(found) == "is above −20 °C"


def test_a_limit_whose_delay_has_passed_comes_before_one_that_waits() -> None:
    """Half a minute above −20 °C may be a slip; eleven minutes above −60 °C are not."""
    both = record((WARM, 1), (THAWING, 11 * MINUTE_US), measured_until_us=11 * MINUTE_US + 1)
    found = crossing(both, 11 * MINUTE_US + 30 * SECOND_US)
    assert found is not None
    assert text(found) == "is above −60 °C"


def test_a_limit_that_condemns_comes_before_one_that_warns() -> None:
    """With one probe too warm and another too cold, what ruins lots is told first."""
    assert (WARM.effect, TOO_COLD.effect) == (Effect.CONDEMNS, Effect.WARNS)
    both = record((TOO_COLD, 1), (WARM, 1), measured_until_us=120 * MINUTE_US)
    found = crossing(both, 120 * MINUTE_US)
    assert found is not None
    assert text(found) == "is above −60 °C"


def test_too_cold_alone_is_a_warning() -> None:
    """A freezer may fail in both directions; a limit that only warns does not wake as one that condemns."""
    found = crossing(record((TOO_COLD, 1), measured_until_us=120 * MINUTE_US), 120 * MINUTE_US)
    assert found is not None
    assert (text(found), found.severity) == ("is below −90 °C", Severity.WARNING)


def test_of_two_limits_below_the_colder_is_more_serious() -> None:
    """For cold, farther is lower."""
    cold, colder = replace(TOO_COLD, threshold_c=-90.0), replace(TOO_COLD, threshold_c=-120.0)
    profile = replace(CRYO_80, limits=(colder, cold))
    found = crossing(record((cold, 1), (colder, 1), measured_until_us=MINUTE_US), MINUTE_US, profile=profile)
    assert found is not None
    assert text(found) == "is below −120 °C"


@pytest.mark.parametrize(("left_at_crossing_s", "delay_s"), [(3_600, 600), (1_800, 600), (900, 300), (90, 30), (2, 0)])
def test_the_delay_is_at_most_a_third_of_what_is_left(left_at_crossing_s: int, delay_s: int) -> None:
    """A lot with a quarter of an hour left is told of after five minutes, so that ten are left to save it."""
    beyond = record((WARM, 10 * MINUTE_US), measured_until_us=10 * MINUTE_US + SECOND_US)
    found = crossing(beyond, 10 * MINUTE_US + SECOND_US, lot(left_at_crossing_s - 1, 0.5), lot(3_599, 0.0))
    assert found is not None
    assert found.delay_s == delay_s
    assert found.figures.remaining_s == left_at_crossing_s - 1


def test_what_is_lost_already_hurries_nobody() -> None:
    """A lot out of its limits since last year makes tonight's opened door no emergency."""
    found = crossing(record((WARM, 1), measured_until_us=MINUTE_US), MINUTE_US, lot(0, 4.0))
    assert found is not None
    assert found.delay_s == 600


@pytest.mark.parametrize(
    ("used", "said", "severity"),
    [
        (0.5, "has used more than 50% of the 1 h allowed above −60 °C", Severity.WARNING),
        (0.8, "has used more than 80% of the 1 h allowed above −60 °C", Severity.CRITICAL),
        (1.0, "has used up all of the 1 h allowed above −60 °C", Severity.CRITICAL),
        (1.7, "has used up all of the 1 h allowed above −60 °C", Severity.CRITICAL),
    ],
)
def test_the_budget_is_told_at_half_at_four_fifths_and_when_gone(used: float, said: str, severity: Severity) -> None:
    """The same hour is worth more the less is left of it."""
    beyond = record((WARM, 1), measured_until_us=60 * MINUTE_US)
    found = budget_used(USED, facts(beyond, lot(max(0.0, 3_600 * (1 - used)), used)), 60 * MINUTE_US)
    assert found is not None
    assert (text(found), found.severity, found.figures.used) == (said, severity, used)


def test_the_time_left_is_that_of_the_lot_with_the_least() -> None:
    """Who drives to the freezer has two minutes above −20 °C, not the twelve above −60 °C that another lot has."""
    both = record((WARM, 1), (THAWING, 30 * MINUTE_US), measured_until_us=33 * MINUTE_US)
    found = budget_used(USED, facts(both, lot(720, 0.8), lot(120, 0.6, THAWING)), 33 * MINUTE_US)
    assert found is not None
    assert (found.figures.remaining_s, found.figures.used) == (120, 0.8)


@pytest.mark.parametrize(("left", "remaining_s"), [((0, 1_500), 1_500), ((0, 2_400, 3_000), 2_400), ((0, 0), 0)])
def test_one_lot_is_lost_and_another_can_be_saved(left: tuple[float, ...], remaining_s: float) -> None:
    """Who is told that a lot's time is gone is told how long the others have."""
    above = record((WARM, 1), measured_until_us=60 * MINUTE_US)
    lots = [lot(remaining, 1 - remaining / 3_600) for remaining in left]
    found = budget_used(USED, facts(above, *lots), 60 * MINUTE_US)
    assert found is not None
    assert (found.figures.remaining_s, found.figures.used) == (remaining_s, 1)
    assert text(found) == "has used up all of the 1 h allowed above −60 °C"


def test_who_wants_to_hear_of_a_fifth_of_a_budget_does() -> None:
    """Who keeps what cannot be replaced is told early; half is told as half all the same."""
    early = overridden(USED, ({"budget_used": Override(at=0.2)},))
    above = record((WARM, 1), measured_until_us=30 * MINUTE_US)
    said = [budget_used(early, facts(above, lot(3_600 * (1 - x), x)), 30 * MINUTE_US) for x in (0.19, 0.3, 0.6, 0.9)]
    assert [one and (text(one)[9:22], one.severity) for one in said] == [
        None,
        ("more than 20%", Severity.WARNING),
        ("more than 50%", Severity.WARNING),
        ("more than 80%", Severity.CRITICAL),
    ]


@pytest.mark.parametrize("severity", [Severity.INFO, Severity.WARNING])
def test_who_is_not_to_be_woken_by_these_lots_is_not(severity: Severity) -> None:
    """Who keeps samples for practice records a severity, and nothing that the limits find is more serious than that."""
    both = record((WARM, 1), (TOO_COLD, 1), measured_until_us=120 * MINUTE_US)
    for used in (0.6, 0.9, 1.5):
        found = budget_used(replace(USED, severity=severity), facts(both, lot(1, used)), 120 * MINUTE_US)
        assert found is not None
        assert found.severity is severity
    for limit in (WARM, TOO_COLD):
        crossed = record((limit, 1), measured_until_us=120 * MINUTE_US)
        told = limit_crossed(replace(CROSSED, severity=severity), facts(crossed), 120 * MINUTE_US)
        assert told is not None
        assert told.severity is severity


def test_the_budget_is_no_news_while_the_freezer_is_cold() -> None:
    """What was used up last year is on the lot's page; it grows only while the lot is beyond its limit."""
    assert budget_used(USED, facts(record(measured_until_us=MINUTE_US), lot(60, 0.9)), MINUTE_US) is None
    above = record((WARM, 1), measured_until_us=MINUTE_US)
    assert budget_used(USED, facts(above, lot(3_000, 0.2)), MINUTE_US) is None
    assert budget_used(USED, facts(above, lot(0, 1, THAWING)), MINUTE_US) is None, "above −60 °C is not above −20 °C"


def test_an_opened_door_is_no_news_of_a_lot_that_has_little_left() -> None:
    """Four fifths were used last year: that is told only if this excursion lasts, and of a lost lot not at all."""
    above = record((WARM, 0), measured_until_us=MINUTE_US)
    found = budget_used(USED, facts(above, lot(540, 0.85)), MINUTE_US)
    assert found is not None
    assert found.delay_s == 200
    assert budget_used(USED, facts(above, lot(0, 3.0, lost_us=-1)), MINUTE_US) is None


def test_a_lot_stricter_than_its_container_is_told_of_by_its_own_limit() -> None:
    """A lot for −80 °C that was put into a −20 °C freezer is losing its time in a freezer that is well."""
    strict = record((WARM, 0), measured_until_us=40 * MINUTE_US)
    well = Record(measured_until_us=40 * MINUTE_US)
    found = budget_used(
        USED, replace(facts(well, lot(1_200, 0.67), profile=FROZEN_20), other_records=(strict,)), 40 * MINUTE_US
    )
    assert found is not None
    assert text(found) == "has used more than 50% of the 1 h allowed above −60 °C"


def test_an_unpacked_shipper_wakes_nobody() -> None:
    """Its lots are in the freezer, its logger lies on the bench; with a lot in it that would be another matter."""
    above = record((WARM, 0), measured_until_us=MINUTE_US)
    for at_stake, severity in (((), Severity.WARNING), ((lot(3_540, 0.01),), Severity.CRITICAL)):
        found = limit_crossed(CROSSED, replace(facts(above, *at_stake), kind="shipper"), MINUTE_US)
        assert found is not None
        assert found.severity is severity


def test_an_override_changes_what_it_names_and_nothing_else() -> None:
    """A freezer that people open all day may wait longer, or be left out."""
    patient = overridden(CROSSED, ({"limit_crossed": Override(delay_s=1_800)},))
    warm = facts(record((WARM, 1), measured_until_us=MINUTE_US))
    found = outcome_of(patient, warm, MINUTE_US).found
    assert found is not None
    assert (found.delay_s, found.severity) == (1_800, Severity.CRITICAL)
    off = overridden(patient, ({"limit_crossed": Override(off=True)}, {"budget_used": Override(delay_s=3)}))
    assert outcome_of(off, warm, MINUTE_US).found is None
