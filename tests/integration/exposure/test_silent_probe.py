"""A probe that falls silent beyond a limit: what it said last stands until it is heard within, or taken away."""

from collections.abc import Sequence

import pytest

from service.acts.absences import add_absence
from service.acts.attachments import end
from service.domain import spans
from service.domain.clocks import AsOf
from service.evaluator.run import evaluate_once
from service.store.migrate import migrations, statements
from service.store.pool import Connection
from service.store.registry.absences import NewAbsence
from tests.acting import TESTER
from tests.scenario import BEFOREHAND, Scenario, Sent, at, course, reading

HOURS = 60


def freezer(connection: Connection, top: Sequence[Sent], *, hours: int = 12) -> Scenario:
    """A freezer with two probes: the bottom one is at −80 °C all the time, the top one says this, from the start on."""
    store = Scenario(connection)
    store.container("freezer", loggers=["top", "bottom"])
    store.lot("lot", "freezer")
    store.store(course("top", top))
    store.store(course("bottom", [-80.0] * (hours * 12 + 1)))
    store.evaluate(hours * HOURS)
    return store


def test_a_hot_probe_that_falls_silent_is_not_outvoted_by_a_cold_one(connection: Connection) -> None:
    """The top of a freezer was at 15 °C when last heard: that the bottom is cold does not prove that the top is."""
    store = freezer(connection, [-80.0, -40.0, 15.0])
    found = store.judged("lot", 12 * HOURS)
    judged = found.judgement
    assert (judged.verdict, found.answered.answer) == ("unproven", "not_proven")
    assert {"limit_possibly_exceeded", "beyond_now"} <= set(judged.reason_codes)
    texts = [reason.text for reason in judged.reasons]
    assert (
        "For 11 h 50 min readings prove nothing, or a probe last heard there above −60 °C was silent: it may have been "
        "above −60 °C for more than the 1 h allowed in total." in texts
    )
    assert "A probe there was above −60 °C when it was last heard, and nobody knows how it went on." in texts
    assert "It is above −60 °C now." in [x.text for x in store.judged("lot", 11).judgement.reasons]
    parts = judged.exposure.parts
    # From its last reading on; what was measured on the way there is certain.
    assert parts.disputed_us == (12 * HOURS - 10) * 60_000_000
    assert parts.gap_us == 0
    assert parts.in_range_us + parts.above_us + parts.disputed_us == spans.total_us(judged.exposure.life)


@pytest.mark.parametrize("back", [[-80.0], [-80.0, -80.0]])
def test_a_probe_heard_again_within_its_limits_ends_the_doubt_and_not_what_went_before(
    connection: Connection, back: list[Sent]
) -> None:
    """Its reading says that it is cold now, and nothing of the night."""
    store = freezer(connection, [-80.0, -40.0, 15.0])
    store.store(course("top", back, start=11 * HOURS))
    store.evaluate(12 * HOURS)
    exposure = store.judged("lot", 12 * HOURS).judgement.exposure
    assert exposure.parts.disputed_us == (11 * HOURS - 10) * 60_000_000
    assert store.judged("lot", 12 * HOURS).judgement.verdict == "unproven"


@pytest.mark.parametrize("said", [None, 85.0, -127.0])
def test_faults_of_a_probe_do_not_take_back_what_it_said_last(connection: Connection, said: Sent) -> None:
    """A probe that was hot and then breaks has not been seen to cool down."""
    store = freezer(connection, [-80.0, -40.0, 15.0, *[said] * 130])
    assert store.verdict("lot", 12 * HOURS) == "unproven"


def test_readings_that_fill_the_silence_decide(connection: Connection) -> None:
    """The logger had kept its night: delivered late, it was a few minutes at the door."""
    store = freezer(connection, [-80.0, -70.0, -50.0])
    assert store.verdict("lot", 12 * HOURS) == "unproven"
    store.store(course("top", [-80.0] * 142, start=15))
    store.evaluate(12 * HOURS)
    judged = store.judged("lot", 12 * HOURS).judgement
    assert judged.exposure.parts.disputed_us == 0
    assert judged.verdict == "viable"


def test_silence_counts_for_lots_that_come_later_too(connection: Connection) -> None:
    """Nobody has seen the top shelf cool down: who puts a lot there hours later knows no more."""
    store = freezer(connection, [-80.0, 15.0])
    store.lot("later", "freezer", start=6 * HOURS)
    store.evaluate(12 * HOURS)
    assert store.verdict("later", 12 * HOURS) == "unproven"


def test_the_end_of_an_attachment_accounts_for_a_silent_probe_from_then_on(connection: Connection) -> None:
    """Taken out at six, a probe says nothing of the time after it; until then it hung there, last seen hot."""
    store = freezer(connection, [-80.0, 15.0])
    with connection.transaction():
        end(connection, "freezer-top-0", "freezer", at(6 * HOURS), BEFOREHAND)
    store.lot("later", "freezer", start=6 * HOURS)
    store.evaluate(12 * HOURS)
    assert store.judged("lot", 12 * HOURS).judgement.exposure.parts.disputed_us == (6 * HOURS - 5) * 60_000_000
    assert store.verdict("lot", 12 * HOURS) == "unproven"
    assert store.verdict("later", 12 * HOURS) == "viable"


