"""What the evaluator cannot judge: nobody waits for it, it gets no good answer, and people are told."""

from datetime import timedelta
from itertools import pairwise

import pytest

from alerts.watch.service_watch import ServiceWatch
from service.domain.clocks import AsOf
from service.domain.shares import ALL
from service.domain.verdicts.causes import Cause
from service.evaluator.run import evaluate_what_can_be
from service.evaluator.unjudged import Unjudgeable
from service.evaluator.whole import sweep_in_batches
from service.store.claims import Subject
from service.store.dirty import kept_waiting_since, mark_containers, waiting_since
from service.store.pool import Connection
from service.store.unjudged import unjudged
from tests.alarms import alerts_in_words
from tests.scenario import Scenario, at, at_us, course

#: What stands in the row of a profile, and what is said of it.
BROKEN = [
    pytest.param("'{}'", "profile 'lyophilised-2-8' version 1 cannot be read as it is stored", id="not a profile"),
    pytest.param("""document || '{"limits": [{"direction": "sideways"}]}'""", "'lyophilised-2-8'", id="no such limit"),
    # What it says is well formed, and no arithmetic can be done with it.
    pytest.param("""document || '{"max_gap_s": "long"}'""", "Error", id="no number"),
    pytest.param("""document || '{"max_gap_s": 1e300}'""", "NumericValueOutOfRange", id="too large a number"),
]


class Pause:
    """Seconds as the evaluator counts them between two tries."""

    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        """Now."""
        return self.s


