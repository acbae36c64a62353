"""The page a message links to, and the page of all alerts, as they are sent."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from structlog.testing import capture_logs

from service.acts.acknowledgements import acknowledge
from service.acts.containers import add_container
from service.auth.links import sign
from service.domain.alerting.details import Given, InNoContainer
from service.domain.identity.caller import Role
from service.store.alerting.alert_changes import change_states, note_calm
from service.store.lots.lots import lots_now_in
from service.store.lots.placements import placements
from service.store.pool import Connection
from service.store.registry import loggers
from service.store.registry.sites import add_site
from tests.acting import TESTER, person
from tests.alarms import add_message, add_warm, ago, forget_alerts
from tests.callers import calling
from tests.scenario import Scenario, course
from tests.signing import sign_all

pytestmark = pytest.mark.usefixtures("store")

SECRET = "the secret of the tests"  # noqa: S105  as it says


@pytest.fixture(autouse=True)
def _secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service whose messages have links."""
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", SECRET)


@pytest.fixture
def store(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A warm freezer with two lots, a cold one, a silent one, a warm one, and a refrigerator; it began an hour ago."""
    monkeypatch.setattr("tests.scenario.START", datetime.now(UTC) - timedelta(hours=1))
    scenario = Scenario(connection)
    told: dict[str, list[float]] = {
        "freezer": [-80] * 9 + [-50] * 4,
        "cold": [-80] * 13,
        "silent": [-80] * 4,
        "warm": [-80] * 9 + [-40] * 4,
    }
    for name, temperatures in told.items():
        scenario.container(name, loggers=[f"logger-{name}"])
        scenario.store(course(f"logger-{name}", list(temperatures)))
    scenario.container("fridge", "lyophilised-2-8", loggers=["logger-fridge"])
    scenario.store(course("logger-fridge", [5] * 13))
    for name in ("lot-1", "lot-2"):
        scenario.lot(name, "freezer")
    # What the product asks for waits: signed later, by whatever is recorded next, it would have all judged again.
    sign_all(connection)
    scenario.evaluate(60)
    forget_alerts(connection)
    return scenario


def link(*alert_ids: int, who: str = "ana", expires_in_s: float = 3_600) -> str:
    """The address in a message."""
    expires_at_s = int(datetime.now(UTC).timestamp() + expires_in_s)
    return f"/a/{sign([SECRET.encode()], alert_ids, who, expires_at_s)}"


def state(connection: Connection, alert_id: int) -> tuple[str, str | None]:
    """How an alert stands, and who took it over."""
    [row] = connection.execute("SELECT state, acknowledged_by FROM alerts WHERE id = %s", [alert_id]).fetchall()
    return row["state"], row["acknowledged_by"]


def words(answer: httpx.Response) -> str:
    """What a person reads on a page."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", answer.text.replace("\N{NO-BREAK SPACE}", " "))).split())


def everything(connection: Connection) -> list[Any]:
    """All that answering could change."""
    return [
        connection.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()  # noqa: S608  our own tables
        for table in ("alerts", "alert_steps", "placements", "moves", "silences")
    ]


def test_a_link_shows_what_it_is_about(api: httpx.Client, connection: Connection) -> None:
    """Whoever opens it at night reads what, since when, how warm, how long is left, which lots, and what to do."""
    alert_id = add_warm(connection, lot_ids=["lot-1", "lot-2"])
    answer = api.get(link(alert_id))
    assert answer.status_code == 200
    text = words(answer)
    began = ago(20).astimezone(ZoneInfo("Europe/Zurich"))
    for said in (
        "CRITICAL Freezer (The site) is above −60 °C",
        "Nobody has answered yet.",
        f"Since {began:%Y-%m-%d %H:%M}",
        "Now −48.3 °C",
        "Time left 40 min until a lot",
        "2 lots lot-1 , lot-2",
        "Move the lots to a container within limits. Keep them cold, set them apart, tell quality; do not discard.",
        "I am on it",
    ):
        assert said in text, said
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "http-equiv" not in answer.text
    assert "live.js" not in answer.text


def test_looking_changes_nothing(api: httpx.Client, connection: Connection) -> None:
    """Programs that scan mail open every link in it, at once and from elsewhere; nobody is on it by that."""
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    before = everything(connection)
    for _ in range(3):
        api.get(path)
        api.get(path, params={"act": "acknowledge"})
        api.head(path)
        for look in (api.get, api.head):
            look(path, params={"act": "move", "container": "freezer", "to": "cold", "at": wall(10)})
    assert everything(connection) == before


