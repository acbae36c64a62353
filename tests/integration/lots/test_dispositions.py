"""What quality decides about lots: released by signatures, set apart, rejected, recalled; and when a release lapses."""

import threading
from datetime import UTC, datetime

import httpx
import pytest

from service.acts.adoptions import adopt
from service.acts.calibrations import add_calibration
from service.acts.dispositions import decide
from service.acts.recalls import lift, recall_lot
from service.acts.signatures import ToSign, sign
from service.domain.answers.deciding import Standing
from service.domain.answers.papers import Decision
from service.domain.identity.actor import Actor
from service.domain.identity.caller import Caller, Grant, Role
from service.domain.identity.signing import Given, Signable
from service.errors import ConflictError, NotFoundError, RefusedError
from service.settings import Settings
from service.store.acting import acting
from service.store.changes import Chosen, change, changes
from service.store.lots.dispositions import KeptDisposition, dispositions
from service.store.lots.recalls import recalls
from service.store.lots.way_back import waiting_papers
from service.store.pool import Connection, connect
from service.store.registry.adoptions import Adoption
from service.store.registry.calibrations import NewCalibration
from tests.acting import CHEAP, TESTER
from tests.cold_store import all_of, evaluate, furnish, get, put, refusal, register_lot, send
from tests.integration.identity.test_signatures import PASSWORD, quality
from tests.scenario import Scenario, at, course
from tests.signing import sign_all

#: A scenario is of another year than the database's clock.
ANY_CLOCK = Settings(clock_tolerance_s=1e9)


