"""Nights at a site with freezers, and who is told what of them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from alerts.on_call.rota import Rota, Shift
from alerts.on_call.schedules import listed
from service.domain.alerting.notification import Reason
from tests.unit.alerts.timelines import (
    ANA,
    BEN,
    NOON,
    acknowledges,
    at,
    becomes,
    between,
    calms,
    came_late,
    config,
    fires,
    is_pending,
    is_still_so,
    lot_fires,
    passes_on,
    person,
    play,
    resolves,
    silenced,
    warms,
)

FIRST, WORSENED, REMINDER, ESCALATED = Reason.FIRST, Reason.WORSENED, Reason.REMINDER, Reason.ESCALATED
RESOLVED, PAST, CALM = Reason.RESOLVED, Reason.PAST, Reason.CALM
NEVER = config(reminder_s={})
TWO_STAGES = config(stages=[(0, ["ana"]), (10, ["ben"])])


def test_a_failing_freezer_with_forty_lots_is_one_message_at_once() -> None:
    """Forty lots in one freezer are one trouble, and a lone freezer is told without waiting for others."""
    night = play(NEVER, at(1, fires("freezer-1", lots=40)), at(50, resolves("freezer-1")), until=60)
    first = night.expect(between(1, 1), to="ana-phone", reason=FIRST, alerts=1)
    over = night.expect(between(50, 50), to="ana-phone", reason=RESOLVED, alerts=1)
    assert len(first.alerts[0].lot_ids) == 40
    assert first.incident == over.incident
    night.and_nothing_else()


def test_what_nobody_acknowledges_goes_to_the_next_person_and_is_repeated() -> None:
    """If ana sleeps through it, ben is called, and then both again and again, until somebody answers or it is over."""
    night = play(TWO_STAGES, at(0, fires("freezer-1")), at(50, resolves("freezer-1")), until=120)
    night.expect(between(0, 0), to="ana-phone", reason=FIRST, level=0)
    night.expect(between(10, 10), to="ben-phone", reason=ESCALATED, level=1)
    for minute in (25, 40):
        for who in ("ana-phone", "ben-phone"):
            night.expect(between(minute, minute), to=who, reason=REMINDER, level=1)
    for who in ("ana-phone", "ben-phone"):
        night.expect(between(50, 50), to=who, reason=RESOLVED)
    night.and_nothing_else()


def test_whoever_acknowledges_is_left_in_peace_unless_it_gets_worse() -> None:
    """After somebody took it over there are no calls but for the worse, and for the end."""
    night = play(
        TWO_STAGES,
        at(0, fires("freezer-1", lots=10)),
        at(4, acknowledges("freezer-1")),
        at(10, becomes("freezer-1", lot_ids=tuple("abcdefghijk"))),
        at(30, becomes("freezer-1", used=1.0)),
        at(70, resolves("freezer-1")),
        until=90,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(30, 30), to="ana-phone", reason=WORSENED)
    night.expect(between(70, 70), to="ana-phone", reason=RESOLVED)
    night.and_nothing_else()


def test_whoever_cannot_come_does_not_keep_the_next_one_from_being_called() -> None:
    """Ana is in theatre: ben is called in the same second, once, whether or not she had said that she would come."""
    for before in ([], [at(3, acknowledges("freezer-1"))]):
        night = play(TWO_STAGES, at(0, fires("freezer-1")), *before, at(4, passes_on("freezer-1")), until=18)
        night.expect(between(0, 0), to="ana-phone", reason=FIRST, level=0)
        night.expect(between(4, 4), to="ben-phone", reason=ESCALATED, level=1)
        night.and_nothing_else()


def test_where_there_is_nobody_further_all_hear_that_nobody_comes() -> None:
    """The last of the chain cannot come either: those called before are told once more, and not again each second."""
    night = play(
        TWO_STAGES,
        at(0, fires("freezer-1")),
        at(4, passes_on("freezer-1")),
        at(6, passes_on("freezer-1")),
        until=20,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(4, 4), to="ben-phone", reason=ESCALATED)
    for who in ("ana-phone", "ben-phone"):
        night.expect(between(6, 6), to=who, reason=REMINDER, level=1)
    night.and_nothing_else()


def test_what_is_calm_calls_nobody_who_has_not_heard_of_it() -> None:
    """The freezer is cold again when ana says that she cannot come: that is what is told, and to her."""
    night = play(
        TWO_STAGES, at(0, fires("freezer-1")), at(3, calms("freezer-1")), at(4, passes_on("freezer-1")), until=18
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(4, 4), to="ana-phone", reason=CALM)
    night.and_nothing_else()


def test_acknowledged_but_not_recovering_is_told_again_and_escalates_from_there() -> None:
    """A promise to look after it does not cool a freezer: those who knew hear of it, and then the next one does."""
    night = play(
        TWO_STAGES,
        at(0, fires("freezer-1")),
        at(2, acknowledges("freezer-1")),
        at(62, is_still_so("freezer-1")),
        at(74, acknowledges("freezer-1")),
        until=100,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(62, 62), to="ana-phone", reason=REMINDER, level=0)
    night.expect(between(72, 72), to="ben-phone", reason=ESCALATED, level=1)
    night.and_nothing_else()


def test_a_worse_severity_breaks_through_an_acknowledgement() -> None:
    """A budget half used may be in hand; four fifths used is told again."""
    night = play(
        NEVER,
        at(0, fires("freezer-1", cause="budget_used", severity="warning")),
        at(1, acknowledges("freezer-1", cause="budget_used")),
        at(20, becomes("freezer-1", cause="budget_used", severity="critical", used=0.8)),
        until=30,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(20, 20), to="ana-phone", reason=WORSENED)
    night.and_nothing_else()


def test_a_flapping_sensor_sends_no_more_than_its_reminders() -> None:
    """A freezer at the edge of its limit all night rings no oftener than one that is beyond it all night."""
    flaps = [
        one
        for minute in range(0, 180, 6)
        for one in (at(minute, fires("freezer-1")), at(minute + 4, resolves("freezer-1")))
    ]
    night = play(config(), *flaps, until=260)
    minutes = [one.minute for one in night.told]
    first = night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(4, 4), to="ana-phone", reason=RESOLVED)
    over = night.expect(between(178, 200), to="ana-phone", reason=RESOLVED, alerts=29)
    assert first.incident != over.incident
    assert {one.planned.reason for one in night.told} == {REMINDER}
    assert len(night.told) <= 180 / 15
    assert all(later - earlier >= 15 for earlier, later in pairwise(minutes[2:-1])), minutes


def test_no_end_is_told_while_the_freezer_is_warm_again() -> None:
    """It came back within the time its end was held for, and fires later than that: the end waits until it is over."""
    night = play(
        config(),
        at(0, fires("freezer-1")),
        at(5, resolves("freezer-1")),
        at(12, fires("freezer-1")),
        at(14, resolves("freezer-1")),
        at(26, is_pending("freezer-1", due_in_s=600)),
        at(36, fires("freezer-1")),
        at(60, resolves("freezer-1")),
        until=80,
    )
    warm = [(12, 14), (26, 60)]
    ends = [one.minute for one in night.told if one.planned.reason is RESOLVED]
    assert not any(begins <= minute < end for minute in ends for begins, end in warm), night.told
    assert max(ends) >= 60


def test_whoever_acknowledges_what_comes_and_goes_hears_first_that_it_is_back() -> None:
    """Ana answers each time; ben is called only when she does not, and no sooner than if it were the first time."""
    comings = [
        one
        for minute in (0, 22, 44, 66)
        for one in (
            at(minute, fires("freezer-1")),
            at(minute + 3, acknowledges("freezer-1")),
            at(minute + 14, resolves("freezer-1")),
        )
    ]
    night = play(TWO_STAGES, *comings, at(88, fires("freezer-1")), until=100)
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(14, 14), to="ana-phone", reason=RESOLVED)
    for minute in (22, 44, 66, 88):
        night.expect(between(minute, minute), to="ana-phone", reason=REMINDER, level=0)
    night.expect(between(98, 98), to="ben-phone", reason=ESCALATED, level=1)
    night.and_nothing_else()


def test_ben_who_took_it_over_is_not_the_first_to_hear_that_it_is_back() -> None:
    """However far it went the last time, it begins with ana: also if her reminder is not due for hours."""
    night = play(
        TWO_STAGES,
        at(0, fires("freezer-1", severity="warning")),
        at(5, resolves("freezer-1")),
        at(15, fires("freezer-1", severity="warning")),
        at(32, acknowledges("freezer-1")),
        at(40, resolves("freezer-1")),
        at(50, fires("freezer-1", severity="warning")),
        until=75,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(5, 5), to="ana-phone", reason=RESOLVED)
    night.expect(between(20, 20), to="ana-phone", reason=REMINDER, level=0)
    night.expect(between(30, 30), to="ben-phone", reason=ESCALATED, level=1)
    night.expect(between(60, 60), to="ana-phone", reason=REMINDER, level=0)
    night.expect(between(70, 70), to="ben-phone", reason=ESCALATED, level=1)
    night.and_nothing_else()


def test_what_comes_and_goes_and_nobody_acknowledges_still_goes_to_the_next_person() -> None:
    """A freezer at the edge of its limit that ana does not answer for is not hers alone all night."""
    flaps = [
        one
        for minute in range(0, 30, 6)
        for one in (at(minute, fires("freezer-1")), at(minute + 4, resolves("freezer-1")))
    ]
    night = play(TWO_STAGES, *flaps, until=30)
    night.expect(between(6, 6), to="ana-phone", reason=REMINDER, level=0)
    for who in ("ana-phone", "ben-phone"):
        night.expect(between(18, 18), to=who, reason=ESCALATED, level=1)


def test_a_freezer_that_fails_soon_after_its_end_was_told_is_told_at_once() -> None:
    """Ana heard that it is over and went back to bed: three minutes later it is warm for good."""
    night = play(
        TWO_STAGES, at(0, fires("freezer-1")), at(5, resolves("freezer-1")), at(8, fires("freezer-1")), until=20
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(5, 5), to="ana-phone", reason=RESOLVED)
    night.expect(between(8, 8), to="ana-phone", reason=REMINDER, level=0)
    night.expect(between(18, 18), to="ben-phone", reason=ESCALATED, level=1)
    night.and_nothing_else()


def test_forty_lots_that_are_not_placed_yet_are_one_message() -> None:
    """Lots that were registered in the evening and are at no site are one list, and one reminder."""
    night = play(config(), at(0, *(lot_fires(f"lot-{number}") for number in range(40))), until=300)
    first = night.expect(between(0, 0), to="ana-phone", reason=FIRST, alerts=40)
    assert first.incident.startswith("lots:")
    night.expect(between(240, 240), to="ana-phone", reason=REMINDER, alerts=40)
    night.and_nothing_else()


def test_a_power_cut_at_a_site_is_one_message_and_then_few() -> None:
    """Forty freezers that warm up together are one trouble; those that follow are told together a minute later."""
    cut = [
        *(at(0, is_pending(f"freezer-{number}", due_in_s=number)) for number in range(20)),
        *(at(number / 60, fires(f"freezer-{number}")) for number in range(20)),
        *(at(0.5 + number / 60, fires(f"freezer-{number}")) for number in range(20, 40)),
        *(at(10 + number / 10, resolves(f"freezer-{number}")) for number in range(40)),
    ]
    night = play(NEVER, *cut, until=40)
    first = night.expect(between(0.3, 0.5), to="ana-phone", reason=FIRST, alerts=20)
    second = night.expect(between(1.3, 1.5), to="ana-phone", reason=FIRST, alerts=20)
    assert night.expect(between(11, 12), to="ana-phone", reason=RESOLVED, alerts=20).incident == first.incident
    assert night.expect(between(13, 14), to="ana-phone", reason=RESOLVED, alerts=20).incident == second.incident
    night.and_nothing_else()


def test_reminders_of_a_site_are_one_message() -> None:
    """Whoever did not answer is called once for the whole room, not once for each freezer."""
    night = play(config(), at(0, fires("freezer-1")), at(3, fires("freezer-2")), at(9, fires("freezer-3")), until=30)
    for minute in (0, 3, 9):
        night.expect(between(minute, minute), to="ana-phone", reason=FIRST, alerts=1)
    night.expect(between(15, 15), to="ana-phone", reason=REMINDER, alerts=2)
    night.expect(between(24, 24), to="ana-phone", reason=REMINDER, alerts=3)
    night.and_nothing_else()


def test_freezers_at_two_sites_are_two_messages() -> None:
    """Basel is no news of Zurich, and neither waits for the other."""
    night = play(NEVER, at(0, fires("freezer-1")), at(0.1, fires("freezer-2", site="basel")), until=5)
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(0.1, 0.1), to="ana-phone", reason=FIRST)
    night.and_nothing_else()


def test_something_more_serious_does_not_wait_for_the_minute() -> None:
    """A warning a moment ago keeps no freezer waiting."""
    night = play(
        NEVER,
        at(0, fires("freezer-1", cause="battery_low", severity="warning")),
        at(0.1, fires("freezer-2")),
        at(0.2, fires("freezer-3")),
        until=5,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(0.1, 0.1), to="ana-phone", reason=FIRST)
    night.expect(between(1.1, 1.1), to="ana-phone", reason=FIRST)
    night.and_nothing_else()


def test_what_is_over_while_others_go_on_is_gathered_and_closes_no_incident() -> None:
    """One of two freezers is cold again: that is told after a while, and the pager keeps ringing for the other."""
    night = play(
        NEVER,
        at(0, fires("freezer-1"), fires("freezer-2")),
        at(5, resolves("freezer-1")),
        at(30, resolves("freezer-2")),
        until=40,
    )
    first = night.expect(between(0, 0), to="ana-phone", reason=FIRST, alerts=2)
    part = night.expect(between(15, 15), to="ana-phone", reason=RESOLVED)
    whole = night.expect(between(30, 30), to="ana-phone", reason=RESOLVED)
    assert part.incident != first.incident == whole.incident
    night.and_nothing_else()


def test_a_late_upload_is_one_message_in_the_past_tense() -> None:
    """A shipper's readings arrive days later: what was beyond is told once for all of it, however long ago it was."""
    late = [came_late(f"shipper-{number}", over_for_days=9) for number in range(3)]
    night = play(NEVER, at(1, *late), until=60)
    night.expect(between(1, 1), to="ana-phone", reason=PAST, alerts=3)
    night.and_nothing_else()


