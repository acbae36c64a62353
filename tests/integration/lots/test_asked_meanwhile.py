"""An answer asked for while the evaluator is at work."""

import re
from typing import Any

import pytest
from psycopg import Cursor

from service.answers.judging import judge_now
from service.settings import Settings
from service.store.pool import Connection, connect
from tests.acting import TESTER
from tests.scenario import Scenario, at, course


@pytest.mark.parametrize("table", ["lots", "threshold_spans", "gap_spans", "container_records"])
def test_an_answer_is_never_half_of_before_and_half_of_after(
    connection: Connection, database_url: str, table: str
) -> None:
    """The upload of a warm night is judged while somebody asks: the answer knows all of the night, or none of it."""
    scenario = Scenario(connection)
    scenario.container("freezer")
    scenario.lot("lot", "freezer")
    scenario.store(course("logger", [-80.0] * 10))
    scenario.evaluate(46)
    night = course("logger", [-80.0, *[-40.0] * 30, -80.0, -80.0, -80.0], start=50)

    class MeanwhileCursor(Cursor[Any]):
        """One for which the night arrives while it asks."""

        def execute(self, query: Any, *more: Any, **named: Any) -> Any:
            if re.search(rf"(FROM|JOIN) {table}\b", query) and night:
                scenario.store(night)
                night.clear()
                scenario.evaluate(216)
            return super().execute(query, *more, **named)

    with connect(database_url, application="tests", actor=TESTER) as asking:
        asking.cursor_factory = MeanwhileCursor
        [told] = judge_now(asking, ["lot"], Settings(database_url=database_url), at(216))
        assert not night
        assert told.judgement.verdict == "unproven"
        [told] = judge_now(asking, ["lot"], Settings(database_url=database_url), at(216))
        assert told.judgement.verdict == "nonviable"