class Quality:
    """Two people of quality, who decide and sign at the minutes of a scenario."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.accounts = {login: quality(connection, login) for login in ("ana", "eva")}

    def actor(self, login: str) -> Actor:
        account = self.accounts[login]
        return Actor(f"account:{account.id}", account.name, "password")

    def decides(self, login: str, decision: Decision, minutes: float) -> KeptDisposition:
        return decide(self.connection, self.actor(login), "lot", decision, "as tested", ANY_CLOCK, at(minutes))

    def signs(self, login: str, change_id: int, minutes: float, *others: int) -> None:
        caller = Caller(self.actor(login), (Grant(Role.QUALITY, None),), account_id=self.accounts[login].id)
        changes = [change(self.connection, one) for one in (change_id, *others)]
        records = [ToSign(Signable.CHANGE, str(one.id), one.content_sha256) for one in changes]
        sign(self.connection, caller, records, Given(login, PASSWORD, ""), CHEAP, at(minutes), ANY_CLOCK)


@pytest.fixture
def store(connection: Connection) -> Scenario:
    """A cold freezer with a lot, whose product asks for a release by two signatures."""
    scenario = Scenario(connection)
    scenario.container("freezer", loggers=("logger",))
    scenario.store(course("logger", [-80] * 25))
    scenario.lot("lot", "freezer")
    with acting(connection, TESTER, "as agreed"):
        adopt(connection, Adoption("product-cryo-80", release_signatures=2))
    sign_all(connection)
    scenario.evaluate(120)
    return scenario


def told(store: Scenario, minutes: float) -> tuple[str, set[str]]:
    """The answer on the lot, and its reasons."""
    answered = store.judged("lot", minutes).answered
    return answered.answer.value, set(answered.reason_codes)


def test_a_release_takes_two_signatures_is_suspended_by_silence_and_lapses_for_good(
    store: Scenario, connection: Connection
) -> None:
    """Two people release; unmeasured hours suspend that until the readings come; a limit passed ends it, corrected or
    not."""
    two = Quality(connection)
    assert told(store, 120)[1] >= {"not_released"}
    release = two.decides("ana", Decision.RELEASED, 120)
    assert (release.standing, release.signatures_needed) == (Standing.WAITS, 2)
    assert release.status["answer"] == "not_proven"
    assert '"answer":"not_proven"' in change(connection, release.change_id).content
    with pytest.raises(ConflictError, match="waits already"):
        two.decides("eva", Decision.RELEASED, 120)
    two.signs("ana", release.change_id, 120)
    [lacks] = store.judged("lot", 120).answered.against
    assert lacks.code == "not_released"
    assert lacks.text.endswith(" UTC) waits: 1 of 2 signed by The Ana.")
    with pytest.raises(ConflictError, match="1 of 2 signed by The Ana"):
        two.signs("ana", release.change_id, 120)
    two.signs("eva", release.change_id, 120)
    assert told(store, 120)[0] == "usable"
    [kept] = dispositions(connection, "lot")
    assert (kept.standing, kept.signed_by) == (Standing.IN_FORCE, ["The Ana", "The Eva"])
    with pytest.raises(ConflictError, match="released already"):
        two.decides("eva", Decision.RELEASED, 120)
    # Six hours without a reading: what is missing may be beyond the limit.
    store.evaluate(480)
    answer, codes = told(store, 480)
    assert (answer, "release_suspended" in codes) == ("not_proven", True)
    store.store(course("logger", [-80] * 72, start=125))
    store.evaluate(480)
    assert told(store, 480)[0] == "usable"
    # Two hours at −50 °C.
    store.store(course("logger", [-50] * 24, start=485))
    store.evaluate(600)
    assert told(store, 600)[0] == "do_not_use"
    [kept] = dispositions(connection, "lot")
    assert (kept.standing, kept.lapsed_at) == (Standing.LAPSED, at(600))
    assert "-60" in (kept.lapse_reason or "").replace("−", "-")
    # The probe read 30 °C too warm, as it turns out, and quality signs that.
    add_calibration(
        connection, TESTER, NewCalibration("c", "logger", "", at(483), at(610), 1.0, -30.0, "SCS 1", "fail", None)
    )
    sign_all(connection)
    for _ in range(3):
        store.evaluate(600)
    answer, codes = told(store, 600)
    assert (answer, "release_lapsed" in codes, store.verdict("lot", 600)) == ("not_proven", True, "viable")
    stored = connection.execute("SELECT answer, reason_codes FROM lot_states WHERE lot_id = 'lot'").fetchone()
    assert stored is not None
    assert (stored["answer"], "release_lapsed" in stored["reason_codes"]) == ("not_proven", True)
    again = two.decides("eva", Decision.RELEASED, 600)
    two.signs("eva", again.change_id, 600)
    two.signs("ana", again.change_id, 600)
    assert told(store, 600)[0] == "usable"


def test_a_release_is_of_a_lot_that_nothing_else_stands_against_until_its_last_signature(
    store: Scenario, connection: Connection
) -> None:
    """Nobody signs a lot free that went warm, was set apart or called back since the release was written."""
    two = Quality(connection)
    waiting = two.decides("ana", Decision.RELEASED, 120)
    recalled = recall_lot(connection, TESTER, "lot", "a donor")
    with pytest.raises(ConflictError, match="It is recalled"):
        two.signs("ana", waiting.change_id, 120)
    lift(connection, TESTER, recalled.id, "tested again")
    sign_of_lift = recalls(connection)[0].lift_change_id
    assert sign_of_lift is not None
    # What stands against the release is signed together with it.
    two.signs("ana", waiting.change_id, 120, sign_of_lift)
    two.decides("eva", Decision.QUARANTINED, 120)
    assert told(store, 120)[0] == "do_not_use"
    with pytest.raises(ConflictError, match="counts no more"):
        two.signs("eva", waiting.change_id, 120)
    assert change(connection, waiting.change_id).state == "void"
    assert waiting.change_id not in {one.id for one in changes(connection, Chosen("unsigned"))}
    with pytest.raises(ConflictError, match="quarantined already"):
        two.decides("ana", Decision.QUARANTINED, 120)
    second = two.decides("ana", Decision.RELEASED, 120)
    assert [one.change_id for one in waiting_papers(connection, ["lot"])["lot"]] == [second.change_id]
    store.store(course("logger", [-50] * 30, start=125))
    store.evaluate(270)
    with pytest.raises(ConflictError, match="counts no more"):
        two.signs("eva", second.change_id, 270)
    assert waiting_papers(connection, ["lot"]) == {}
    with pytest.raises(ConflictError, match=r"cannot be released.*above"):
        two.decides("ana", Decision.RELEASED, 270)
    with pytest.raises(NotFoundError):
        decide(connection, TESTER, "none", Decision.REJECTED, "x", ANY_CLOCK, at(1))


def test_nobody_takes_back_a_rejection_alone(store: Scenario, connection: Connection) -> None:
    """A rejected lot is released by two accounts, whatever its product asks for, and not by way of a quarantine."""
    two = Quality(connection)
    with acting(connection, TESTER, "as agreed"):
        adopt(connection, Adoption("product-cryo-80", release_signatures=0))
    sign_all(connection)
    rejection = two.decides("ana", Decision.REJECTED, 120)
    assert told(store, 120)[0] == "do_not_use"
    two.signs("ana", rejection.change_id, 120)
    with pytest.raises(ConflictError, match="says more"):
        two.decides("eva", Decision.QUARANTINED, 120)
    release = two.decides("eva", Decision.RELEASED, 120)
    two.signs("eva", release.change_id, 120)
    assert told(store, 120) == ("do_not_use", told(store, 120)[1] | {"rejected"})
    two.signs("ana", release.change_id, 120)
    assert told(store, 120)[0] == "usable"


@pytest.mark.usefixtures("store")
def test_of_two_decisions_at_once_one_is_told_of_the_other(connection: Connection, database_url: str) -> None:
    """Two people set the lot apart in the same second: it is one decision."""
    two, outcomes = Quality(connection), list[str]()

    def quarantine(login: str) -> None:
        with connect(database_url, application="tests") as own:
            try:
                decide(own, two.actor(login), "lot", Decision.QUARANTINED, "as tested", ANY_CLOCK, at(120))
                outcomes.append("done")
            except ConflictError as error:
                outcomes.append(str(error))

    threads = [threading.Thread(target=quarantine, args=[login]) for login in two.accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "lot 'lot' cannot be quarantined: it is quarantined already"]
    assert len(dispositions(connection, "lot")) == 1


def test_a_recall_over_http_counts_at_once_and_ends_by_another_account(
    api: httpx.Client, connection: Connection
) -> None:
    """The lot is named as its label does, says no before anything is evaluated, and where it is is told with it."""
    furnish(api, "freezer")
    register_lot(api, "lot", "freezer")
    send(api, "freezer-logger", [-80] * 13)
    evaluate(connection)
    api.event_hooks["response"].clear()
    by_label = {"product_id": "exo-a", "lot_number": "LOT", "reason": "a donor was tested positive later"}
    recalled = put(api, "/recalls", by_label)
    assert (recalled["lot_id"], recalled["state"]) == ("lot", "open")
    [where] = recalled["tally"]
    assert (where["container_id"], where["site_name"]) == ("freezer", "Zürich")
    status = get(api, "/lots/lot/status")
    assert (status["answer"], status["reasons"][0]["code"]) == ("do_not_use", "recalled")
    assert "recall 1 counts" in refusal(api.post("/v1/recalls", json=by_label), 409)
    for named in ({"lot_number": "NONE", "product_id": "exo-a"}, {"lot_number": "LOT"}, {"lot_id": "none"}, {}):
        refusal(api.post("/v1/recalls", json={"reason": "x", **named}), 422)
    refusal(api.post("/v1/recalls", json={**by_label, "lot_id": "lot"}), 422, "lot_id")
    evaluate(connection)
    api.post("/v1/recalls/1/lift", json={"reason": "tested again: negative"}).raise_for_status()
    assert "waits for a signature" in refusal(api.post("/v1/recalls/1/lift", json={"reason": "x"}), 409)
    assert get(api, "/lots/lot/status")["answer"] == "do_not_use"
    change_id = get(api, "/recalls/1")["lift_change_id"]
    own = Caller(TESTER, (Grant(Role.QUALITY, None),), account_id=1)
    record = ToSign(Signable.CHANGE, str(change_id), change(connection, change_id).content_sha256)
    with pytest.raises(RefusedError):
        sign(connection, own, [record], Given("tester", "", ""), CHEAP, datetime.now(UTC), ANY_CLOCK)
    sign_all(connection)
    evaluate(connection)
    assert get(api, "/lots/lot/status")["answer"] == "usable"
    assert all_of(api, "/recalls", open=True) == []
    assert [one["state"] for one in all_of(api, "/recalls", lot_id="lot")] == ["lifted"]
    api.patch("/v1/products/exo-a", json={"gtin": "9506000134352", "reason": "label"}).raise_for_status()
    assert put(api, "/recalls", {"gtin": "09506000134352", "lot_number": "LOT", "reason": "again"})["id"] == 2
    refusal(api.post("/v1/lots/lot/disposition", json={"decision": "released", "reason": "fine"}), 409)
    put(api, "/lots/lot/disposition", {"decision": "rejected", "reason": "particles"})
    [decided] = all_of(api, "/lots/lot/dispositions")
    assert (decided["decision"], decided["standing"]) == ("rejected", "in_force")