def test_a_silence_keeps_calls_back_and_what_is_still_so_after_it_is_told() -> None:
    """While a freezer is being defrosted nobody is called; one that stays warm after that is."""
    night = play(
        NEVER,
        at(0, silenced(for_min=30, container="freezer-1"), silenced(for_min=30, container="freezer-2")),
        at(5, fires("freezer-1"), fires("freezer-2"), fires("freezer-3")),
        at(20, resolves("freezer-2")),
        at(50, resolves("freezer-1")),
        until=60,
    )
    night.expect(between(5, 5), to="ana-phone", reason=FIRST, alerts=1)
    night.expect(between(30, 30), to="ana-phone", reason=FIRST, alerts=1)
    night.expect(between(50, 50), to="ana-phone", reason=RESOLVED, alerts=1)
    night.and_nothing_else()


def test_the_end_of_what_was_told_is_told_inside_a_silence() -> None:
    """Whoever was called out hears that it is over, though somebody silenced the site meanwhile."""
    night = play(
        config(),
        at(0, fires("freezer-1")),
        at(5, silenced(for_min=300, site="zurich")),
        at(50, resolves("freezer-1")),
        until=60,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(50, 50), to="ana-phone", reason=RESOLVED)
    night.and_nothing_else()


def test_no_silence_hides_that_a_budget_ran_out() -> None:
    """The one thing that cannot be mended later is told at once, once, whatever was silenced."""
    night = play(
        config(),
        at(0, silenced(for_min=300, site="zurich")),
        at(5, fires("freezer-1", cause="budget_used", severity="warning"), fires("freezer-2")),
        at(40, becomes("freezer-1", cause="budget_used", severity="critical", used=1.0)),
        until=100,
    )
    night.expect(between(40, 40), to="ana-phone", reason=FIRST, alerts=1)
    night.and_nothing_else()


