"""What is odd about a night, and what is not."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from service.domain import spans
from service.domain.alerting.limit_rules import LIMIT_CROSSED
from service.domain.alerting.site_rules import missing_since
from service.domain.checks.days import month_named, states
from service.domain.checks.odd import Facts, Happened, Since, odd
from service.domain.checks.seen import ContainerSeen, Odd, Seen, allowed, as_bounded, proven_c, shown, why_not_recorded
from service.domain.exposure.container import Record
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80, Direction, Effect, Limit
from service.domain.series.bounded import Bound, Bounded
from service.domain.severity import Severity

MINUTE_US = 60 * SECOND_US
NIGHT = Since(0, 600 * MINUTE_US)
ABOVE = (Direction.ABOVE, -60.0)


def minutes(*pairs: tuple[float, float]) -> spans.Spans:
    """Spans in minutes."""
    return np.array([[int(a * MINUTE_US), int(b * MINUTE_US)] for a, b in pairs], dtype=np.int64)


def record(**given: object) -> Record:
    """A container measured until a minute before the check."""
    return Record(**{"measured_until_us": NIGHT.until_us - MINUTE_US, **given})  # type: ignore[arg-type]


def texts(facts: Facts, since: Since = NIGHT) -> list[str]:
    """What is said."""
    return [one.text for one in odd(facts, since)]


def test_a_quiet_night_has_nothing_odd() -> None:
    """Measured without a break and within limits: whoever looks at it has nothing to explain."""
    assert odd(Facts(CRYO_80, record(), 0), NIGHT) == ()
    assert odd(Facts(CRYO_80, None, None), NIGHT) == ()


def test_time_beyond_a_limit_is_told_in_all_with_its_pieces() -> None:
    """A door that did not close, twice: how long in all, from when to when, and a word is asked for."""
    beyond = {ABOVE: minutes((-30, 5), (60, 75))}
    [one] = odd(Facts(CRYO_80, record(beyond=beyond), 0), NIGHT)
    assert one == Odd("above −60 °C for 20 min in 2 pieces", 0, 75 * MINUTE_US, asks=True)


def test_what_still_lasts_has_no_end() -> None:
    """A freezer that is warm while somebody looks at it: nobody asks what it was since its reading a minute ago."""
    open_now = frozenset({ABOVE})
    warm = record(beyond={ABOVE: minutes((589, 599))}, disputed={ABOVE: minutes((599, 600))}, open_beyond=open_now)
    [one] = odd(Facts(CRYO_80, replace(warm, open_possible=open_now), 0), NIGHT)
    assert (one.text, one.until_us) == ("above −60 °C for 10 min", None)


def test_what_is_not_proven_is_told_apart_from_what_nobody_measured() -> None:
    """A probe that fell silent while warm may have been warm for all of it; the silence itself is told once."""
    facts = Facts(CRYO_80, record(disputed={ABOVE: minutes((100, 200))}, gaps=minutes((120, 200))), 0)
    assert texts(facts) == ["perhaps above −60 °C for 20 min", "not measured for 1 h 20 min"]


def test_silence_up_to_now_counts_once_it_is_a_gap() -> None:
    """The newest reading is minutes old: that is how often it reports; an hour old, nobody measures any more."""
    silent_for = lambda m: Facts(CRYO_80, Record(measured_until_us=NIGHT.until_us - m * MINUTE_US), 0)  # noqa: E731  said twice below
    assert texts(silent_for(5)) == []
    [one] = odd(silent_for(60), NIGHT)
    assert (one.text, one.until_us) == ("not measured for 1 h", None)


def test_nobody_measures_before_there_is_a_probe() -> None:
    """A container that got its first probe at four in the morning has no gap before."""
    facts = Facts(CRYO_80, record(gaps=minutes((-1e6, 240))), 240 * MINUTE_US)
    assert texts(facts) == []


def test_an_alert_that_was_told_before_asks_for_no_second_word() -> None:
    """A battery is ordered once; the limit's own alert says nothing that its times do not say."""
    old = Happened("battery_low", Severity.WARNING, "has a low battery", -MINUTE_US, None)
    new = Happened("sensor_stuck", Severity.WARNING, "has a sensor that may be stuck", MINUTE_US, None)
    late = Happened(LIMIT_CROSSED, Severity.WARNING, "was above −60 °C", -90 * MINUTE_US, -60 * MINUTE_US)
    told = Happened(LIMIT_CROSSED, Severity.CRITICAL, "was above −60 °C", MINUTE_US, 9 * MINUTE_US)
    facts = Facts(
        CRYO_80, record(beyond={ABOVE: minutes((1, 9))}), 0, [old, new, late, told], no_numbers=3, impossible=1
    )
    found = odd(facts, NIGHT)
    assert [(one.text, one.asks) for one in found] == [
        ("above −60 °C for 8 min", True),
        ("has a low battery", False),
        ("has a sensor that may be stuck", True),
        ("was above −60 °C", True),
        ("1 reading that no such probe can show, or that contradict each other", False),
        ("3 readings without a temperature", False),
    ]
    assert odd(Facts(CRYO_80, record(), 0, [old]), Since(0, 1, first=True))[0].asks


