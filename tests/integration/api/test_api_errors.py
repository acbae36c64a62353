"""What the API says when it cannot do what was asked: kindly, in one form, and without half-doing it."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from service.local.servers import LocalServers
from service.store.pool import Connection
from tests.cold_store import (
    ago,
    attachment,
    evaluate,
    furnish,
    get,
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
    answer = api.delete("/v1/lots/lot")
    refusal(answer, 405)
    assert answer.headers["allow"] == "GET"


def test_a_body_that_is_no_json_is_told_as_a_problem(api: httpx.Client) -> None:
    """Cut off on its way, in another encoding, too deep, or without its header: always the same form."""
    as_json = {"Content-Type": "application/json"}
    bodies: list[tuple[bytes, dict[str, str], int]] = [
        (b"", as_json, 422),
        (b'{"id": "zur', as_json, 422),
        (b"\xff\xfe\x00", as_json, 400),
        (b"null", as_json, 422),
        (b"[]", as_json, 422),
        (b'{"id": "zurich"}', {}, 422),
        (b'{"id": "zurich"}', {"Content-Type": "text/plain"}, 422),
        (b"[" * 100_000, as_json, 400),
        (b"9" * 10_000, as_json, 400),
    ]
    for content, headers, status in bodies:
        refusal(api.post("/v1/sites", content=content, headers=headers), status, "body" if status == 422 else None)
    surrogate = b'{"id": "zurich", "name": "\\ud800", "time_zone": "UTC"}'
    refusal(api.post("/v1/sites", content=surrogate, headers=as_json), 422, "name")
    refusal(api.post("/v1/imports", content=b"--x", headers={"Content-Type": "multipart/form-data; boundary=y"}), 400)
    assert get(api, "/sites") == []


def test_what_is_far_too_large_is_not_read(api: httpx.Client) -> None:
    """A file of decades fits; what does not is no logger's memory."""
    much = bytes(64 << 20) + b"x"
    refusal(api.post("/v1/imports", files={"file": much}, timeout=30), 422, "file")
    assert api.post("/v1/imports", files={"file": much + bytes(2 << 20)}, timeout=30).status_code == 413
    assert get(api, "/loggers") == []


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
                if not any(kind.get("type") == "string" for kind in types):
                    continue
                name, inside = parameter["name"], parameter["in"]
                address = path.replace(f"{{{name}}}", "%00") if inside == "path" else path
                for other in ("lot_id", "container_id", "attachment_id"):
                    address = address.replace(f"{{{other}}}", "x")
                query = {name: "\x00"} if inside == "query" else {}
                answer = api.request(method, address, params=query, json={} if method == "post" else None)
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
        assert len(get(api, f"/lots/{lot}/placements")) == 2


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