def test_the_button_takes_all_of_them_over(api: httpx.Client, connection: Connection) -> None:
    """A power cut is answered once; what was answered by another, or is over, stays as it was."""
    firing = [add_warm(connection, name) for name in ("freezer", "warm")]
    theirs = add_warm(connection, "silent")
    with connection.transaction():
        acknowledge(connection, person("B. Frei"), [theirs], comment="", at=ago(5))
    over = add_warm(connection, "fridge", state="resolved", resolved_at=ago(1))
    other = add_warm(connection, "cold")
    path = link(*firing, theirs, over)
    answer = api.post(path, data={"act": "acknowledge", "comment": "On my\nway \x00"})
    assert answer.status_code == 303
    assert answer.headers["location"] == f"{path}?done=acknowledge"
    assert answer.headers["cache-control"] == "no-store"
    assert [state(connection, alert_id) for alert_id in firing] == [("acknowledged", "ana (by link)")] * 2
    assert state(connection, theirs) == ("acknowledged", "B. Frei")
    assert state(connection, over) == ("resolved", None)
    assert state(connection, other) == ("firing", None)
    text = words(api.get(f"{path}?done=acknowledge"))
    assert "Somebody is on it" in text
    assert "Recorded. Nobody else is called, unless it gets worse or does not end." in text
    assert "You have been on it since" in text
    assert "B. Frei has been on it since" in text
    assert "It is over since" in text
    assert "On my way" in text
    assert "I am on it" not in text
    steps = connection.execute("SELECT was, becomes, taken_by, comment FROM alert_steps WHERE taken_by LIKE 'ana%'")
    assert [tuple(row.values()) for row in steps] == [("firing", "acknowledged", "ana (by link)", "On my way")] * 2


def test_a_link_answers_for_whom_it_was_sent_to(api: httpx.Client, connection: Connection) -> None:
    """Who holds the ward's telephone nobody knows: that it was its link is recorded, and no name that was typed."""
    alert_id = add_warm(connection)
    path = link(alert_id, who="ward-phone")
    assert "Recorded as: ward-phone (by link)." in words(api.get(path))
    api.post(path, data={"act": "acknowledge", "name": "C. Roth", "comment": "On my way"})
    assert state(connection, alert_id) == ("acknowledged", "ward-phone (by link)")
    trail = connection.execute(
        "SELECT actor, known_by, reason FROM audit_trail WHERE table_name = 'alert_steps' ORDER BY id DESC LIMIT 1"
    )
    assert trail.fetchall() == [{"actor": "link:ward-phone", "known_by": "signed link", "reason": "On my way"}]


def test_what_was_chosen_stays_chosen(api: httpx.Client, connection: Connection) -> None:
    """A move that is refused keeps what was filled in, and records nothing."""
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    before = everything(connection)
    at = wall(60 * 24)
    answer = refused(path, at=at)(api)
    assert answer.status_code == 409
    assert '<option value="cold" selected>' in answer.text
    assert f'value="{at}"' in answer.text
    assert everything(connection) == before


def test_it_is_heard_of_at_once(api: httpx.Client, connection: Connection) -> None:
    """The next in the chain is not called in the second after somebody answered."""
    connection.execute("LISTEN unbroken_alerts")
    api.post(link(add_warm(connection)), data={"act": "acknowledge"})
    assert list(connection.notifies(timeout=5, stop_after=1))


def test_pressed_twice_is_once(api: httpx.Client, connection: Connection) -> None:
    """A thumb on a cold phone presses twice."""
    alert_id = add_warm(connection)
    for _ in range(2):
        assert api.post(link(alert_id), data={"act": "acknowledge"}).status_code == 303
    [row] = connection.execute("SELECT count(*) AS steps FROM alert_steps WHERE becomes = 'acknowledged'").fetchall()
    assert row["steps"] == 1


