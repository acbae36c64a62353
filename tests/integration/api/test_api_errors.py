"""What the API says when it cannot do what was asked: kindly, in one form, and without half-doing it."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from service.local.servers import LocalServers
from service.store.pool import Connection
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    furnish,
    get,
    put,
    refusal,
    register_container,
    register_logger,
    register_lot,
    register_site,
    send,
)

SITE = {"id": "zurich", "name": "Zürich", "time_zone": "Europe/Zurich"}


def test_nothing_at_an_address_is_told_as_a_problem(api: httpx.Client) -> None:
    """A mistyped address is answered in the same form as a mistyped field."""
    assert "/docs" in refusal(api.get("/v1/freezers"), 404)


def test_a_method_that_an_address_does_not_take_is_told_with_those_it_takes(api: httpx.Client) -> None:
    """Each address has one list of methods, however many routes share it."""
    for address, allowed in (
        ("/v1/lots/lot", "GET, HEAD, PATCH"),
        ("/v1/lots", "GET, HEAD, POST"),
        ("/v1/containers/freezer/alerting", "GET, HEAD, PUT"),
        ("/v1/readings", "POST"),
    ):
        answer = api.delete(address)
        assert allowed in refusal(answer, 405)
        assert answer.headers["allow"] == allowed


def test_whatever_can_be_read_can_be_asked_for_by_head(api: httpx.Client) -> None:
    """Health checks and previews of links ask by HEAD; a 405 would have a living service restarted."""
    document = api.get("/openapi.json").json()
    addresses = [path for path, operations in document["paths"].items() if "get" in operations and "{" not in path]
    for address in [*addresses, "/", "/alerts", "/docs", "/openapi.json", "/static/style.css"]:
        answer = api.head(address, params={"code": "lot"} if address == "/v1/scan" else None)
        assert (answer.status_code, answer.content) == (200, b""), address
        # How long a table for spreadsheets is shows only once it was written; a stream has no end.
        assert address.endswith((".csv", "/events")) or int(answer.headers["content-length"]) > 0
    assert api.head("/v1/lots/none").status_code == 404
    assert api.head("/v1/readings").status_code == 405


def test_what_is_sent_or_wanted_in_another_form_is_told_as_such(api: httpx.Client) -> None:
    """Who asks for CSV is told that there is only JSON, before a program takes one for the other."""
    assert "application/json" in refusal(api.get("/v1/lots", headers={"Accept": "text/csv"}), 406)
    refusal(api.get("/v1/lots", headers={"Accept": "application/json;q=0, text/csv"}), 406)
    for accept in ("", "*/*", "text/html, application/*;q=0.5", "APPLICATION/JSON; q=1"):
        assert api.get("/v1/lots", headers={"Accept": accept}).status_code == 200
    assert api.get("/healthz", headers={"Accept": "text/html"}).status_code == 200
    words = refusal(api.post("/v1/sites", data={"id": "zurich"}), 415)
    assert "application/json, not application/x-www-form-urlencoded" in words
    assert "multipart/form-data" in refusal(api.post("/v1/imports", json={"file": "x"}), 415)


def test_a_body_that_is_no_json_is_told_as_a_problem(api: httpx.Client) -> None:
    """Cut off on its way, in another encoding, too deep, or without its header: always the same form."""
    as_json = {"Content-Type": "application/json"}
    bodies: list[tuple[bytes, dict[str, str], int]] = [
        (b"", as_json, 422),
        (b'{"id": "zur', as_json, 422),
        (b"\xff\xfe\x00", as_json, 400),
        (b"null", as_json, 422),
        (b"[]", as_json, 422),
        (b'{"id": "zurich"}', {}, 415),
        (b'{"id": "zurich"}', {"Content-Type": "text/plain"}, 415),
        (b"[" * 100_000, as_json, 400),
        (b"9" * 10_000, as_json, 400),
    ]
    for content, headers, status in bodies:
        refusal(api.post("/v1/sites", content=content, headers=headers), status, "body" if status == 422 else None)
    surrogate = b'{"id": "zurich", "name": "\\ud800", "time_zone": "UTC"}'
    refusal(api.post("/v1/sites", content=surrogate, headers=as_json), 422, "name")
    refusal(api.post("/v1/imports", content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=y"}), 400)
    assert all_of(api, "/sites") == []


def test_what_is_far_too_large_is_not_read(api: httpx.Client) -> None:
    """A file of decades fits; what does not is no logger's memory."""
    much = bytes(64 << 20) + b"x"
    refusal(api.post("/v1/imports", files={"file": much}, timeout=30), 422, "file")
    refusal(api.post("/v1/imports", files={"file": much + bytes(2 << 20)}, timeout=30), 413)
    pieces = (much[: 1 << 20] for _ in range(80))
    refusal(api.post("/v1/sites", content=pieces, headers={"Content-Type": "application/json"}, timeout=30), 413)
    assert all_of(api, "/loggers") == []