def test_a_warning_waits_for_the_morning_and_a_freezer_does_not() -> None:
    """A low battery at midnight is told at seven if it is still low; a warm freezer is told at midnight."""
    sleeper = person("ana", quiet=(22, 7))
    midnight = datetime(2026, 3, 1, 23, tzinfo=UTC)
    night = play(
        config(sleeper, reminder_s={}),
        at(0, fires("freezer-1", cause="battery_low", severity="warning")),
        at(0, fires("freezer-2", cause="battery_low", severity="warning")),
        at(5, fires("freezer-3")),
        at(60, resolves("freezer-3")),
        at(90, resolves("freezer-2", cause="battery_low")),
        until=430,
        begins=midnight,
    )
    night.expect(between(5, 5), to="ana-phone", reason=FIRST, alerts=1)
    night.expect(between(60, 60), to="ana-phone", reason=RESOLVED, alerts=1)
    night.expect(between(420, 420), to="ana-phone", reason=FIRST, alerts=1)
    night.expect(between(420, 420), to="ana-phone", reason=PAST, alerts=1)
    night.and_nothing_else()


def test_whoever_slept_is_told_alone() -> None:
    """What ben heard at midnight is told to ana at seven, and not to ben again."""
    sleeper = person("ana", quiet=(22, 7))
    night = play(
        config(sleeper, BEN, stages=[(0, ["ana", "ben"])], reminder_s={}),
        at(0, fires("freezer-1", cause="battery_low", severity="warning")),
        until=430,
        begins=datetime(2026, 3, 1, 23, tzinfo=UTC),
    )
    night.expect(between(0, 0), to="ben-phone", reason=FIRST)
    night.expect(between(420, 420), to="ana-phone", reason=FIRST)
    night.and_nothing_else()