def test_what_is_over_is_said_to_be(api: httpx.Client, connection: Connection) -> None:
    """Who answers too late is not left believing that they took something over."""
    alert_id = add_warm(connection)
    path = link(alert_id)
    change_states(connection, {alert_id: "resolved"}, datetime.now(UTC))
    assert api.post(path, data={"act": "acknowledge"}).status_code == 303
    text = words(api.get(path))
    assert "It is over" in text
    assert "I am on it" not in text
    assert state(connection, alert_id) == ("resolved", None)


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_expired_or_forged_link_says_so(api: httpx.Client, connection: Connection, method: str) -> None:
    """It opens nothing, changes nothing, and says where to look instead."""
    alert_id = add_warm(connection)
    good = link(alert_id)
    before = everything(connection)
    forged = f"/a/{sign([b'another secret'], [alert_id], 'ana', 2_000_000_000)}"
    for path, status, why in (
        (link(alert_id, expires_in_s=-1), 410, "This link has expired; open the one in the newest message"),
        (forged, 404, "not one of this service"),
        (good[:-1], 404, "a mail program may have cut it"),
        (good[:-4], 404, "a mail program may have cut it"),
        (f"{good[:12]}{'A' if good[12] != 'A' else 'B'}{good[13:]}", 404, "or changed it"),
        ("/a/x", 404, "not the whole link"),
        ("/a/%00%FF", 404, "not the whole link"),
    ):
        answer = getattr(api, method)(path, **({"data": {"act": "acknowledge"}} if method == "post" else {}))
        if method == "post":
            assert refused(path)(api).status_code == status
        assert answer.status_code == status
        assert why in words(answer)
        assert "do not discard" in words(answer)
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert everything(connection) == before


def test_a_service_without_a_secret_takes_no_link(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, connection: Connection
) -> None:
    """What nobody signs nobody can have sent."""
    monkeypatch.setenv("UNBROKEN_LINK_SECRET", "")
    api: httpx.Client = request.getfixturevalue("api")
    alert_id = add_warm(connection)
    assert api.post(link(alert_id), data={"act": "acknowledge"}).status_code == 404
    assert state(connection, alert_id) == ("firing", None)
    assert "/a/" not in api.get("/alerts").text


def moved(connection: Connection) -> dict[str, list[str]]:
    """Which lots are where."""
    return {name: lots_now_in(connection, name) for name in ("freezer", "cold")}


def wall(minutes_ago: float) -> str:
    """The clock in the cellar, so long ago, as a browser sends it."""
    return f"{ago(minutes_ago).astimezone(ZoneInfo('Europe/Zurich')):%Y-%m-%dT%H:%M}"


def test_everything_is_moved_by_one_act(api: httpx.Client, connection: Connection) -> None:
    """Only a healthy freezer of the same kind is offered; all lots are there from then on, by the clock of the site."""
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    offered = re.findall(r'<option value="([^"]+)"', api.get(path).text)
    assert offered == ["cold"]
    body = {"act": "move", "container": "freezer", "to": "cold", "at": wall(10)}
    assert api.post(path, data=body).status_code == 303
    assert moved(connection) == {"freezer": [], "cold": ["lot-1", "lot-2"]}
    for lot_id in ("lot-1", "lot-2"):
        was, now = placements(connection, lot_id)
        assert was.until_at == now.from_at
        assert timedelta(minutes=9) < datetime.now(UTC) - now.from_at < timedelta(minutes=12)
    text = words(api.get(path))
    assert "2 lots moved to Cold on " in text
    assert "recorded by ana (by link)" in text
    assert "No lot is recorded in it now." in text
    # The alert itself is told anew only when the evaluator next looks.
    assert "Freezer (The site) is above −60 °C; no lots in it" in text
    assert "Time left" not in text
    assert "Move the lots" not in text
    assert api.post(path, data=body).status_code == 303
    assert len(placements(connection, "lot-1")) == 2


def test_what_stays_at_the_site_is_offered_before_what_travels(
    api: httpx.Client, store: Scenario, connection: Connection
) -> None:
    """A shipper is for want of a freezer."""
    add_container(connection, TESTER, "a-box", "site", "A box", "shipper", "cryo-80")
    loggers.register_logger(connection, "logger-box", "site", "Model T", -100.0, 50.0)
    store.attach("a-box", "logger-box")
    store.store(course("logger-box", [-80] * 13))
    store.evaluate(60)
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    assert re.findall(r'<option value="([^"]+)"', api.get(path).text) == ["cold", "a-box"]