def test_nobody_fills_the_memory(api: httpx.Client) -> None:
    """Fields are taken apart before it is known who sends them: of those there are never so many."""
    many = b"[" + b"[]," * (3 << 20) + b"[]]"
    for path in ("/v1/sites", "/v1/lots", "/login"):
        answered = httpx.post(f"{api.base_url}{path}", content=many, headers={"Content-Type": "application/json"})
        assert answered.status_code == 413, path
    form = httpx.post(f"{api.base_url}/login", data={"name": "n" * (10 << 20), "password": "p"})
    assert form.status_code == 413


LOT = {"id": "lot", "product_id": "exo-a", "lot_number": "LOT"}
LIMIT = {"direction": "above", "threshold_c": -60, "effect": "condemns", "budget_s": 3600}
PROFILE = {"id": "own", "name": "Own", "limits": [LIMIT], "max_gap_s": 900, "source": "study"}


@pytest.mark.parametrize(
    ("path", "body", "field", "words"),
    [
        ("lots", {**LOT, "units": 0}, "units", "give at least 1"),
        ("lots", {**LOT, "units": 2_000_000_000}, "units", "give at most 1000000000"),
        ("lots", {**LOT, "units": "many"}, "units", "give a whole number"),
        ("lots", {**LOT, "units": 1.5}, "units", "give a whole number"),
        ("lots", {**LOT, "lot_number": "x" * 21}, "lot_number", "give at most 20 characters"),
        ("lots", {**LOT, "lot_number": ""}, "lot_number", "it is empty"),
        ("lots", {**LOT, "lot_number": 7}, "lot_number", "give text"),
        ("lots", {**LOT, "life_starts_at": 1_769_839_500}, "life_starts_at", "looks like seconds since 1970"),
        ("lots", {**LOT, "life_starts_at": "1769839500000"}, "life_starts_at", "would be 2026-01-31T06:05:00Z"),
        ("lots", {**LOT, "life_starts_at": 17}, "life_starts_at", "write a time as RFC 3339"),
        (
            "lots",
            {**LOT, "unit": 1},
            "unit",
            "there are expires_on, id, life_ends_at, life_starts_at, lot_number, product_id, units",
        ),
        ("profiles", {**PROFILE, "limits": []}, "limits", "give at least 1"),
        ("profiles", {**PROFILE, "limits": {}}, "limits", "give a list"),
        ("profiles", {**PROFILE, "limits": [LIMIT] * 21}, "limits", "give at most 20"),
        ("profiles", {**PROFILE, "limits": [7]}, "limits.0", "give a JSON object"),
        (
            "profiles",
            {**PROFILE, "limits": [{**LIMIT, "effect": "kills"}]},
            "limits.0.effect",
            "give 'condemns' or 'warns'",
        ),
        ("profiles", {**PROFILE, "limits": [{**LIMIT, "of": 1}]}, "limits.0.of", "/docs lists those there are"),
        ("profiles", {**PROFILE, "warning_fraction": 0}, "warning_fraction", "give more than 0"),
        ("profiles", {**PROFILE, "thaw": {"allowed": "x"}}, "thaw.threshold_c", "it is missing"),
    ],
)
def test_a_field_is_refused_in_words_for_people(
    api: httpx.Client, path: str, body: dict[str, Any], field: str, words: str
) -> None:
    """Whoever sends a field wrongly is told what to send, and not how it is checked."""
    answer = api.post(f"/v1/{path}", json=body)
    refusal(answer, 422, field)
    assert words in next(error["problem"] for error in answer.json()["errors"] if error["field"] == field)


