"""What lots had used before our readings begin: it counts in all figures, and waits for a signature."""

import httpx
import pytest

from service.acts.carried_in import carry_in
from service.answers.forecasts import forecast_of
from service.domain.answers.ways import Action
from service.domain.exposure.container import Threshold
from service.domain.profiles import Direction, Effect, Limit, Profile
from service.domain.softening import Kind
from service.errors import RefusedError
from service.store.acting import acting
from service.store.changes import Chosen, change, changes, free
from service.store.lots.carried_in import KeptCarriedIn, NewCarriedIn, carried_in
from service.store.pool import Connection
from service.store.registry.profiles import add_profile_if_new
from tests.acting import TESTER
from tests.cold_store import all_of, evaluate, furnish, get, put, refusal, register_lot, send
from tests.scenario import Scenario, at, at_us, course
from tests.signing import QUALITY, sign_all, signature

MINUS_60: Threshold = (Direction.ABOVE, -60)
OTHERS: tuple[tuple[Threshold, float], ...] = (((Direction.ABOVE, -20), 0), ((Direction.BELOW, -90), 0))


@pytest.fixture
def store(connection: Connection) -> Scenario:
    """A lot that came to us after an hour of its life, of which nobody said when it began."""
    scenario = Scenario(connection)
    scenario.container("f1")
    scenario.store(course("logger", [-80] * 25))
    scenario.lot("lot", "f1", start=None)
    scenario.evaluate(120)
    return scenario


def recorded(store: Scenario, used_s: float, *, minutes: float = 60) -> KeptCarriedIn:
    """So many seconds above −60 °C before that minute."""
    new = NewCarriedIn("lot", at(minutes), [(MINUS_60, used_s), *OTHERS], "the maker's record", None)
    return carry_in(store.connection, TESTER, new, "it came from another clinic")


def told(store: Scenario, minutes: float = 120) -> tuple[str, list[str]]:
    """Answer and reasons."""
    found = store.judged("lot", minutes)
    beside = {"temperature_alone", "adopted_by_migration", "uncalibrated"}
    return found.answered.answer.value, [code for code in found.answered.reason_codes if code not in beside]


def test_an_unknown_beginning_is_made_known_by_what_was_used(store: Scenario, connection: Connection) -> None:
    """Forty minutes elsewhere and twenty-one here are more than the hour that the lot has."""
    assert told(store) == ("not_proven", ["history_before_unknown"])
    assert [way.action for way in store.judged("lot", 120).way_back] == [
        Action.RECORD_LIFE_START,
        Action.RECORD_CARRIED_IN,
    ]
    recorded(store, 600)
    kept = recorded(store, 2400)
    assert [(one.counts, one.used[0][1]) for one in carried_in(connection, "lot")] == [(True, 2400), (False, 600)]
    assert told(store) == ("not_proven", ["budget_low", "carried_in", "unsigned_change"])
    sign_all(connection)
    assert told(store) == ("usable", ["budget_low", "carried_in"])
    found = store.judged("lot", 120)
    assert found.judgement.limits[0].remaining_us == 1200 * 1_000_000
    assert (found.judgement.limits[0].longest_certain_us, found.lot.life_from_us) == (0, at_us(60))
    [note] = [reason for reason in found.answered.reasons if reason.code == "carried_in"]
    assert note.text == (
        "Before 2026-03-01 01:00 UTC, as T. Tester recorded, it counts as having been 40 min above −60 °C."
    )
    store.evaluate(120)
    [stage] = connection.execute(
        "SELECT share FROM budget_stages WHERE lot_id = 'lot' AND threshold_c = -60"
    ).fetchall()
    assert stage["share"] == 0.5
    store.store(course("logger", [-40] * 6, start=125))
    store.evaluate(150)
    forecast = forecast_of(connection, store.judged("lot", 150), at_us(150))
    assert told(store, 150)[0] == "do_not_use"
    assert forecast is None or forecast.budget_gone is None
    [reason] = [x for x in store.judged("lot", 150).judgement.reasons if x.code == "limit_exceeded"]
    assert reason.since_us is not None
    assert at_us(140) < reason.since_us < at_us(150)
    assert kept.signed_at is None


def test_a_slip_of_the_pen_is_recorded_anew_and_not_approved(store: Scenario, connection: Connection) -> None:
    """Fifty minutes were typed for ten: the right figure is signed, and nobody is asked to sign the wrong one."""
    wrong, right = recorded(store, 3_000), recorded(store, 600)
    assert [one.id for one in changes(connection, Chosen("unsigned", Kind.CARRIED_IN))] == [right.change_id]
    assert change(connection, wrong.change_id).state == "void"
    assert told(store) == ("not_proven", ["carried_in", "unsigned_change", "within_limits"])
    with acting(connection, QUALITY):
        free(connection, [right.change_id], signature(connection, right.change_id))
    assert told(store) == ("usable", ["carried_in", "within_limits"])


def test_more_than_was_allowed_is_lost_from_the_beginning(store: Scenario) -> None:
    """What makes a lot look worse counts at once, signed or not."""
    recorded(store, 3601)
    assert told(store)[0] == "do_not_use"
    [reason] = [x for x in store.judged("lot", 120).judgement.reasons if x.code == "limit_exceeded"]
    assert reason.since_us == at_us(60)
    store.evaluate(120)


