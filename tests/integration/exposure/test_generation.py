"""Everything judged again: beside what is in force, then in its place; and that what is in force needed no mending."""

import random

import pytest

from service.cli.evaluate import evaluate_all
from service.errors import ConflictError
from service.evaluator import whole_records
from service.evaluator.generation import changes, take_over, write_next
from service.store.exposure.records import load_heads
from service.store.lots.verdicts import verdicts
from service.store.pool import Connection, connect
from tests.acting import TESTER
from tests.generations import differences, nothing, wandering
from tests.scenario import Scenario, at_us, course, reading

HOURS = 12
LAST = HOURS * 60


@pytest.mark.parametrize("seed", range(12))
def test_readings_in_any_order_end_as_all_of_them_judged_at_once(connection: Connection, seed: int) -> None:
    """Late, doubled and shuffled uploads leave the spans that one evaluation of everything finds, however it is cut."""
    random_ = random.Random(seed)
    cold_store = Scenario(connection)
    cold_store.container("freezer", loggers=("top", "bottom"))
    cold_store.lot("lot", "freezer")
    sent = [
        one
        for logger_id in ("top", "bottom")
        for one in course(logger_id, wandering(random_, LAST // 5), every=5)
        if random_.random() < 0.9
    ]
    random_.shuffle(sent)
    sent += random_.sample(sent, 10)
    while sent:
        size = random_.randint(1, 40)
        cold_store.store(sent[:size])
        sent = sent[size:]
        cold_store.evaluate(LAST)
    write_next(connection, nothing, most_readings=random_.randint(6, 60))
    assert differences(connection) == []
    assert connection.execute("SELECT count(*) AS n FROM threshold_spans").fetchone() != {"n": 0}


def test_what_arrives_meanwhile_is_caught_up_with(connection: Connection) -> None:
    """A long evaluation of everything misses nothing that the evaluator judged while it ran."""
    cold_store = Scenario(connection)
    cold_store.container("freezer")
    cold_store.lot("lot", "freezer")
    cold_store.store(course("logger", [-80.0] * 20))
    cold_store.evaluate(100)

    def meanwhile(done: int, count: int) -> None:
        assert (done, count) == (1, 1)
        cold_store.store(course("logger", [-30.0] * 20, start=100))
        cold_store.lot("dry", "freezer", profile_id="lyophilised-2-8")
        cold_store.evaluate(200)

    write_next(connection, meanwhile)
    assert differences(connection) == []
    cold_store.store(course("logger", [-30.0] * 5, start=200))
    cold_store.evaluate(225)
    take_over(connection, [])
    spans = "SELECT until_us FROM threshold_spans WHERE direction = 'above' AND threshold_c = -60 AND NOT disputed"
    assert connection.execute(spans).fetchall() == [{"until_us": at_us(220)}]
    assert list(load_heads(connection, ["freezer"])) == [("freezer", 900), ("freezer", 2_100)]


def test_a_change_of_the_engine_is_told_before_it_counts(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it takes over, nobody's verdict is another; afterwards each has its new one, and the history says why."""
    cold_store = Scenario(connection)
    cold_store.container("freezer")
    cold_store.container("vault", loggers=("vault",))
    cold_store.lot("lot", "freezer")
    cold_store.lot("safe", "vault")
    cold_store.store([*course("logger", [-80.0] * 10), *course("logger", [-80.0] * 10, start=110)])
    cold_store.store(course("vault", [-80.0] * 32))
    cold_store.evaluate(155)
    before = {name: cold_store.verdict(name, 155) for name in ("lot", "safe")}
    assert before == {"lot": "unproven", "safe": "viable"}
    judge = whole_records.judge_container
    monkeypatch.setattr(
        whole_records, "judge_container", lambda watches, found, _gap_s: judge(watches, found, 3 * 3_600)
    )
    write_next(connection, nothing)
    [change] = changes(connection, at_us(155))
    assert (change.lot_id, change.was, change.becomes) == ("lot", "unproven", "viable")
    assert before == {name: cold_store.verdict(name, 155) for name in ("lot", "safe")}
    take_over(connection, [change.lot_id])
    cold_store.evaluate(155)
    assert cold_store.verdict("lot", 155) == "viable"
    history = verdicts(connection, "lot")
    assert [(x.verdict, x.cause) for x in history] == [
        ("unproven", "first"),
        ("viable", "re_evaluation"),
    ]
    assert len(verdicts(connection, "safe")) == 1
    write_next(connection, nothing)
    assert changes(connection, at_us(155)) == []


def test_the_command_says_what_changes_and_changes_nothing_when_tried_out(
    connection: Connection, database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Quality reads which lots an upgrade would condemn or clear before it does."""
    cold_store = Scenario(connection)
    cold_store.container("freezer")
    cold_store.lot("lot", "freezer", end=155)
    cold_store.store([*course("logger", [-80.0] * 10), *course("logger", [-80.0] * 10, start=110)])
    cold_store.evaluate(156)
    evaluate_all(database_url, dry_run=True)
    assert capsys.readouterr().out == "No verdict changes.\nNothing was changed.\n"
    judge = whole_records.judge_container
    monkeypatch.setattr(
        whole_records, "judge_container", lambda watches, found, _gap_s: judge(watches, found, 3 * 3_600)
    )
    evaluate_all(database_url, dry_run=True)
    told = capsys.readouterr().out
    assert "lot: unproven → viable: " in told
    assert "Nothing was changed." in told
    assert cold_store.verdict("lot", 156) == "unproven"
    evaluate_all(database_url, dry_run=False)
    cold_store.evaluate(157)
    assert cold_store.verdict("lot", 157) == "viable"


def test_only_one_evaluates_everything(connection: Connection, database_url: str) -> None:
    """Two at once would write into one another's work."""
    write_next(connection, nothing)
    with (
        connect(database_url, application="test", actor=TESTER) as second,
        pytest.raises(ConflictError, match="another process"),
    ):
        write_next(second, nothing)


def test_a_crossing_at_the_end_is_told_from_the_ends_alone(connection: Connection) -> None:
    """An alert needs the last excursion of a container, not its ten years of history."""
    cold_store = Scenario(connection)
    cold_store.container("freezer")
    cold_store.store(course("logger", [-80.0, -30.0, -80.0, -80.0, -30.0, -30.0, -30.0, -30.0]))
    cold_store.evaluate(35)
    rows = connection.execute("SELECT state, began_at FROM alerts").fetchall()
    assert [row["state"] for row in rows] == ["firing"]
    cold_store.store([reading("logger", 40, -80.0), reading("logger", 45, -80.0)])
    cold_store.evaluate(46)
    assert [row["state"] for row in connection.execute("SELECT state FROM alerts")] == ["resolved"]