def test_the_end_of_a_warning_waits_for_the_morning() -> None:
    """Nobody is woken to hear that a battery was changed."""
    sleeper = person("ana", quiet=(22, 7))
    evening = datetime(2026, 3, 1, 20, tzinfo=UTC)
    night = play(
        config(sleeper, reminder_s={}),
        at(0, fires("freezer-1", cause="battery_low", severity="warning")),
        at(120, resolves("freezer-1", cause="battery_low")),
        until=700,
        begins=evening,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(600, 600), to="ana-phone", reason=RESOLVED)
    night.and_nothing_else()


def test_one_sleeper_keeps_the_end_from_nobody_else() -> None:
    """Ben hears at once that the battery was changed; ana, who went to bed, at seven, and of the same incident."""
    sleeper = person("ana", quiet=(22, 7))
    night = play(
        config(sleeper, BEN, stages=[(0, ["ana", "ben"])], reminder_s={}),
        at(0, fires("freezer-1", cause="battery_low", severity="warning")),
        at(15, resolves("freezer-1", cause="battery_low")),
        until=700,
        begins=datetime(2026, 3, 1, 20, 50, tzinfo=UTC),
    )
    first = night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(0, 0), to="ben-phone", reason=FIRST)
    at_once = night.expect(between(15, 15), to="ben-phone", reason=RESOLVED)
    later = night.expect(between(550, 550), to="ana-phone", reason=RESOLVED)
    assert first.incident == at_once.incident == later.incident
    night.and_nothing_else()


