"""What was not looked at is not fine: limits not judged yet, profiles that condemn nothing, lives nobody measured."""

from typing import Any

import httpx
import pytest

from service.store.pool import Connection
from tests.cold_store import ago, all_of, evaluate, furnish, get, put, register_lot, send

ABOVE_50: dict[str, Any] = {"direction": "above", "threshold_c": -50, "effect": "condemns", "budget_s": 600}
FAR_AWAY: dict[str, Any] = {"direction": "above", "threshold_c": 30, "effect": "condemns", "budget_s": 36_000}
THAW: dict[str, Any] = {"threshold_c": -50, "min_s": 300, "allowed": 0, "effect": "condemns"}


def own_lot(api: httpx.Client, minutes_ago: float = 60, **profile: Any) -> None:
    """A lot under a profile of one's own, in freezer f1 from the beginning of its life."""
    body = {"id": "own", "name": "Own", "limits": [FAR_AWAY], "max_gap_s": 900, "source": "Study 7.", **profile}
    put(api, "/profiles", body)
    put(api, "/products", {"id": "exo-own", "name": "Exosomes, own", "profile_id": "own"})
    lot = {"id": "lot", "product_id": "exo-own", "lot_number": "OWN", "life_starts_at": ago(minutes_ago)}
    put(api, "/lots", lot)
    put(api, "/lots/lot/placements", {"id": "p", "container_id": "f1", "from": ago(minutes_ago)})


def answers(api: httpx.Client) -> set[str]:
    """The lot's answer, wherever it is told."""
    [listed] = [row for row in all_of(api, "/lots") if row["id"] == "lot"]
    return {get(api, "/lots/lot/status")["answer"], get(api, "/lots/lot")["status"]["answer"], listed["answer"]}


def codes(api: httpx.Client) -> list[str]:
    """Why."""
    return [reason["code"] for reason in get(api, "/lots/lot/status")["reasons"]]


@pytest.fixture
def warm(api: httpx.Client, connection: Connection) -> httpx.Client:
    """A freezer at −40 °C for two hours, judged by what was asked about it so far."""
    furnish(api, "f1")
    send(api, "f1-logger", [-40] * 24, 120)
    evaluate(connection)
    return api


@pytest.mark.parametrize("profile", [{"limits": [ABOVE_50]}, {"limits": [FAR_AWAY, ABOVE_50]}, {"thaw": THAW}])
def test_a_limit_nobody_has_judged_yet_is_not_kept(
    warm: httpx.Client, connection: Connection, profile: dict[str, Any]
) -> None:
    """A lot brings a stricter limit to its freezer: until that is judged, nobody is told that the lot may be used."""
    own_lot(warm, **profile)
    assert answers(warm) == {"not_proven"}
    assert "evaluator_behind" in codes(warm)
    assert "within its limits" not in warm.get("/lots/lot").text.lower()
    evaluate(connection)
    assert answers(warm) == {"do_not_use"}
    assert "evaluator_behind" not in codes(warm)
    assert [row["answer"] for row in all_of(warm, "/lots/lot/verdicts")] == ["do_not_use"]


def test_a_limit_is_unproven_however_short_the_lot_has_been_there(warm: httpx.Client) -> None:
    """Half a minute cannot have used ten; but nobody has looked."""
    own_lot(warm, 0.5, limits=[FAR_AWAY, ABOVE_50])
    assert answers(warm) == {"not_proven"}
    assert codes(warm)[0] == "evaluator_behind"


def test_a_profile_of_warnings_judges_no_lot(warm: httpx.Client, connection: Connection) -> None:
    """Where nothing condemns, that nothing was condemned proves nothing: also for a lot that was cold throughout."""
    own_lot(warm, limits=[{**ABOVE_50, "effect": "warns"}])
    assert answers(warm) == {"not_proven"}
    evaluate(connection)
    assert answers(warm) == {"not_proven"}
    assert codes(warm)[0] == "no_condemning_limit"
    [row] = all_of(warm, "/lots/lot/answers")
    assert (row["verdict"], row["answer"]) == ("unproven", "not_proven")
    assert row["reasons"][0]["code"] == "no_condemning_limit"


def test_a_rule_about_thaws_that_condemns_is_enough(warm: httpx.Client, connection: Connection) -> None:
    """How often a lot thawed may be all that is asked of it."""
    own_lot(warm, limits=[{**ABOVE_50, "effect": "warns"}], thaw={**THAW, "threshold_c": 0})
    evaluate(connection)
    assert answers(warm) == {"usable"}


def test_a_life_of_which_nothing_was_measured_is_not_proven(warm: httpx.Client, connection: Connection) -> None:
    """Two minutes in no container are within every budget, and nobody knows anything of that lot."""
    register_lot(warm, "lot", None, 2)
    assert answers(warm) == {"not_proven"}
    evaluate(connection)
    assert answers(warm) == {"not_proven"}
    assert codes(warm)[:2] == ["never_measured", "in_no_container"]


def test_a_logger_that_is_waited_for_has_measured_nothing_yet(warm: httpx.Client, connection: Connection) -> None:
    """A lot put into the freezer after its last reading is proven by the next one, and by nothing before it."""
    own_lot(warm, 0.1)
    evaluate(connection)
    assert answers(warm) == {"not_proven"}
    assert codes(warm)[0] == "never_measured"
    send(warm, "f1-logger", [-40], 0)
    evaluate(connection)
    assert answers(warm) == {"usable"}
