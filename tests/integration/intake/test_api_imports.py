"""Loggers' own files over HTTP, and the alerts that follow."""

from datetime import datetime

import httpx

from service.domain.instant import from_datetime
from service.store.pool import Connection
from tests.cold_store import (
    ago,
    all_of,
    attachment,
    evaluate,
    get,
    put,
    refusal,
    register_container,
    register_lot,
    register_site,
)

BERLINGER = (
    b"Device: Q-tag Fridge-tag Ultra Low\r\nConf:\r\n Serial: 555000111222\r\n Temp unit: C\r\n"
    b" Logging Interval: 5\r\nHist:\r\n TS Actv: 2026-01-10 08:00\r\n TS Report Creation: 2026-01-10 08:15\r\nData:\r\n"
    b"\tyyyy-MM-dd hh:mm\tT\tOut of limits\r\n\t2026-01-10 08:00\t-79.5\t\r\n\t2026-01-10 08:05\tHI\tx\r\n"
    b"\t2026-01-10 08:10\t-79.0\t\r\nCert:\r\n Vers: 1.0\r\nSig: 00ff\r\n"
)
CSV = b"measured_at,temperature_c\n2026-01-31T06:00:00Z,-79.8\n2026-01-31T06:05:00Z,HI\n"
LOCAL_CSV = b"measured_at;temperature_c\n2026-01-31 07:00;-79,8\n"


def post(api: httpx.Client, content: bytes, **form: str) -> httpx.Response:
    """Send a file."""
    return api.post("/v1/imports", files={"file": ("logger.txt", content)}, data=form)


def test_a_devices_file_is_taken_by_its_clocks_zone(api: httpx.Client, connection: Connection) -> None:
    """What a clock in Zürich showed at eight in January was seven in UTC; the device's own model and range are kept."""
    answer = post(api, BERLINGER, time_zone="Europe/Zurich")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    assert (found["logger_id"], found["readings"], found["stored"]) == ("555000111222", 3, 3)
    assert (found["first_measured_at"], found["last_measured_at"]) == ("2026-01-10T07:00:00Z", "2026-01-10T07:10:00Z")
    assert found["rejected"] is None
    assert post(api, BERLINGER, zone="+01:00").json()["known"] == 3
    logger = get(api, "/loggers/555000111222")
    assert (logger["model"], logger["range_min_c"], logger["range_max_c"]) == (found["model"], -95, 0)
    assert connection.execute("SELECT count(*) AS n FROM readings").fetchall() == [{"n": 3}]


def test_a_table_is_taken_with_a_loggers_name(api: httpx.Client) -> None:
    """A file of offsets needs no zone; one of local times does."""
    found = post(api, CSV, logger_id="tag").json()
    assert (found["logger_id"], found["stored"], found["first_measured_at"]) == ("tag", 2, "2026-01-31T06:00:00Z")
    assert found["understood"][:3] == ["time: column 'measured_at'", "temperature: column 'temperature_c'", "unit: °C"]
    assert found["understood"][3].startswith("first row: line 2: ")
    found = post(api, LOCAL_CSV, logger_id="tag", time_zone="Europe/Zurich").json()
    assert (found["known"], found["first_measured_at"]) == (1, "2026-01-31T06:00:00Z")


def test_a_log_of_messages_is_its_devices_own(api: httpx.Client) -> None:
    """A hole of a Tasmota's series is filled from the log of its broker, under the same name; a table cannot say so."""
    log = b"".join(
        b'tele/cold-box/SENSOR {"Epoch":%d,"DS18B20":{"Id":"A1","Temperature":-39.8}}\n' % at
        for at in (1_769_839_200, 1_769_839_500)
    )
    found = post(api, log).json()
    assert (found["logger_id"], found["stored"], found["first_measured_at"]) == (
        "tasmota:cold-box", 2, "2026-01-31T06:00:00Z",
    )  # fmt: skip
    assert post(api, log).json()["known"] == 2
    assert "looks like, the id of a device" in refusal(post(api, CSV, logger_id="tasmota:cold-box"), 422)


def test_columns_are_saved_once_for_a_model(api: httpx.Client) -> None:
    """A maker's names for things are explained once, then its files are taken by the model's name."""
    foreign = b"Zeile;Aufgezeichnet;Wert\n1;31.01.2026 07:00;46,4\n"
    mapping = {"model": "Acme 3", "measured_at": "Aufgezeichnet", "temperature": "Wert", "unit": "F"}
    refusal(post(api, foreign, logger_id="tag", time_zone="UTC", model="Acme 3"), 404)
    for unit in ("C", "F"):
        assert api.post("/v1/csv-mappings", json={**mapping, "unit": unit}).status_code == 201
    assert [{**mapping, "unit": "F"}.items() <= saved.items() for saved in all_of(api, "/csv-mappings")] == [True]
    found = post(api, foreign, logger_id="tag", time_zone="Europe/Zurich", model="Acme 3").json()
    assert (found["stored"], found["model"], found["first_measured_at"]) == (1, "Acme 3", "2026-01-31T06:00:00Z")
    logger = get(api, "/loggers/tag")
    assert (logger["model"], logger["last_reading"]["temperature_c"]) == ("Acme 3", 8.0)
    refusal(api.post("/v1/csv-mappings", json={**mapping, "unit": "R"}), 422, "unit")