def test_a_parameter_is_refused_in_words_for_people(api: httpx.Client) -> None:
    """In an address, too; and a name that is not there is answered with those that are."""
    assert "give true or false" in refusal(api.get("/v1/loggers", params={"attached": "perhaps"}), 422, "attached")
    assert "give a whole number" in refusal(api.get("/v1/alerts/first"), 422, "alert_id")
    assert "there are after, container_id" in refusal(api.get("/v1/lots", params={"lot": 1}), 422, "lot").replace(
        "answer, ", ""
    )


def test_names_that_parameters_had_before_are_taken(api: httpx.Client) -> None:
    """A gateway in a cellar goes on sending when a name is mended."""
    furnish(api, "f1")
    register_lot(api, "lot", "f1")
    assert [len(all_of(api, "/lots", **{name: "f1"})) for name in ("container_id", "container")] == [1, 1]
    assert [len(all_of(api, "/containers", **{name: "other"})) for name in ("site_id", "site")] == [0, 0]
    reading = {"measured_at": ago(1), "temperature_c": -80}
    assert api.post("/v1/readings", params={"logger_id": "new", "site": "zurich"}, json=reading).json()["stored"] == 1
    assert get(api, "/loggers/new")["site_id"] == "zurich"


def test_names_that_fields_had_before_are_taken(api: httpx.Client) -> None:
    """So does a hospital's own program; what it is answered has the new names."""
    furnish(api, "f1", "f2")
    register_lot(api, "lot", "f1")
    moved = put(api, "/containers/f1/move", {"to": "f2"})
    assert moved["to_id"] == "f2"
    body = {"kind": "placement", "id": "lot-f1", "replacement": {"from": ago(70)}, "reason": "slip"}
    corrected = put(api, "/corrections", body)
    assert corrected["row_id"] == "lot-f1"
    words = refusal(api.post("/v1/corrections", json={"kind": "placement", "replacement": None, "reason": "slip"}), 422)
    assert "row_id: it is missing" in words


@pytest.mark.parametrize(
    ("name", "instead"),
    [("recorded_by", "who you are logged in as"), ("by", "leave it out"), ("note", "say why in `reason`")],
)
def test_nobody_types_who_recorded_something(api: httpx.Client, name: str, instead: str) -> None:
    """A name that somebody types proves nothing: who is logged in moved it, and whoever sends one hears it."""
    furnish(api, "f1", "f2")
    body = {"to_id": "f2", name: "A. Meier"}
    assert instead in refusal(api.post("/v1/containers/f1/move", json=body), 422, name)


def test_what_was_given_is_shown_shortly(api: httpx.Client) -> None:
    """The refusal shows what came, as JSON, and not a page of it."""
    answer = api.post("/v1/sites", json={**SITE, "id": ["x" * 10_000], "time_zone": None})
    found = {error["field"]: error["given"] for error in answer.json()["errors"]}
    assert found["time_zone"] == "null"
    assert found["id"].startswith('["xxx')
    assert len(found["id"]) < 100


def test_a_nul_in_any_address_is_refused(api: httpx.Client) -> None:
    """PostgreSQL keeps no NUL; whoever sends one is told so."""
    document = api.get("/openapi.json").json()
    tried = 0
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                types = parameter["schema"].get("anyOf", [parameter["schema"]])
                name, inside = parameter["name"], parameter["in"]
                # No header holds one: HTTP itself refuses it.
                if inside == "header" or not any(kind.get("type") == "string" for kind in types):
                    continue
                address = path.replace(f"{{{name}}}", "%00") if inside == "path" else path
                for other in ("lot_id", "container_id", "attachment_id"):
                    address = address.replace(f"{{{other}}}", "x")
                query = {name: "\x00"} if inside == "query" else {}
                answer = api.request(method, address, params=query, json={} if method == "post" else None)
                if path == "/v1/scan":
                    # A scanner may send what no keyboard can: what is not known is not proven.
                    assert answer.json()["answer"] == "not_proven"
                    continue
                refusal(answer, 422, name)
                tried += 1
    assert tried > 20