class Watched:
    """A freezer, and a refrigerator whose profile somebody broke; the evaluator, and who tells people."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.scenario = Scenario(connection)
        self.scenario.container("freezer", loggers=("cold",))
        self.scenario.container("fridge", "lyophilised-2-8", loggers=("cool",))
        self.scenario.lot("frozen", "freezer")
        self.scenario.lot("dried", "fridge", "lyophilised-2-8")
        self.pause = Pause()
        self.unjudgeable = Unjudgeable(self.pause)
        self._now = at(0)
        self._watch = ServiceWatch(("log",), 15, lambda: self._now, wait=lambda _: None)

    def measure(self, start: float, fridge_c: float = 5.0) -> None:
        """Four readings of each."""
        cool = course("cool", [fridge_c] * 4, start=start)
        self.scenario.store([*course("cold", [-80.0] * 4, start=start), *cool])

    def open_doors(self) -> None:
        """Somebody has mapped both: how long their doors may stand open changes, and with it all that was judged."""
        mark_containers(self.connection, ["freezer", "fridge"], Cause.DOOR_GRACE)

    def break_profile(self, document: str) -> None:
        """As a hand in the database may."""
        self.connection.execute("CREATE TABLE kept AS SELECT * FROM profiles")
        self.connection.execute(f"UPDATE profiles SET document = {document} WHERE id = 'lyophilised-2-8'")  # noqa: S608 - ours

    def break_again(self, field: str) -> None:
        """With a field that no profile has."""
        self.connection.execute(
            "UPDATE profiles SET document = kept.document || jsonb_build_object(%s::text, 1) "
            "FROM kept WHERE kept.id = profiles.id AND kept.id = 'lyophilised-2-8'",
            [field],
        )

    def mend_profile(self) -> None:
        """As it was."""
        self.connection.execute("UPDATE profiles SET document = kept.document FROM kept WHERE kept.id = profiles.id")

    def evaluate(self, minutes: float) -> None:
        """Passes until there is nothing to do but what cannot be judged."""
        while evaluate_what_can_be(self.connection, AsOf(at_us(minutes)), ALL, self.unjudgeable).marks:
            pass

    def told(self, minutes: float) -> dict[str, tuple[str, str]]:
        """State and words of the alerts about it, by subject, as of then and of 20 s later."""
        for seconds in (0, 20):
            self._now = at(minutes) + timedelta(seconds=seconds)
            self._watch.look(self.connection)
        return {
            row["subject"]: (row["state"], row["summary"])
            for row in alerts_in_words(self.connection)
            if row["cause"] == "not_judged"
        }


@pytest.fixture
def watched(connection: Connection) -> Watched:
    """A freezer and a refrigerator."""
    return Watched(connection)


@pytest.mark.parametrize(("document", "said"), BROKEN)
def test_what_cannot_be_judged_keeps_nobody_waiting(watched: Watched, document: str, said: str) -> None:
    """One refrigerator whose conditions nobody can read is no reason not to watch the freezers."""
    watched.measure(0)
    watched.evaluate(16)
    watched.break_profile(document)
    watched.open_doors()
    watched.measure(20)
    watched.evaluate(36)
    assert watched.scenario.verdict("frozen", 36) == "viable"
    [one] = unjudged(watched.connection)
    assert (one.subject, one.found_in, one.since_at) == (Subject(container_id="fridge"), "fridge", at(36))
    waiting = watched.connection.execute("SELECT container_id FROM dirty").fetchall()
    assert waiting == [{"container_id": "fridge"}], "of what was not judged nothing is lost"
    [(subject, (state, summary))] = watched.told(36).items()
    assert (subject, state) == ("container:fridge", "firing")
    assert summary.startswith("Fridge (site) cannot be judged: ")
    assert said in summary
    assert "dried" in summary
    watched.mend_profile()
    watched.pause.s += 120
    watched.evaluate(40)
    assert unjudged(watched.connection) == []
    assert watched.scenario.verdict("dried", 36) == "viable"
    assert watched.told(41)["container:fridge"][0] == "resolved"


def test_what_cannot_be_judged_is_tried_again_less_and_less_often(watched: Watched) -> None:
    """Whoever mends the profile at three in the morning does nothing else; meanwhile nobody spends his night on it."""
    watched.measure(0)
    watched.evaluate(16)
    watched.break_profile("'{}'")
    watched.open_doors()
    tried = []
    for second in range(400):
        watched.pause.s = second
        watched.break_again(f"broken_at_{second}")
        watched.evaluate(36)
        [one] = unjudged(watched.connection)
        tried += [second] * (f"broken_at_{second}" in one.error)
    between = [later - earlier for earlier, later in pairwise(tried)]
    assert between == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60]


def test_another_evaluator_goes_on_with_what_the_first_could_not_judge(watched: Watched) -> None:
    """Who has tried in vain may be dead when the profile is mended."""
    watched.break_profile("'{}'")
    watched.measure(0)
    watched.evaluate(16)
    watched.mend_profile()
    watched.unjudgeable = Unjudgeable(watched.pause)
    watched.evaluate(17)
    assert unjudged(watched.connection) == []
    assert waiting_since(watched.connection) is None
    assert watched.scenario.verdict("dried", 16) == "viable"


def test_a_service_that_waits_for_one_container_alone_is_not_behind(watched: Watched) -> None:
    """The alarm for the whole service rings when the whole service needs somebody."""
    watched.break_profile("'{}'")
    watched.measure(0)
    assert kept_waiting_since(watched.connection) == waiting_since(watched.connection)
    watched.evaluate(16)
    assert waiting_since(watched.connection) is not None
    assert kept_waiting_since(watched.connection) is None


def test_a_lot_that_only_time_would_change_is_held_back_too(watched: Watched) -> None:
    """Silence turns a good verdict bad; where that cannot be judged, there is no good one either."""
    watched.measure(0)
    watched.evaluate(16)
    watched.break_profile("'{}'")
    watched.evaluate(16 + 120)
    [one] = unjudged(watched.connection)
    assert (one.subject, one.found_in) == (Subject(lot_id="dried"), "fridge")
    assert waiting_since(watched.connection) is not None, "it counts as not evaluated"
    assert watched.scenario.verdict("frozen", 16 + 120) == "unproven", "time was judged for the others"
    watched.mend_profile()
    watched.pause.s += 120
    watched.evaluate(16 + 121)
    assert unjudged(watched.connection) == []
    states = watched.connection.execute("SELECT DISTINCT verdict FROM lot_states").fetchall()
    assert states == [{"verdict": "unproven"}]


def test_the_sweep_goes_on_without_what_cannot_be_looked_at(watched: Watched) -> None:
    """A freezer whose logger has fallen silent is told of, whatever is wrong with the refrigerator beside it."""
    watched.measure(0)
    watched.evaluate(16)
    watched.break_profile("'{}'")
    for minutes in (200, 201):
        for _ in sweep_in_batches(watched.connection, lambda minutes=minutes: at_us(minutes)):
            pass
    silent = [row["subject"] for row in alerts_in_words(watched.connection) if row["cause"] == "logger_silent"]
    assert silent == ["container:freezer"]