def test_whoever_comes_on_duty_in_the_middle_of_it_is_told_and_the_other_left_alone() -> None:
    """A handover at noon hands over what nobody has taken in hand; the end reaches both."""
    shifts = [
        Shift((ANA,), NOON - timedelta(hours=8), NOON + timedelta(minutes=10)),
        Shift((BEN,), NOON + timedelta(minutes=10), NOON + timedelta(hours=8)),
    ]
    handover = replace(config(stages=[(0, ["duty"])]), rotas={"duty": Rota("duty", listed(shifts))})
    night = play(handover, at(0, fires("freezer-1")), at(30, resolves("freezer-1")), until=40)
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(10, 10), to="ben-phone", reason=FIRST)
    night.expect(between(25, 25), to="ben-phone", reason=REMINDER)
    for who in ("ana-phone", "ben-phone"):
        night.expect(between(30, 30), to=who, reason=RESOLVED)
    night.and_nothing_else()


def test_where_nobody_is_on_call_the_next_stage_is_told_at_once() -> None:
    """A rota that has run out keeps no freezer secret."""
    hole = replace(
        config(stages=[(0, ["duty"]), (10, ["ben"])], reminder_s={}), rotas={"duty": Rota("duty", listed([]))}
    )
    night = play(hole, at(0, fires("freezer-1")), until=5)
    night.expect(between(0, 0), to="ben-phone", reason=FIRST)
    night.and_nothing_else()