def test_what_we_measured_ourselves_is_not_carried_away(connection: Connection) -> None:
    """Nobody makes a warm morning undone by saying that our readings begin at noon; nor do readings that come later."""
    scenario = Scenario(connection)
    scenario.container("f1")
    scenario.store(course("logger", [-80, -80, *[-40] * 15, *[-80] * 10]))
    scenario.lot("lot", "f1")
    scenario.evaluate(130)
    assert told(scenario, 130)[0] == "do_not_use"
    recorded(scenario, 0, minutes=110)
    sign_all(connection)
    scenario.evaluate(131)
    assert told(scenario, 131)[0] == "do_not_use"
    [note] = [one for one in scenario.judged("lot", 131).answered.reasons if one.code == "carried_in"]
    assert "as T. Tester and our readings recorded, it counts as having been 1 h 15 min above −60 °C" in note.text

    scenario.container("f2", loggers=["late"])
    scenario.lot("other", "f2", start=None)
    scenario.store(course("late", [-80] * 6, start=110))
    new = NewCarriedIn("other", at(110), [(MINUS_60, 60), *OTHERS], "the maker's record", None)
    carry_in(connection, TESTER, new, "it was filled before")
    sign_all(connection)
    scenario.evaluate(135)
    assert scenario.judged("other", 135).answered.answer.value == "usable"
    scenario.store(course("late", [-40] * 20))
    scenario.evaluate(136)
    [state] = connection.execute("SELECT answer FROM lot_states WHERE lot_id = 'other'").fetchall()
    assert (state["answer"], scenario.judged("other", 136).answered.answer.value) == ("do_not_use", "do_not_use")


@pytest.mark.parametrize("minutes", [110, 25])
def test_a_run_that_was_too_long_before_is_not_carried_away(connection: Connection, minutes: float) -> None:
    """Of a limit on one run no seconds are carried in: what was lost by one that we measured stays lost, also where our
    readings are said to begin in the middle of it."""
    limit = Limit(Direction.ABOVE, -60, Effect.CONDEMNS, budget_s=7200, single_s=1_200)
    profile = Profile("own", 1, "Own", (limit,), max_gap_s=900, source="Study 7.")
    add_profile_if_new(connection, profile)
    scenario = Scenario(connection)
    scenario.container("f1", profile_id="own")
    scenario.store(course("logger", [-80, -80, *[-40] * 5, *[-80] * 18]))
    scenario.lot("lot", "f1", profile_id="own")
    new = NewCarriedIn("lot", at(minutes), [(MINUS_60, 0)], "the maker's record", None)
    carry_in(connection, TESTER, new, "it was filled before")
    sign_all(connection)
    scenario.evaluate(125)
    assert told(scenario, 125)[0] == "do_not_use"
    [reason] = scenario.judged("lot", 125).judgement.condemning
    assert (reason.code, reason.since_us is not None and reason.since_us < at_us(60)) == ("single_run_exceeded", True)


@pytest.mark.parametrize(
    ("used", "said"),
    [
        ([(MINUS_60, 0.0)], "above −20 °C and below −90 °C"),
        ([(MINUS_60, 0.0), (MINUS_60, 0.0), *OTHERS], "named twice"),
        ([(MINUS_60, 0.0), ((Direction.ABOVE, -5), 0.0), *OTHERS], "above −5 °C is no limit"),
    ],
)
def test_each_limit_is_to_be_named(store: Scenario, used: list[tuple[Threshold, float]], said: str) -> None:
    """Of a limit that nobody spoke of nothing is known."""
    new = NewCarriedIn("lot", at(60), used, "the maker's record", None)
    with pytest.raises(RefusedError, match=said):
        carry_in(store.connection, TESTER, new, "it came from another clinic")


def test_carried_in_over_http(api: httpx.Client, connection: Connection) -> None:
    """Recorded, signed, listed; of a time before its life or to come it is refused."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1", minutes_ago=120)
    send(api, "f1-logger", [-80] * 25, minutes_ago=120)
    evaluate(connection)
    lot = get(api, "/lots/lot")
    used = [{"direction": "above", "threshold_c": -60, "used_s": 0}]
    used += [{"direction": direction.value, "threshold_c": c, "used_s": 0} for (direction, c), _ in OTHERS]
    new = {"used": used, "evidence": "record", "reason": "it came late"}
    began = lot["life_starts_at"]
    for until, field in ((began, "until"), ("2199-01-01T00:00:00Z", "until")):
        assert refusal(api.post("/v1/lots/lot/carried-in", json={**new, "until": until}), 422, field)
    much = [{**used[0], "used_s": 9e9}, *used[1:]]
    later = get(api, "/lots/lot/status")["as_of"]
    assert "longer" in refusal(
        api.post("/v1/lots/lot/carried-in", json={**new, "used": much, "until": later}), 422, "used"
    )
    made = put(api, "/lots/lot/carried-in", {**new, "until": later})
    assert (made["counts"], [one["id"] for one in all_of(api, "/lots/lot/carried-in")]) == (True, [made["id"]])
    evaluate(connection)
    assert "carried_in" in [reason["code"] for reason in get(api, "/lots/lot/status")["reasons"]]