def both(request: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """The answers to two requests sent at one moment."""
    answers: list[httpx.Response] = []
    barrier = threading.Barrier(2)

    def send_one(number: int) -> None:
        barrier.wait()
        answers.append(request(number))

    threads = [threading.Thread(target=send_one, args=[number]) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(answers, key=lambda answer: answer.status_code)


def test_of_two_at_one_moment_one_wins(api: httpx.Client) -> None:
    """Two technicians press the button together: one is recorded, the other is told, and nobody sees a failure."""
    furnish(api, "f1", "f2")
    for round_ in range(8):
        lot, logger = f"lot-{round_}", f"tag-{round_}"
        register_lot(api, lot, "f1", 60)
        register_logger(api, logger)

        def site(_number: int, name: str = lot) -> httpx.Response:
            return api.post("/v1/sites", json={**SITE, "id": name})

        def placed(number: int, lot: str = lot) -> httpx.Response:
            body = {"id": f"{lot}-{number}", "container_id": "f2", "from": ago(30)}
            return api.post(f"/v1/lots/{lot}/placements", json=body)

        def attached(number: int, logger: str = logger) -> httpx.Response:
            body = attachment(logger, f"{logger}-{number}", probe="top")
            return api.post(f"/v1/containers/f{number + 1}/attachments", json=body)

        def registered(_number: int, logger: str = logger) -> httpx.Response:
            return api.post("/v1/loggers", json={"id": f"{logger}-new", "site_id": "zurich"})

        for request in (site, placed, attached, registered):
            won, lost = both(request)
            assert won.status_code == 201
            refusal(lost, 409)
        assert len(all_of(api, f"/lots/{lot}/placements")) == 2


def test_the_same_readings_twice_at_one_moment_are_stored_once(api: httpx.Client) -> None:
    """A gateway that repeats itself before it was answered neither fails nor counts twice."""
    body = [{"measured_at": ago(minutes), "temperature_c": -80} for minutes in range(200)]
    answers = both(lambda _: api.post("/v1/readings", params={"logger_id": "tag"}, json=body))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert sorted(answer.json()["stored"] for answer in answers) == [0, 200]


def test_readiness_tells_of_an_evaluator_that_is_behind(api: httpx.Client, connection: Connection) -> None:
    """A service whose answers are all "not proven" for want of an evaluator is not ready, and says what is wrong."""
    assert api.get("/healthz").text == "ok\n"
    assert api.get("/readyz").json() == {"database": "ok", "evaluator": "ok"}
    register_site(api)
    register_lot(api, "lot")
    assert api.get("/readyz").status_code == 200
    connection.execute("UPDATE dirty SET marked_at = now() - interval '1 min'")
    assert "unbroken evaluate" in refusal(api.get("/readyz"), 503)
    assert api.get("/readyz").json()["evaluator"] == "behind"
    evaluate(connection)
    assert api.get("/readyz").status_code == 200


def test_the_figures_for_monitoring_can_be_read(api: httpx.Client, connection: Connection) -> None:
    """What is watched from outside: what waits, what was rejected, what fires, and how the lots are."""
    furnish(api, "f1")
    register_container(api, "f3")
    register_lot(api, "lot", "f1")
    register_lot(api, "lost")
    send(api, "f1-logger", [-80] * 13)

    def figures() -> dict[Any, float]:
        families = text_string_to_metric_families(api.get("/metrics").text)
        return {(x.name, *x.labels.values()): x.value for family in families for x in family.samples}

    before = figures()
    assert before["unbroken_evaluator_waiting",] > 0
    assert before["unbroken_evaluator_waiting_seconds",] > 0
    evaluate(connection)
    after = figures()
    assert after["unbroken_evaluator_waiting",] == after["unbroken_evaluator_waiting_seconds",] == 0
    assert after["unbroken_loggers",] == 1
    assert (after["unbroken_lots", "viable"], after["unbroken_lots", "unproven"]) == (1, 1)
    assert (after["unbroken_rejected_messages",], after["unbroken_alerts_firing",]) == (0, 0)


def test_a_database_away_is_told_as_such(api: httpx.Client, connection: Connection, servers: LocalServers) -> None:
    """Without its record the service says "try again", never "fine"; that the process lives is another question."""
    register_site(api)
    name = connection.info.dbname
    connection.close()
    servers.database.drop_database(name)
    reading = {"measured_at": ago(1), "temperature_c": -80}

    def ask(number: int) -> httpx.Response:
        if number == 0:
            return api.get("/v1/lots", timeout=30)
        return api.post("/v1/readings", params={"logger_id": "tag"}, json=reading, timeout=30)

    for answer in both(ask):
        assert "try again" in refusal(answer, 503)
        assert answer.headers["retry-after"] == "1"
    assert api.get("/healthz").status_code == 200