def test_a_silent_logger_mutes_its_kin_and_no_limit() -> None:
    """What is not heard of cannot be diagnosed; what was beyond its limit when it fell silent still is."""
    night = play(
        NEVER,
        at(0, fires("freezer-1", cause="logger_silent")),
        at(5, fires("freezer-1", cause="sensor_stuck", severity="warning")),
        at(5, fires("freezer-2", cause="sensor_stuck", severity="warning")),
        at(10, fires("freezer-1")),
        at(20, fires("freezer-1", cause="budget_used", severity="warning")),
        at(40, resolves("freezer-1", cause="logger_silent")),
        until=60,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    stuck = night.expect(between(5, 5), to="ana-phone", reason=FIRST, alerts=1)
    assert stuck.alerts[0].name == "freezer-2"
    for minute in (10, 20):
        night.expect(between(minute, minute), to="ana-phone", reason=FIRST)
    night.expect(between(40, 40), to="ana-phone", reason=RESOLVED)
    unmuted = night.expect(between(40, 40), to="ana-phone", reason=FIRST)
    assert unmuted.alerts[0].cause == "sensor_stuck"
    night.and_nothing_else()


def test_one_silent_probe_of_several_mutes_no_fault_of_the_others() -> None:
    """While another probe is heard, that it is stuck is news; that the logger's battery is low is none."""
    night = play(
        NEVER,
        at(0, fires("freezer-1", cause="logger_silent", severity="warning")),
        at(5, fires("freezer-1", cause="sensor_stuck", severity="warning")),
        at(10, fires("freezer-1", cause="sensor_fault", severity="warning")),
        at(15, fires("freezer-1", cause="battery_low", severity="warning")),
        until=20,
    )
    for minute in (0, 5, 10):
        night.expect(between(minute, minute), to="ana-phone", reason=FIRST)
    night.and_nothing_else()


def test_what_is_back_within_limits_is_not_reminded_of_but_said_once() -> None:
    """Four minutes after the freezer was cold again, 'still so' would send somebody who can sleep."""
    night = play(
        config(),
        at(0, fires("freezer-1")),
        at(11, calms("freezer-1")),
        at(50, resolves("freezer-1")),
        until=80,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    calm = night.expect(between(15, 15), to="ana-phone", reason=CALM)
    assert calm.incident
    night.expect(between(50, 50), to="ana-phone", reason=RESOLVED)
    night.and_nothing_else()


def test_nobody_is_called_next_while_it_is_back_within_limits() -> None:
    """Ben is not called out of bed for a freezer that is cold; when it warms again, ana hears it and then he does."""
    night = play(
        TWO_STAGES,
        at(0, fires("freezer-1")),
        at(8, calms("freezer-1")),
        at(12, warms("freezer-1")),
        at(14, acknowledges("freezer-1")),
        until=60,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(10, 10), to="ana-phone", reason=CALM)
    for who in ("ana-phone", "ben-phone"):
        night.expect(between(12, 12), to=who, reason=ESCALATED, level=1)
    night.and_nothing_else()


def test_a_short_calm_between_two_reminders_is_said_to_nobody() -> None:
    """A freezer that swings about its limit wakes nobody more often than its reminders."""
    night = play(
        config(),
        at(0, fires("freezer-1")),
        at(3, calms("freezer-1")),
        at(5, warms("freezer-1")),
        at(9, calms("freezer-1")),
        at(12, warms("freezer-1")),
        until=20,
    )
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(15, 15), to="ana-phone", reason=REMINDER)
    night.and_nothing_else()


def test_what_was_never_told_is_told_though_it_is_calm_by_now() -> None:
    """People were not reachable while it was warm: they hear that it was, and that it is watched."""
    night = play(NEVER, at(1, fires("freezer-1"), calms("freezer-1")), at(6, resolves("freezer-1")), until=20)
    first = night.expect(between(1, 1), to="ana-phone", reason=FIRST)
    assert first.alerts[0].is_calm
    night.expect(between(6, 6), to="ana-phone", reason=RESOLVED)
    night.and_nothing_else()


def test_the_one_who_comes_on_duty_is_not_called_for_what_is_calm() -> None:
    """At the change of shifts the freezer is cold again: whoever comes is called only if it warms."""
    shifts = listed([Shift((ANA,), NOON - timedelta(days=1), NOON + timedelta(minutes=20)),
                     Shift((BEN,), NOON + timedelta(minutes=20), NOON + timedelta(days=1))])  # fmt: skip
    known = config(stages=[(0, ["duty"])], reminder_s={}, rotas={"duty": Rota("duty", shifts)})
    night = play(known, at(0, fires("freezer-1")), at(18, calms("freezer-1")), at(30, warms("freezer-1")), until=60)
    night.expect(between(0, 0), to="ana-phone", reason=FIRST)
    night.expect(between(30, 30), to="ben-phone", reason=FIRST)
    night.and_nothing_else()
