"""Charts of lots and containers."""

from datetime import datetime

import httpx
import numpy as np
import pytest

from service.answers.charts import strip_of
from service.answers.measured import Measured
from service.domain.instant import SECOND_US, from_datetime
from service.domain.series.strip import Strip, by
from service.store.pool import Connection
from service.store.series.mended import load_mendings
from tests.cold_store import ago, attachment, evaluate, furnish, get, put, refusal, register_logger, register_lot, send

HOUR_US = 3_600 * SECOND_US


def ms(minutes_ago: float) -> int:
    """That instant as a chart has it."""
    return from_datetime(datetime.fromisoformat(ago(minutes_ago))) // 1000


def test_a_chart_of_a_lot_tells_all_that_happened_to_it(api: httpx.Client, connection: Connection) -> None:
    """Two freezers, one warm hour, one silent: lines, limits, spans and places, each where it belongs."""
    furnish(api, "f1", "f2")
    register_lot(api, "lot", "f1", 300)
    send(api, "f1-logger", [-80] * 22, 300)
    put(api, "/lots/lot/placements", {"id": "moved", "container_id": "f2", "from": ago(200)})
    send(api, "f2-logger", [-80, -80, -40, -40, -40, "HI", -80], 210, every=10)
    send(api, "f2-logger", [-80] * 5, 40, every=10)
    evaluate(connection)
    found = get(api, "/lots/lot/chart")
    assert found["whole_ms"][0] == ms(300)
    assert found["time_zone"] == "Europe/Zurich"
    assert [(one["container_id"], one["from_ms"]) for one in found["places"]] == [("f1", ms(300)), ("f2", ms(200))]
    f1, f2 = found["lines"]
    assert (f1["logger_id"], len(f1["at_ms"]), f1["mean_c"], f1["coldest_c"]) == ("f1-logger", 20, [], [])
    # The line breaks where nobody measured.
    assert f2["warmest_c"] == [-80, -40, -40, -40, "HI", -80, None, -80, -80, -80, -80, -80]
    [above, *_] = found["limits"]
    assert (above["direction"], above["threshold_c"], above["effect"]) == ("above", -60, "condemns")
    assert [until - from_ms for from_ms, until in above["beyond_ms"]] == [pytest.approx(40 * 60_000, abs=500_000)]
    assert found["gaps_ms"] == [[ms(150), ms(40)]]
    near = get(api, "/lots/lot/chart", **{"from": ago(185), "until": ago(165), "points": 50})
    assert [line["container_id"] for line in near["lines"]] == ["f2"]
    assert near["lines"][0]["warmest_c"] == [-40, -40]
    assert (near["from_ms"], near["until_ms"], near["whole_ms"][0]) == (ms(185), ms(165), ms(300))
    refusal(api.get("/v1/lots/lot/chart", params={"from": ago(5), "until": ago(5)}), 422, "until")
    assert "no lot 'no'" in refusal(api.get("/v1/lots/no/chart"), 404)


def test_a_chart_of_a_container_shows_every_probe_in_it(api: httpx.Client, connection: Connection) -> None:
    """Also the one in the room, and what has been silent until now; a container nobody measured has an empty one."""
    furnish(api, "f1", "f2")
    register_logger(api, "room")
    put(api, "/containers/f1/attachments", attachment("room", "a-room", place="ambient"))
    for logger_id, temperature in (("f1-logger", -80), ("room", 21)):
        send(api, logger_id, [temperature] * 6, 120, every=10)
    evaluate(connection)
    found = get(api, "/containers/f1/chart", **{"from": ago(120)})
    assert {(one["logger_id"], *one["warmest_c"]) for one in found["lines"]} == {
        ("f1-logger", *[-80] * 6),
        ("room", *[21] * 6),
    }
    assert found["gaps_ms"][-1][0] == ms(70)
    assert all(line["warmest_c"] == [] for line in get(api, "/containers/f2/chart")["lines"])


def test_hours_and_days_show_what_all_readings_show(api: httpx.Client, connection: Connection) -> None:
    """Neither a calibration, nor an impossible number, nor a logger that said two things hides the warmest minute."""
    furnish(api, "f1")
    chance = np.random.default_rng(15)
    temperatures: list[float | str | None] = (chance.normal(-80, 1, 6000).round(2)).tolist()
    for at, odd in ((700, -31.5), (701, "HI"), (2200, 500.0), (2900, None), (3500, "LO"), (4100, -12.25)):
        temperatures[at] = odd
    send(api, "f1-logger", temperatures, 6000, every=1)
    send(api, "f1-logger", [-20.5], 6000 - 5000, every=1)
    made = {"certificate": "C", "as_found": "pass"}
    put(api, "/loggers/f1-logger/calibrations", {**made, "id": "c1", "from": ago(5000.5), "slope": 1.02})
    put(api, "/loggers/f1-logger/calibrations", {**made, "id": "c2", "from": ago(2345.5), "offset_c": -0.5})
    evaluate(connection)
    [series_id] = [row["id"] for row in connection.execute("SELECT id FROM series").fetchall()]
    mending = load_mendings(connection, [series_id])[series_id]
    all_of_it = Measured("f1", series_id, ms(5900) * 1000, ms(70) * 1000)

    def hourly(length_s: int | None) -> Strip:
        strip = strip_of(connection, all_of_it, mending, length_s)
        return by(strip, strip.first_us // HOUR_US)

    read, rolled_up = hourly(None), hourly(3_600)
    assert len(read) == len(rolled_up) > 90
    np.testing.assert_allclose(rolled_up.coldest_c, read.coldest_c)
    np.testing.assert_allclose(rolled_up.warmest_c, read.warmest_c)
    np.testing.assert_allclose(rolled_up.mean_c, read.mean_c)
    np.testing.assert_array_equal(rolled_up.left_out, read.left_out)
    warmest_c = set(read.warmest_c.round(3).tolist())
    assert {np.inf, -12.75, -21.0} <= warmest_c
    drawn = get(api, "/containers/f1/chart", points=10, **{"from": ago(5900), "until": ago(70)})["lines"][0]
    assert len(drawn["at_ms"]) <= 11
    assert "HI" in drawn["warmest_c"]
    assert "LO" in drawn["coldest_c"]
    # No mean is of HI and LO, and it says how many there are.
    assert sum(drawn["left_out"]) == 2
