"""Files of real devices, by three ways, against what the devices counted themselves."""

from pathlib import Path
from typing import Any

import pytest

from service.domain.profiles import Direction, Effect, Limit, Profile
from service.store.migrate import migrate
from service.store.pool import connect
from service.store.profiles import add_profile_if_new
from tests.acceptance.conftest import Service, eventually

FILES = Path(__file__).parents[3] / "shared" / "data" / "loggers"
QTAG = FILES / "RCPJ00010_03_202304201359.txt"
ULTRA_LOW = FILES / "100800001215_202304201410.txt"
ZONE = "+00:00"

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FILES.is_dir(), reason="../shared/data/loggers is absent"),
]

#: The Q-tag computes its mean kinetic temperature with ΔH 83.0 kJ/mol.
QTAG_PROFILE = Profile(
    id="q-tag",
    version=1,
    name="As the Q-tag was set",
    limits=(Limit(Direction.ABOVE, 8.0, Effect.CONDEMNS, budget_s=3_600),),
    max_gap_s=2_100,
    activation_energy_kj_per_mol=83.0,
    source="the device's own settings",
)

#: Minutes the Fridge-tag counted above −60 °C on each day.
DEVICE_MINUTES = {"2023-04-17": 474, "2023-04-18": 1_440, "2023-04-19": 1_440, "2023-04-20": 834}


def set_up(
    service: Service, logger_id: str, profile: Profile, window: tuple[str, str], lots: dict[str, tuple[str, str]]
) -> None:
    with connect(service.database_url, application="tests") as connection:
        migrate(connection)
        add_profile_if_new(connection, profile)
    service.start("serve", "evaluate", "ingest")
    service.post("/v1/sites", {"id": "site", "name": "Site", "time_zone": "Europe/Zurich"})
    service.post("/v1/products", {"id": "product", "name": "Product", "profile_id": profile.id})
    container = {"id": "box", "site_id": "site", "name": "Box", "kind": "shipper", "profile_id": profile.id}
    service.post("/v1/containers", container)
    service.post("/v1/loggers", {"id": logger_id, "site_id": "site"})
    service.post(
        "/v1/containers/box/attachments",
        {
            "id": "a",
            "logger_id": logger_id,
            "place": "product",
            "from": window[0],
            "until": window[1],
            "commissioned_at": window[0],
        },
    )
    for lot_id, (starts, ends) in lots.items():
        lot = {
            "id": lot_id,
            "product_id": "product",
            "lot_number": lot_id,
            "life_starts_at": starts,
            "life_ends_at": ends,
        }
        service.post("/v1/lots", lot)
        service.post(f"/v1/lots/{lot_id}/placements", {"id": lot_id, "container_id": "box", "from": starts})


def evaluated(service: Service, logger_id: str, readings: int) -> None:
    def done() -> bool:
        with connect(service.database_url, application="tests") as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM readings JOIN series ON series.id = series_id "
                "WHERE logger_id = %s) AS n, (SELECT count(*) FROM dirty) AS waiting",
                [logger_id],
            ).fetchone()
        return row == {"n": readings, "waiting": 0}

    eventually(done, 30, "readings stored and evaluated")


def above(service: Service, lot_id: str) -> dict[str, Any]:
    lot = service.get(f"/v1/lots/{lot_id}")
    assert isinstance(lot, dict)
    return {**lot["status"]["limits"][0], **lot["temperatures"]}


@pytest.mark.parametrize("way", ["replay", "import"])
def test_q_tag_is_judged_as_it_judged_itself(service: Service, way: str) -> None:
    """Seventy hours above 8 °C: 4,226 minutes by the device, whose first interval it does not count."""
    starts, ends = "2023-04-17T15:23:00Z", "2023-04-20T13:59:00Z"
    set_up(service, "RCPJ00010", QTAG_PROFILE, (starts, ends), {"lot": (starts, ends)})
    if way == "replay":
        service.command("simulate", "--replay", str(QTAG), "--logger", "RCPJ00010", "--zone", ZONE)
    else:
        service.command("import", str(QTAG), "--zone", ZONE)
    evaluated(service, "RCPJ00010", 424)
    found = above(service, "lot")
    assert found["certain_s"] / 60 == pytest.approx(4_226, abs=20)
    assert found["mean_kinetic_c"] == pytest.approx(10.48, abs=0.05)
    assert service.get("/v1/rejected-messages") == []


@pytest.mark.parametrize("way", ["replay", "import"])
def test_fridge_tag_counts_lie_between_our_bounds_on_each_day(service: Service, way: str) -> None:
    """Rows without a number prove nothing: certain ≤ what the device counted ≤ possible."""
    cryo = Profile(
        id="ultra-low",
        version=1,
        name="As the Fridge-tag was set",
        limits=(Limit(Direction.ABOVE, -60.0, Effect.CONDEMNS, budget_s=3_600),),
        max_gap_s=900,
    )
    window = ("2023-04-17T16:06:00Z", "2023-04-20T14:10:00Z")
    days = {
        "2023-04-17": (window[0], "2023-04-18T00:00:00Z"),
        "2023-04-18": ("2023-04-18T00:00:00Z", "2023-04-19T00:00:00Z"),
        "2023-04-19": ("2023-04-19T00:00:00Z", "2023-04-20T00:00:00Z"),
        "2023-04-20": ("2023-04-20T00:00:00Z", window[1]),
    }
    set_up(service, "100800001215", cryo, window, days)
    if way == "replay":
        service.command(
            "simulate", "--replay", str(ULTRA_LOW), "--logger", "100800001215", "--zone", ZONE, "--per-message", "50"
        )
    else:
        service.command("import", str(ULTRA_LOW), "--zone", ZONE)
    evaluated(service, "100800001215", 841)
    for day, minutes in DEVICE_MINUTES.items():
        found = above(service, day)
        assert found["certain_s"] <= minutes * 60 <= found["possible_s"]
        assert found["possible_s"] - found["certain_s"] <= 20 * 60


def test_judge_says_the_same_without_a_server(service: Service) -> None:
    """A file is judged on a laptop as it is in the cold store."""
    said = service.command("judge", str(QTAG), "--profile", "lyophilised-2-8", "--zone", ZONE)
    assert "above 8 °C               4236.00   4236.00        60" in said
    assert "mean kinetic temperature 10.48 °C" in said
    said = service.command("judge", str(ULTRA_LOW), "--profile", "cryo-80", "--zone", ZONE)
    lines = said.splitlines()
    for day, minutes in DEVICE_MINUTES.items():
        line = lines[lines.index(f"on {day}") + 1]
        certain, possible = (float(number) for number in line.split()[3:5])
        assert certain <= minutes <= possible