def test_an_absence_accounts_for_a_silent_probe(connection: Connection) -> None:
    """A probe on the bench for its new battery does not measure the freezer."""
    store = freezer(connection, [-80.0, -40.0, 15.0])
    with connection.transaction():
        add_absence(
            connection,
            TESTER,
            "freezer",
            NewAbsence(
                id="battery",
                attachment_id="freezer-top-0",
                from_at=at(9),
                until_at=at(12 * HOURS),
                reason="battery",
            ),
        )
    store.evaluate(12 * HOURS)
    assert store.verdict("lot", 12 * HOURS) == "viable"


def test_below_counts_as_above_does(connection: Connection) -> None:
    """A refrigerator's probe that froze and fell silent may have been frozen since."""
    store = Scenario(connection)
    store.container("fridge", "lyophilised-2-8", loggers=["top", "bottom"])
    store.lot("lot", "fridge", "lyophilised-2-8")
    store.store(course("top", [5.0, -10.0]))
    store.store(course("bottom", [5.0] * 145))
    store.evaluate(12 * HOURS)
    [below] = [x for x in store.judged("lot", 12 * HOURS).judgement.limits if x.limit.direction == "below"]
    assert below.possible_us > 11 * HOURS * 60_000_000


def test_cold_readings_of_another_probe_change_no_span(connection: Connection) -> None:
    """Ten quiet years of one probe cost as little while another is silent."""
    store = freezer(connection, [-80.0, 15.0])
    kept = connection.execute("SELECT * FROM threshold_spans ORDER BY 1, 2, 3, 4, 5, 6").fetchall()
    store.store([reading("bottom", 12 * HOURS + 5, -80.0)])
    found = evaluate_once(connection, AsOf(store.judged("lot", 0).lot.life_from_us + (12 * HOURS + 5) * 60_000_000))
    assert found.lots == 0
    assert kept == connection.execute("SELECT * FROM threshold_spans ORDER BY 1, 2, 3, 4, 5, 6").fetchall()
    assert store.verdict("lot", 12 * HOURS + 5) == "unproven"


def test_a_last_reading_that_may_be_beyond_is_possibly_so_now(connection: Connection) -> None:
    """HI of a logger whose range nobody wrote down may be beyond every limit, and is certainly beyond none."""
    store = Scenario(connection)
    store.container("freezer", loggers=["top", "bottom"], range_c=(None, None))
    store.lot("lot", "freezer")
    store.store(course("top", [-80.0, "HI"]))
    store.store(course("bottom", [-80.0] * 145))
    store.evaluate(12 * HOURS)
    [row] = connection.execute("SELECT open_beyond, open_possible FROM container_records").fetchall()
    assert row["open_beyond"] == []
    assert row["open_possible"] == [["above", -60.0], ["above", -20.0], ["below", -90.0]]
    assert store.verdict("lot", 12 * HOURS) == "unproven"


def test_what_an_older_version_judged_is_judged_again_where_several_probes_measured(connection: Connection) -> None:
    """After an update of the software the freezer with the hot, silent probe is found out without anybody asking."""
    store = freezer(connection, [-80.0, -40.0, 15.0])
    store.container("alone", loggers=["only"])
    connection.execute("DELETE FROM threshold_spans WHERE disputed")
    connection.execute("TRUNCATE dirty")
    assert store.verdict("lot", 12 * HOURS) == "at_risk"
    [silent_probes] = [one.text for one in migrations() if one.name.endswith("_silent_probes.sql")]
    *_, marks = statements(silent_probes)
    connection.execute(marks)
    marked = connection.execute("SELECT container_id FROM dirty").fetchall()
    assert [row["container_id"] for row in marked] == ["freezer"]
    store.evaluate(12 * HOURS)
    assert store.verdict("lot", 12 * HOURS) == "unproven"


def test_two_probes_that_report_in_turn_leave_no_minute_unasked(connection: Connection) -> None:
    """The hot one spoke at five past, the cold one at seven past: until the hot one speaks again, who knows?"""
    store = Scenario(connection)
    store.container("freezer", loggers=["top", "bottom"])
    store.lot("lot", "freezer")
    store.store(course("top", [-80.0, -30.0, -30.0]))
    store.store(course("bottom", [-80.0, -80.0, -80.0], start=2))
    store.evaluate(12)
    parts = store.judged("lot", 12).judgement.exposure.parts
    assert (parts.disputed_us, parts.gap_us, parts.pending_us) == (2 * 60_000_000, 0, 0)
    assert store.judged("lot", 14).judgement.exposure.parts.pending_us == 2 * 60_000_000
    above = store.judged("lot", 14).judgement.limits[0]
    assert above.possible_us - above.certain_us == 4 * 60_000_000


@pytest.mark.parametrize("said", ["HI", 637.0, -300.0])
def test_what_proves_nothing_leaves_everything_possible_when_it_is_the_last_word(
    connection: Connection, said: Sent
) -> None:
    """A display at its end, or a garbled number, and then nothing: it may be as warm or as cold as one likes."""
    store = Scenario(connection)
    store.container("freezer", loggers=["top", "bottom"], range_c=(None, None))
    store.lot("lot", "freezer")
    store.store(course("top", [-80.0, said]))
    store.store(course("bottom", [-80.0] * 145))
    store.evaluate(12 * HOURS)
    judged = store.judged("lot", 12 * HOURS).judgement
    assert judged.verdict == "unproven"
    assert judged.exposure.parts.in_range_us < 10 * 60_000_000