def refused(path: str, **more: str) -> Callable[[httpx.Client], httpx.Response]:
    """A move that is not to be recorded."""
    body = {"act": "move", "container": "freezer", "to": "cold", "at": wall(10), **more}
    return lambda api: api.post(path, data=body)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"at": "soon"}, "Give the time of the move"),
        ({"at": "9999-12-31T23:59"}, "That time is still to come"),
        ({"at": "0001-01-01T00:00"}, "Give the time of the move"),
        ({"at": wall(-60)}, "That time is still to come"),
        ({"at": wall(600)}, "That is before the alert began"),
        ({"at": wall(22)}, "Ask quality to record the move."),
        ({"to": ""}, "Choose the container"),
        ({"to": "fridge"}, "Choose the container"),
        ({"to": "freezer"}, "Choose the container"),
        ({"to": "warm"}, "one of the same site and profile that is measured now"),
        ({"to": "silent"}, "To any other: ask quality to record the move."),
        ({"container": "cold"}, "This is not about that container"),
        ({"act": "release"}, "The form was not sent whole"),
    ],
)
def test_a_move_that_cannot_be_is_not_recorded(
    api: httpx.Client, connection: Connection, more: dict[str, str], why: str
) -> None:
    """The page says why, and keeps what was typed; a link moves nothing else, and nowhere else."""
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    before = everything(connection)
    answer = refused(path, **more)(api)
    assert answer.status_code == 409
    assert why in words(answer)
    assert everything(connection) == before


