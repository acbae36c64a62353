"""What may be recorded of containers, loggers and probes, and what is said where it may not."""

from datetime import UTC, datetime, timedelta

from service.domain.corrections import told, why_unknown_now
from service.domain.instant import SECOND_US
from service.domain.profiles import CRYO_80, why_not_stored
from service.domain.registry.attachments import (
    counts_from,
    why_not_absent,
    why_not_commissioned,
    why_not_ended,
    why_range_is_too_small,
)
from service.domain.registry.containers import why_not_declared, why_unfounded
from service.domain.registry.logger_ranges import LoggerRange, completed, why_contradicted, why_unexplained
from service.store.registry.clock_mends import NewClockMend

_MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
_HOUR = timedelta(hours=1)


def test_a_probe_counts_from_when_it_had_settled() -> None:
    """A probe still cooling down proves nothing, and one beside the lots never does."""
    assert counts_from("air", _MONDAY, _MONDAY + _HOUR) == _MONDAY + _HOUR
    assert counts_from("air", _MONDAY, _MONDAY - _HOUR) == _MONDAY
    assert counts_from("air", _MONDAY, None) is None
    assert counts_from("ambient", _MONDAY, _MONDAY) is None


def test_a_logger_that_cannot_show_a_limit_watches_no_freezer() -> None:
    """Of a logger that ends at −40 °C, "LO" says nothing of a limit at −60 °C; nobody knows of the rest."""
    assert "from −40 °C to 50 °C, which does not span −60 °C" in str(why_range_is_too_small("L", -40, 50, CRYO_80))
    assert why_range_is_too_small("L", -100, 50, CRYO_80) is None
    assert why_range_is_too_small("L", None, None, CRYO_80) is None


def test_what_is_recorded_of_an_attachment_stays() -> None:
    """A second commissioning or a second end is a slip: the first was acted upon."""
    assert why_not_commissioned("a", None) is None
    assert "commissioned at 2026-03-02T00:00:00+00:00" in str(why_not_commissioned("a", _MONDAY))
    assert why_not_ended("a", _MONDAY, None, _MONDAY + _HOUR) is None
    assert "after the attachment's start" in str(why_not_ended("a", _MONDAY, None, _MONDAY))
    assert "ended at" in str(why_not_ended("a", _MONDAY, _MONDAY + _HOUR, _MONDAY + 2 * _HOUR))


def test_a_probe_is_absent_only_from_where_it_was() -> None:
    """A battery is changed while the probe is attached; whatever lies outside names another attachment."""
    assert why_not_absent(_MONDAY, None, _MONDAY, _MONDAY + _HOUR) is None
    early = why_not_absent(_MONDAY, None, _MONDAY - _HOUR, _MONDAY + _HOUR)
    late = why_not_absent(_MONDAY, _MONDAY + _HOUR, _MONDAY, _MONDAY + 2 * _HOUR)
    assert early is not None
    assert late is not None
    assert (early.field, late.field) == ("from", "until")


def test_a_door_grace_rests_on_a_study_and_a_room_alone_is_declared() -> None:
    """Nobody says a freezer is cold, or forgives an open door, without having measured it."""
    assert why_unfounded(0, None) is None
    assert why_unfounded(180, "MAP-7") is None
    assert "mapping study" in str(why_unfounded(180, None))
    assert why_not_declared("ambient", 21.0) is None
    assert why_not_declared("freezer", None) is None
    assert "a freezer is measured" in str(why_not_declared("freezer", -80.0))


def test_a_known_end_of_a_range_stays_and_a_missing_one_is_filled() -> None:
    """What "HI" proved yesterday it proves tomorrow: only what nobody knew can be added."""
    known = LoggerRange("L", -95, None)
    assert completed(known, LoggerRange("L", None, 40)) == LoggerRange("L", -95, 40)
    assert completed(known, LoggerRange("L", -90, 40)) == LoggerRange("L", -95, 40)
    assert why_contradicted(known, LoggerRange("L", -95, 40)) is None
    assert "recorded as -95" in str(why_contradicted(known, LoggerRange("L", -90, 40)))
    assert "its ends are wrong" in str(why_contradicted(known, LoggerRange("L", None, -100)))


def test_a_range_that_decides_what_readings_prove_is_explained() -> None:
    """Where lots were judged by a logger's readings, somebody says how its range is known."""
    assert why_unexplained("its data sheet") is None
    assert getattr(why_unexplained(None), "field", None) == "reason"


def test_a_built_in_profile_is_nobodys_to_change() -> None:
    """What comes with the software means the same in every clinic."""
    assert "built in" in str(why_not_stored(CRYO_80.id))
    assert why_not_stored("own") is None


def test_what_is_past_is_unknown_where_clocks_disagree() -> None:
    """Who does not know what time it is cannot say that an act changes the past."""
    assert why_unknown_now(0, 90 * SECOND_US, 120 * SECOND_US) is None
    assert "differ by 5 min" in str(why_unknown_now(300 * SECOND_US, 0, 120 * SECOND_US))


def test_what_is_listed_of_a_change_has_the_names_people_know() -> None:
    """Who reads the list of corrections years later finds from, until and seconds, as they were sent."""
    mend = NewClockMend("m", "L", _MONDAY, _MONDAY + _HOUR, -60 * SECOND_US, "set wrongly")
    assert told(mend) == {
        "id": "m",
        "logger_id": "L",
        "from": "2026-03-02T00:00:00Z",
        "until": "2026-03-02T01:00:00Z",
        "offset_s": -60.0,
        "reason": "set wrongly",
    }