def test_a_file_is_rejected_whole_with_its_code(api: httpx.Client, connection: Connection) -> None:
    """Half a file would be a record with holes nobody knows of."""
    early = b"measured_at,temperature_c\n1999-01-31T06:00:00Z,-79\n2026-01-31T06:00:00Z,-79\n"
    ahead = f"measured_at,temperature_c\n2026-01-31T06:00:00Z,-79\n{ago(-60)},-79\n".encode()
    broken = CSV + b"2026-01-31T06:10:00Z,cold\n"
    rejected = [
        (BERLINGER, {}, "zone_required"),
        (LOCAL_CSV, {"logger_id": "tag"}, "zone_required"),
        (BERLINGER, {"zone": "Mars/Olympus"}, "zone_unknown"),
        (BERLINGER, {"zone": "Europe/Zurich", "logger_id": "other"}, "logger_mismatch"),
        (CSV, {}, "logger_required"),
        (CSV, {"logger_id": "x" * 129}, "bad_name"),
        (CSV, {"logger_id": "tasmota:freezer"}, "reserved_name"),
        (
            CSV.replace(b"_c\n", b"_c,serial\n").replace(b".8\n", b".8,shelly:x\n").replace(b"HI", b"HI,"),
            {},
            "reserved_name",
        ),
        (b"", {}, "no_readings"),
        (b"hello\n", {}, "unknown_layout"),
        (b"%PDF-1.7", {}, "unknown_layout"),
        (b"\x00" * 50, {}, "unknown_layout"),
        (broken, {"logger_id": "tag"}, "row_unreadable"),
        (early, {"logger_id": "tag"}, "time_too_early"),
        (ahead, {"logger_id": "tag"}, "time_ahead"),
    ]
    for content, form, code in rejected:
        answer = post(api, content, **form)
        refusal(answer, 422)
        assert answer.json()["code"] == code, answer.text
    for field in ("time_zone", "logger_id"):
        refusal(post(api, CSV, **{"logger_id": "tag", field: "nul\x00"}), 422, field)
    for form in ({"time_zone": (None, "UTC")}, {"file": (None, "measured_at")}):
        refusal(api.post("/v1/imports", files=form), 422, "file")
    words = refusal(post(api, CSV, loger_id="tag"), 422, "loger_id")
    assert "there are file, logger_id, model, time_format, time_zone, unit" in words
    assert connection.execute("SELECT FROM readings").fetchall() == []
    assert all_of(api, "/loggers") == []


def test_a_range_learnt_late_judges_earlier_readings_anew(api: httpx.Client, connection: Connection) -> None:
    """While the range is unknown, "HI" proves nothing; once a file tells it, the "HI" of before proves warmth."""
    register_site(api)
    register_container(api, "f1")
    put(api, "/loggers", {"id": "555000111222", "site_id": "zurich"})
    put(api, "/containers/f1/attachments", attachment("555000111222"))
    register_lot(api, "lot", "f1", 100)
    body = [{"measured_at": ago(100 - 5 * i), "temperature_c": "HI"} for i in range(21)]
    api.post("/v1/readings", params={"logger_id": "555000111222"}, json=body)
    evaluate(connection)
    assert get(api, "/lots/lot/status")["verdict"] == "unproven"
    assert post(api, BERLINGER, time_zone="UTC").status_code == 200
    evaluate(connection)
    assert get(api, "/lots/lot/status")["verdict"] == "nonviable"


def test_registering_does_not_forget_what_a_file_said(api: httpx.Client) -> None:
    """Somebody who registers a logger by its name alone does not erase its range."""
    register_site(api)
    post(api, BERLINGER, time_zone="UTC")
    logger = put(api, "/loggers", {"id": "555000111222", "site_id": "zurich", "range_max_c": 10})
    assert (logger["range_min_c"], logger["range_max_c"]) == (-95, 10)
    assert "Ultra Low" in logger["model"]


def test_alerts_are_listed_by_state(api: httpx.Client, connection: Connection) -> None:
    """A freezer beyond its limit for longer than the delay is one alert, naming its lots."""
    register_site(api)
    register_container(api, "f1")
    put(api, "/loggers", {"id": "tag", "site_id": "zurich"})
    put(api, "/containers/f1/attachments", attachment("tag"))
    register_lot(api, "lot", "f1", 30)
    body = [{"measured_at": ago(30 - 5 * i), "temperature_c": -50} for i in range(7)]
    api.post("/v1/readings", params={"logger_id": "tag"}, json=body)
    evaluate(connection)
    evaluate(connection)
    [alert] = [one for one in all_of(api, "/alerts") if one["cause"] == "limit_crossed"]
    assert (alert["container_id"], alert["site_id"], alert["lot_ids"]) == ("f1", "zurich", ["lot"])
    assert (alert["state"], alert["severity"]) == ("firing", "critical")
    assert from_datetime(datetime.fromisoformat(alert["began_at"])) == from_datetime(datetime.fromisoformat(ago(30)))
    assert alert["resolved_at"] is None
    assert alert in all_of(api, "/alerts", state="firing")
    assert all_of(api, "/alerts", state="resolved") == all_of(api, "/alerts", state="pending") == []
    refusal(api.get("/v1/alerts", params={"state": "loud"}), 422, "state")