def test_a_link_rewrites_no_past(
    api: httpx.Client, store: Scenario, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lot condemned by a warm freezer stays so: no link says, once the alert is over, that it was elsewhere."""
    monkeypatch.setattr("tests.scenario.START", ago(360))
    for name, temperatures in {"chest": [-80] * 12 + [-50] * 48 + [-80] * 13, "vault": [-80] * 73}.items():
        store.container(name, loggers=[f"logger-{name}"])
        store.store(course(f"logger-{name}", list(temperatures)))
    store.lot("lot-9", "chest")
    store.evaluate(360)
    forget_alerts(connection)
    assert store.verdict("lot-9", 360) == "nonviable"
    over = add_warm(
        connection,
        "chest",
        lot_ids=["lot-9"],
        state="resolved",
        began_at=ago(300),
        fired_at=ago(290),
        resolved_at=ago(55),
    )
    path = link(over)
    before = everything(connection)
    for at in (wall(298), wall(310), wall(10), ""):
        answer = refused(path, container="chest", to="vault", at=at)(api)
        assert answer.status_code == 409
        assert "The alert is over, and with it what may be recorded here. Ask quality to record the move." in words(
            answer
        )
    assert everything(connection) == before
    # It is warm again: what that link may record begins there.
    path = link(over, add_warm(connection, "chest", lot_ids=["lot-9"]))
    before = everything(connection)
    answer = refused(path, container="chest", to="vault", at=wall(298))(api)
    assert answer.status_code == 409
    assert "That is before the alert began" in words(answer)
    assert everything(connection) == before
    store.evaluate(361)
    assert store.verdict("lot-9", 361) == "nonviable"


def test_no_form_for_a_move_once_it_is_over(api: httpx.Client, connection: Connection) -> None:
    """Whoever moved the lots and comes back late is told how to record it; another's open alert does not help."""
    over = add_warm(connection, lot_ids=["lot-1", "lot-2"], state="resolved", resolved_at=ago(1))
    elsewhere = add_warm(connection, "warm")
    chore = add_warm(connection, cause="battery_low")
    path = link(over, elsewhere, chore)
    answer = api.get(path)
    assert 'value="move"' not in answer.text
    assert "If the lots were moved meanwhile, ask quality to record it." in words(answer)
    assert "The alert is over" in words(refused(path)(api))
    again = add_warm(connection, cause="logger_silent", lot_ids=["lot-1", "lot-2"])
    path = link(over, again)
    assert 'value="move"' in api.get(path).text
    assert refused(path)(api).status_code == 303


def test_no_move_into_a_container_with_an_alert(api: httpx.Client, connection: Connection) -> None:
    """It was well when the page was opened, and is not when the button is pressed."""
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    assert '<option value="cold"' in api.get(path).text
    add_warm(connection, "cold")
    before = everything(connection)
    answer = refused(path)(api)
    assert answer.status_code == 409
    assert "without an alert" in words(answer)
    assert everything(connection) == before


def test_the_minute_in_which_it_began(api: httpx.Client, connection: Connection) -> None:
    """A wall shows no seconds; the lots are never recorded elsewhere before the alert began."""
    began_at = ago(20).replace(second=40, microsecond=0)
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"], began_at=began_at))
    shown = began_at.astimezone(ZoneInfo("Europe/Zurich"))
    assert refused(path, at=f"{shown - timedelta(minutes=1):%Y-%m-%dT%H:%M}")(api).status_code == 409
    for _ in range(2):
        assert refused(path, at=f"{shown:%Y-%m-%dT%H:%M}")(api).status_code == 303
    assert placements(connection, "lot-1")[-1].from_at == began_at


def test_all_of_the_lots_are_moved_or_none(api: httpx.Client, store: Scenario, connection: Connection) -> None:
    """A lot that came later than the others were moved: half a move would be a record of what never happened."""
    store.lot("lot-3")
    store.place("lot-3", "freezer", 55)
    path = link(add_warm(connection))
    answer = refused(path)(api)
    assert answer.status_code == 409
    assert "lot 'lot-3'" in words(answer)
    assert moved(connection) == {"freezer": ["lot-1", "lot-2", "lot-3"], "cold": []}
    assert refused(path, at=wall(1))(api).status_code == 303
    assert moved(connection) == {"freezer": [], "cold": ["lot-1", "lot-2", "lot-3"]}


def test_the_containers_own_instruction_is_shown(api: httpx.Client, connection: Connection) -> None:
    """Whom to ring stands where it is needed."""
    body = {"instruction": "Ring the caretaker: 4711", "reason": "so agreed"}
    assert api.put("/v1/containers/freezer/alerting", json=body).status_code == 200
    path = link(add_warm(connection, lot_ids=["lot-1"]))
    assert "Ring the caretaker: 4711. Keep them cold" in words(api.get(path))


def test_a_comment_is_only_text(api: httpx.Client, connection: Connection) -> None:
    """Whoever holds a link runs nothing in another's browser."""
    path = link(add_warm(connection))
    api.post(path, data={"act": "acknowledge", "comment": "<script>alert(1)</script>"})
    for shown in (api.get(path), api.get("/alerts")):
        assert "<script>alert" not in shown.text
    assert "&lt;script&gt;" in api.get(path).text


def test_no_log_lets_anybody_answer(api: httpx.Client, connection: Connection) -> None:
    """Whoever reads the log of a service that had trouble holds no link."""
    path = link(add_warm(connection))
    connection.execute("ALTER TABLE alerts RENAME TO alerts_of_another_version")
    with capture_logs() as logged:
        assert api.get(path).status_code == 503
    connection.execute("ALTER TABLE alerts_of_another_version RENAME TO alerts")
    assert [one["path"] for one in logged] == ["/alerts"]


def test_a_link_to_what_is_not_there(api: httpx.Client) -> None:
    """An alert of another database is told as not recorded."""
    answer = api.get(link(4_711))
    assert answer.status_code == 200
    assert "not recorded any more" in words(answer)


def test_all_alerts_on_one_page(api: httpx.Client, connection: Connection) -> None:
    """What nobody has in hand is on top; what is over is told with who answered, and how soon."""
    first = add_warm(connection, lot_ids=["lot-1", "lot-2"])
    taken = add_warm(connection, "warm")
    over = add_warm(connection, "cold")
    with connection.transaction():
        acknowledge(connection, person("B. Frei"), [taken, over], comment="", at=ago(5))
    change_states(connection, {over: "resolved"}, ago(2))
    add_warm(connection, "silent", state="pending", fired_at=None)
    add_message(connection, [first, taken, over])
    add_message(connection, [first], "bea", outcome="failed")
    answer = api.get("/alerts")
    text = words(answer)
    assert text.index("Freezer (The site) is above −60 °C") < text.index("Warm (The site) is above −60 °C")
    assert "About to go off: Silent (The site) is above −60 °C; no lots in it, any moment now Nobody" in text
    assert text.index("Warm (The site)") < text.index("Silent (The site)")
    assert '<a class="id" href="/lots/lot-1">lot-1</a>' in answer.text
    assert "B. Frei, after 5 min" in text
    assert "first message 3 of 3 1 min 1 min" in text
    assert "first answer 2 of 3 5 min 5 min" in text
    assert "ana 0.7 0.2 0" in text
    assert "bea 0.0 0.0 1" in text


def test_what_is_pending_is_not_nothing(api: httpx.Client, connection: Connection) -> None:
    """Whoever looks before the telephone rings sees what is coming, and when."""
    add_warm(connection, state="pending", fired_at=None, due_at=ago(-30))
    text = words(api.get("/alerts"))
    due = ago(-30).astimezone(ZoneInfo("Europe/Zurich"))
    assert "No alert is open" not in text
    assert f"About to go off: Freezer (The site) is above −60 °C; 2 lots, at {due:%Y-%m-%d %H:%M}" in text
    assert "Answer" not in text


def test_an_open_alert_says_all_that_its_own_page_says(api: httpx.Client, connection: Connection) -> None:
    """How warm, how long, what to do: nobody opens a second page for that."""
    add_warm(connection, lot_ids=["lot-1", "lot-2"])
    text = words(api.get("/alerts"))
    for said in ("Now −48.3 °C", "Time left 40 min until", "What to do Move the lots", "Nobody has answered yet."):
        assert said in text, said
    assert f"Since {ago(20).astimezone(ZoneInfo('Europe/Zurich')):%Y-%m-%d %H:%M}" in text


def test_a_freezer_that_is_cold_again_is_watched(api: httpx.Client, connection: Connection) -> None:
    """For some minutes it may come back; the page does not go on saying that it is warm."""
    alert_id = add_warm(connection)
    note_calm(connection, {alert_id: ago(2)})
    for path in (link(alert_id), "/alerts", "/lots/lot-1"):
        text = words(api.get(path))
        assert "Freezer (The site) was above −60 °C" in text
        since = r"Back within limits since \S+ \S+ CES?T \((\S+ )?\S+ UTC\); watched until \S+ \S+ CES?T"
        assert re.search(since, text)
        assert "(The site) is above" not in text
        assert "−48.3" not in text
    assert "Freezer (The site) was above −60 °C, since" in words(api.get("/"))


def test_what_is_over_is_told_as_past(api: httpx.Client, connection: Connection) -> None:
    """From when it began until it was calm again; where only the closing is known, that is said."""
    calm = add_warm(connection, state="resolved", began_at=ago(60), fired_at=ago(50), resolved_at=ago(20))
    note_calm(connection, {calm: ago(25)})
    add_warm(connection, "warm", state="resolved", began_at=ago(60), fired_at=ago(50), resolved_at=ago(20))
    text = words(api.get("/alerts"))
    assert "is above" not in text
    # Beside the clock of the site UTC shows its day too, where that is another.
    at = r"\S+ \S+ CES?T (\S+ )?\S+ UTC"
    assert re.search(rf"Freezer \(The site\) was above −60 °C {at} {at} 35 min", text)
    assert re.search(rf"Warm \(The site\) was above −60 °C {at} closed {at} 40 min", text)


def test_what_was_sent_though_nothing_went_off(api: httpx.Client, connection: Connection) -> None:
    """A table under "there was none" would contradict it."""
    add_message(connection, [])
    text = words(api.get("/alerts"))
    assert "No alert went off that anybody could still answer. What was sent all the same told of older alerts" in text


def test_the_page_of_a_lot_knows_of_the_alert(api: httpx.Client, connection: Connection) -> None:
    """The answer stays what the verdict says; beside it stands what is happening to the lot, and who is on it."""
    body = {"instruction": "Ring the caretaker: 4711", "reason": "so agreed"}
    assert api.put("/v1/containers/freezer/alerting", json=body).status_code == 200
    alert_id = add_warm(connection, lot_ids=["lot-1", "lot-2"])
    add_warm(connection, "warm", lot_ids=["lot-1"])
    with connection.transaction():
        acknowledge(connection, person("B. Frei"), [alert_id], comment="", at=ago(5))
    add_warm(connection, cause="logger_silent", state="pending", fired_at=None, due_at=ago(-5))
    text = words(api.get("/lots/lot-1"))
    for said in (
        "May be used at risk 2 open alerts",
        "Verdict at risk, by temperature alone",
        "CRITICAL Freezer (The site) is above −60 °C",
        "B. Frei has been on it since",
        f"Since {ago(20).astimezone(ZoneInfo('Europe/Zurich')):%Y-%m-%d %H:%M}",
        "Now −48.3 °C",
        "Time left 40 min until",
        "What to do Ring the caretaker: 4711. Keep them cold",
        "About to go off: Freezer (The site)",
    ):
        assert said in text, said
    assert "Warm (The site)" not in text


def test_a_lot_in_no_container_has_alerts_of_its_own(
    api: httpx.Client, store: Scenario, connection: Connection
) -> None:
    """Nothing measures it, and its page says so."""
    store.lot("lot-9")
    add_warm(
        connection,
        None,
        subject="lot:lot-9",
        name="Lot lot-9",
        lot_ids=["lot-9"],
        cause="lot_unmonitored",
        details=InNoContainer(),
    )
    assert "1 open alert about this lot or its container" in words(api.get("/lots/lot-9"))
    assert "open alert" not in words(api.get("/lots/lot-1"))


def test_what_is_open_does_not_vanish_behind_what_is_over(api: httpx.Client, connection: Connection) -> None:
    """A probe that has been stuck for a week is still on the page after a night in which another freezer flapped."""
    add_warm(connection, "warm", cause="sensor_stuck", details=Given("has not moved", "had not moved"))
    for _ in range(200):
        add_warm(connection, state="resolved", resolved_at=ago(1))
    assert "Warm (The site) has not moved" in words(api.get("/alerts"))


def test_the_log_is_nobody_who_is_told(api: httpx.Client, connection: Connection) -> None:
    """That a line was written at once says nothing of how long ana's telephone took."""
    alert_id = add_warm(connection)
    add_message(connection, [alert_id], "log", kind="log", finished_at=ago(9.9))
    assert "first message 0 of 1" in words(api.get("/alerts"))
    add_message(connection, [alert_id], kind="apprise", finished_at=ago(5))
    assert "first message 1 of 1 5 min 5 min" in words(api.get("/alerts"))


def test_it_can_be_answered_from_the_page_of_alerts(api: httpx.Client, connection: Connection) -> None:
    """Whoever sits at the screen needs no message."""
    alert_id = add_warm(connection)
    shown = api.get("/alerts").text
    # A link would let in whoever it is sent on to.
    assert "/a/" not in shown
    assert f'href="/alerts/{alert_id}">Answer' in shown
    path = f"/alerts/{alert_id}"
    assert "Recorded as: T. Tester." in words(api.get(path))
    assert "This link" not in words(api.get(path))
    assert api.post(path, data={"act": "acknowledge"}).headers["location"] == f"{path}?done=acknowledge"
    assert "You are on it" in words(api.get(path))
    assert state(connection, alert_id) == ("acknowledged", "T. Tester")
    body = {"act": "move", "container": "freezer", "to": "cold", "at": wall(10)}
    assert api.post(path, data=body).status_code == 303
    assert moved(connection) == {"freezer": [], "cold": ["lot-1", "lot-2"]}
    assert api.get("/v1/moves", params={"unconfirmed": True}).json()["items"] == []


def test_who_cannot_come_says_so_and_calls_the_next(api: httpx.Client, connection: Connection) -> None:
    """By the link or at the screen; what somebody had in hand is nobody's again, and says whose it was and why."""
    alert_id = add_warm(connection, lot_ids=["lot-1", "lot-2"])
    path = link(alert_id)
    api.post(path, data={"act": "acknowledge"})
    led = api.post(path, data={"act": "pass_on", "comment": "In theatre until two"})
    assert state(connection, alert_id) == ("firing", None)
    text = words(api.get(led.headers["location"]))
    assert "Who is on it?" in text
    assert "The next one on call is called now" in text
    api.post(f"/alerts/{alert_id}", data={"act": "pass_on"})
    text = words(api.get(f"/alerts/{alert_id}"))
    assert "ana (by link) cannot come: the next one is called In theatre until two" in text
    assert "T. Tester cannot come: the next one is called" in text


def test_an_alert_is_silenced_on_its_page_and_heard_of_again(api: httpx.Client, connection: Connection) -> None:
    """Until when is read by the clock of the site; why stays in the record; a link from a message silences nothing."""
    alert_id = add_warm(connection)
    path = f"/alerts/{alert_id}"
    form = {"act": "silence", "scope": "container", "until": wall(-60), "reason": "Defrosting"}
    before = everything(connection)
    for wrong, why in (
        ({"reason": " "}, "Say why nobody is to be told"),
        ({"until": wall(5)}, "That time is past already"),
        ({"until": "soon"}, "as the clock on the wall will show it"),
        ({"until": wall(-60 * 24 * 40)}, "longer than 30 days"),
    ):
        answer = api.post(path, data={**form, **wrong})
        assert answer.status_code == 409
        assert why in words(answer)
    assert "A link cannot do that" in words(api.post(link(alert_id), data=form))
    assert everything(connection) == before
    led = api.post(path, data=form)
    text = words(api.get(led.headers["location"]))
    assert "Recorded. Until then people are not told of it" in text
    assert "nobody is told of this container until" in text
    assert "T. Tester: “Defrosting”" in text
    [kept] = api.get("/v1/silences").json()["items"]
    assert (kept["container_id"], kept["cause"], kept["recorded_by"]) == ("freezer", None, "T. Tester")
    assert timedelta(minutes=58) < datetime.fromisoformat(kept["until"]) - datetime.now(UTC) <= timedelta(minutes=60)
    led = api.post(path, data={"act": "end_silence", "silence": str(kept["id"])})
    assert "the silence is over" in words(api.get(led.headers["location"]))
    assert api.get("/v1/silences?state=in_force").json()["items"] == []


def test_an_alert_says_whom_it_was_sent_to_and_why(api: httpx.Client, connection: Connection) -> None:
    """Whoever asks in the morning who was called reads it, and what became of each message."""
    alert_id = add_warm(connection)
    add_message(connection, [alert_id], "ana-phone")
    add_message(connection, [alert_id], "ben-phone", None, reason="escalated", level=1, error="timed out", attempts=3)
    text = words(api.get(f"/alerts/{alert_id}"))
    assert "ana-phone It goes off, and they had not heard of it (stage 1) Delivered" in text
    assert "ben-phone Nobody who was called before had it in hand (stage 2)" in text
    assert "Not delivered yet, tried 3 times: timed out" in text
    assert "ana-phone" not in words(api.get(link(alert_id)))


def test_no_refuge_is_a_journey_away(api: httpx.Client, connection: Connection) -> None:
    """A freezer at another site is no place to carry vials to at night: it is not offered, and not taken."""
    add_site(connection, "geneva", "Geneva", "Europe/Zurich")
    connection.execute("UPDATE containers SET site_id = 'geneva' WHERE id = 'cold'")
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"]))
    assert "No other container of its profile at The site is known to be within its limits" in words(api.get(path))
    assert refused(path)(api).status_code == 409
    assert moved(connection)["cold"] == []


def test_my_site_only_says_what_it_leaves_out(api: httpx.Client, connection: Connection) -> None:
    """Whoever looks at their own site alone is not left believing that nothing goes off."""
    add_site(connection, "geneva", "Geneva", "Europe/Zurich")
    add_warm(connection)
    api.cookies.set("unbroken_site", "geneva")
    text = words(api.get("/alerts"))
    api.cookies.clear()
    assert "No alert is open" in text
    assert "Only alerts of Geneva are shown. 1 other alert goes off elsewhere" in text


def test_who_may_only_take_alerts_over_moves_nothing(api: httpx.Client, connection: Connection) -> None:
    """Where lots are is said by who keeps them, or by who stands before the freezer with the message in hand."""
    path = f"/alerts/{add_warm(connection, lot_ids=['lot-1', 'lot-2'])}"

    body = {"act": "move", "container": "freezer", "to": "cold", "at": wall(10)}
    with calling(api, connection, (Role.ON_CALL, None)):
        assert "custodian or quality, or by the link in a message" in words(api.get(path))
        assert "custodian or quality" in words(api.post(path, data=body))
    assert moved(connection)["cold"] == []
    with calling(api, connection, (Role.VIEWER, None)):
        assert api.get(path).status_code == 403
        assert "answers by the link in their message" in words(api.get("/alerts"))
        assert "Answer</a>" not in api.get("/alerts").text


def test_no_alert_is_no_proof(api: httpx.Client) -> None:
    """A page without alerts does not say that all is well."""
    assert "No alert is open. That tells of what is measured, and of nothing else" in words(api.get("/alerts"))


def test_a_form_that_is_no_form_is_answered(api: httpx.Client, connection: Connection) -> None:
    """What a scanner posts is refused and changes nothing."""
    path = link(add_warm(connection))
    before = everything(connection)
    for sent in ({}, {"data": {"act": "acknowledge\x00"}}, {"json": {"act": "acknowledge"}}, {"content": b"\xff\x00"}):
        assert 400 <= api.post(path, **sent).status_code < 500  # type: ignore[arg-type]
    assert everything(connection) == before


def test_a_move_dated_back_on_the_page_is_listed(api: httpx.Client, connection: Connection) -> None:
    """Who carried the lots at once and says so an hour later is believed; all see by whose link, and whom it helped."""
    path = link(add_warm(connection, lot_ids=["lot-1", "lot-2"], began_at=ago(40)))
    assert refused(path, at=wall(30))(api).status_code == 303
    listed = api.get("/v1/corrections").json()["items"]
    assert [one["row_id"] for one in listed] == ["lot-2-freezer-0", "lot-1-freezer-0"]
    assert all(one["reason"].startswith("moved because: ") for one in listed)
    assert all(one["recorded_by"] == "ana (by link)" for one in listed)
