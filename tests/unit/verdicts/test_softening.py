"""Which acts may make a lot look better, and which lots they touch."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.domain.exposure.lot import Stay
from service.domain.instant import BEGINNING_US, END_US
from service.domain.softening import (
    KINDS,
    RULES_OF_SITES,
    Calibrated,
    Change,
    Changes,
    Kind,
    Reach,
    Rule,
    signed_by_author,
    unsigned,
    why_back_dated,
    why_calibration_softens,
    why_file_softens,
    why_grace_softens,
    why_not_signed_by,
    why_readings_soften,
    why_redrive_softens,
    why_room_softens,
    why_rule_softens,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
BEFORE = Calibrated(1.0, -0.3, None, None, NOW + timedelta(days=100))


def change(number: int, *, by_author: bool = False) -> Change:
    """A change that waits, or that its author signed."""
    return Change(number, Kind.CALIBRATION, "A. Meier", number, by_author)


@pytest.mark.parametrize(
    "new",
    [
        replace(BEFORE, offset_c=-0.4),
        replace(BEFORE, slope=1.01),
        replace(BEFORE, as_found="pass"),
        replace(BEFORE, until_at=NOW + timedelta(days=1)),
        replace(BEFORE, due_at=NOW + timedelta(days=101)),
        replace(BEFORE, due_at=None),
    ],
)
def test_a_calibration_that_changes_anything_for_the_better_is_signed(new: Calibrated) -> None:
    """Another offset, a later due date, an end after which the raw numbers count again: each may free a lot."""
    assert why_calibration_softens(new, BEFORE) is not None


def test_a_calibration_that_leaves_all_as_it_was_counts_at_once() -> None:
    """The same offset for no longer frees nothing; the first calibration of a probe does, for it is calibrated then."""
    assert why_calibration_softens(BEFORE, BEFORE) is None
    assert why_calibration_softens(replace(BEFORE, as_found="fail", due_at=NOW), BEFORE) is None
    assert why_calibration_softens(replace(BEFORE, offset_c=0.0), None) is not None


def test_what_is_recorded_within_a_scans_delay_is_in_time() -> None:
    """To the second; unless it had to be explained, for then a lot was lost meanwhile."""
    assert why_back_dated(NOW - timedelta(seconds=900), NOW, 900) is None
    assert why_back_dated(NOW - timedelta(seconds=901), NOW, 900) is not None
    assert why_back_dated(NOW, NOW, 900, explained=True) is not None


def test_what_only_makes_worse_or_comes_from_the_logger_itself_is_not_signed() -> None:
    """A shorter grace, a logger's own key, a message as it was sent, a rule switched off."""
    assert (why_grace_softens(60, 60), why_grace_softens(60, 30)) == (None, None)
    assert why_grace_softens(60, 61) is not None
    assert why_readings_soften(by_device=True) is None
    assert why_readings_soften(by_device=False) is not None
    assert why_redrive_softens(payload=False, topic=False) is None
    assert why_redrive_softens(payload=True, topic=False) is not None
    assert why_redrive_softens(payload=False, topic=True) is not None
    assert why_rule_softens(is_on=False) is None
    assert why_rule_softens(is_on=True) is not None
    assert why_room_softens(None) is None
    assert why_room_softens(21.0) is not None


def test_a_file_counts_only_of_a_registered_logger_whose_site_accepts_it() -> None:
    """A file of a logger that nobody knows is anybody's."""
    assert why_file_softens(registered=True, accepted=True) is None
    assert why_file_softens(registered=False, accepted=True) is not None
    assert why_file_softens(registered=True, accepted=False) is not None


def test_who_records_does_not_sign_but_where_the_site_says_so() -> None:
    """Four eyes; a site of one person has two."""
    assert why_not_signed_by("account:2", "account:1", author_signs=False) is None
    assert why_not_signed_by("account:1", "account:1", author_signs=False) is not None
    assert why_not_signed_by("account:1", "account:1", author_signs=True) is None


def test_a_change_touches_the_lots_that_lie_there_at_that_time() -> None:
    """Half-open to the microsecond, within the life, each change once however often it reaches."""
    changes = Changes(
        [("lot", change(3))],
        [("f1", Reach(change(1), 10, 20)), ("f1", Reach(change(1), 12, 14)), ("f1", Reach(change(2), BEGINNING_US, 5))],
    )
    stays = [Stay("f1", 5, 11), Stay("f2", 11, END_US)]
    assert [one.id for one in changes.touching("lot", 0, END_US, stays)] == [1, 3]
    assert [one.id for one in changes.touching("other", 0, END_US, stays)] == [1]
    assert changes.touching("other", 0, 10, stays) == []
    assert changes.touching("other", 0, END_US, [Stay("f1", 20, 30)]) == []


def test_the_words_name_what_waits_since_when_and_who_may_sign() -> None:
    """Whoever holds the vial knows whom to ask."""
    one = unsigned([change(1), change(5, by_author=True)])
    assert one is not None
    assert one.since_us == 1
    assert one.text.startswith("A calibration by A. Meier (1970-01-01 00:00 UTC) waits for a signature. Quality")
    many = unsigned([change(1), change(2)])
    assert many is not None
    assert many.text.startswith("2 changes wait for their signatures, the first of them a calibration by A. Meier")
    assert unsigned([change(5, by_author=True)]) is None
    freed = signed_by_author([change(1), change(5, by_author=True)])
    assert freed is not None
    assert freed.since_us == 5
    assert signed_by_author([change(1)]) is None


def test_every_kind_and_rule_has_its_words() -> None:
    """A kind without words would be told of as a code."""
    assert list(KINDS) == list(Kind)
    assert list(RULES_OF_SITES) == list(Rule)