def test_a_word_is_asked_for_where_something_was_odd() -> None:
    """ "Seen" under a warm night without a word is what paper logs are full of."""
    calm = ContainerSeen("f", "F", "", -80.0, -79.0, -79.5, 0, beyond=False, measured=True)
    warm = Seen((calm,), (Odd("lot A is in no container", asks=True),))
    assert why_not_recorded(Seen((calm,)), "") is None
    assert "say what you did" in (why_not_recorded(warm, "") or "")
    assert why_not_recorded(warm, "told Ana") is None


def test_ends_of_what_a_logger_can_show_are_shown_as_such() -> None:
    """ "HI" is no number, and a coldest of nothing is none; beside it is kept what it proves."""
    ends = (Bounded(40.0, Bound.AT_LEAST), Bounded(None, Bound.AT_MOST), None, Bounded(-80.04999999))
    assert [(shown(end), proven_c(end)) for end in ends] == [("HI", 40.0), ("LO", None), (None, None), (-80.05, None)]
    assert [as_bounded(shown(end), proven_c(end)) for end in ends] == [*ends[:3], Bounded(-80.05)]


def test_what_is_allowed_is_said_as_the_paper_on_the_door_says_it() -> None:
    """−80 °C freezers are kept between two temperatures, a room below one."""
    assert allowed(CRYO_80.limits) == "−90 to −60 °C"
    assert allowed(CRYO_80.limits[:1]) == "at most −60 °C"
    assert allowed([Limit(Direction.BELOW, 2.0, Effect.WARNS, None)]) == "at least 2 °C"
    assert allowed([]) == ""


@pytest.mark.parametrize(
    ("checked_at", "now", "missing"),
    [
        ("2026-03-27T07:00+01:00", "2026-03-28T11:59+01:00", False),
        ("2026-03-27T07:00+01:00", "2026-03-28T12:00+01:00", True),
        # The clocks go forward that night: noon is noon on the wall.
        ("2026-03-28T07:00+01:00", "2026-03-29T11:59+02:00", False),
        ("2026-03-28T07:00+01:00", "2026-03-29T12:00+02:00", True),
        ("2026-03-28T07:00+01:00", "2026-03-28T23:59+01:00", False),
        ("2026-03-28T00:10+01:00", "2026-03-28T12:00+01:00", False),
        ("2026-03-14T07:00+01:00", "2026-03-28T12:00+01:00", True),
        ("2026-03-13T07:00+01:00", "2026-03-28T12:00+01:00", False),
        (None, "2026-03-28T12:00+01:00", False),
    ],
)
def test_a_check_is_missing_from_noon_where_one_is_made_each_day(
    checked_at: str | None, now: str, missing: bool
) -> None:
    """A ward that keeps its log hears of a forgotten morning; a warehouse that never began does not."""
    checked = None if checked_at is None else datetime.fromisoformat(checked_at)
    at = datetime.fromisoformat(now)
    since = missing_since(checked, at, ZoneInfo("Europe/Zurich"))
    assert (since is not None) == missing
    assert since is None or (since <= at and since.astimezone(ZoneInfo("Europe/Zurich")).hour == 12)


def test_days_without_a_check_are_told_from_those_that_are_to_come() -> None:
    """An inspector asks of each empty line whether somebody forgot it."""
    february = month_named("2028-02")
    assert february is not None
    assert len(february.days) == 29
    assert (february.earlier.text, february.later.text) == ("2028-01", "2028-03")
    found = states(february.days[:6], frozenset({date(2028, 2, 3)}), date(2028, 2, 2), date(2028, 2, 5))
    assert found == ["before", "missing", "checked", "missing", "open", "to come"]
    assert [month_named(text) for text in ("2028-13", "2028-2", "28-02", "２０２８-02", "2028-02-01")] == [None] * 5
    assert datetime(2028, 2, 1, tzinfo=UTC).date() == february.first
