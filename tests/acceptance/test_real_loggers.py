"""Files of real devices, by three ways, against what the devices counted themselves."""

from datetime import datetime
from math import floor
from pathlib import Path
from typing import Any

import pytest

from service.domain.profiles import Direction, Effect, Limit, Profile
from service.store.migrate import migrate
from service.store.pool import connect
from service.store.registry.profiles import add_profile_if_new
from tests.acceptance.conftest import Service, eventually
from tests.acting import TESTER

FILES = Path(__file__).parents[3] / "shared" / "data" / "loggers"
QTAG = FILES / "RCPJ00010_03_202304201359.txt"
ULTRA_LOW = FILES / "100800001215_202304201410.txt"
ZONE = "+00:00"

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not FILES.is_dir(), reason="../shared/data/loggers is absent"),
]

#: Two readings of each device lie this far apart, minutes.
QTAG_INTERVAL, ULTRA_LOW_INTERVAL = 10, 5

#: The Q-tag's alarms 1 (a single event) and 2 (cumulative), its two for the cold, and its ΔH of 83.0 kJ/mol.
QTAG_PROFILE = Profile(
    id="q-tag",
    version=1,
    name="As the Q-tag was set",
    limits=(
        Limit(Direction.ABOVE, 8.0, Effect.CONDEMNS, budget_s=None, single_s=1_800),
        Limit(Direction.ABOVE, 8.0, Effect.CONDEMNS, budget_s=3_600),
        Limit(Direction.BELOW, 2.0, Effect.CONDEMNS, budget_s=3_600, single_s=1_800),
    ),
    max_gap_s=2_100,
    activation_energy_kj_per_mol=83.0,
    source="the device's own settings",
)
QTAG_ALARMS = ["2023-04-17T16:03:00Z", "2023-04-17T16:33:00Z", None]

#: Both alarms of the Fridge-tag are single events: its manual says that cumulative time is not used for any.
ULTRA_LOW_PROFILE = Profile(
    id="ultra-low",
    version=1,
    name="As the Fridge-tag was set",
    limits=(
        Limit(Direction.ABOVE, -60.0, Effect.CONDEMNS, budget_s=None, single_s=3_600),
        Limit(Direction.BELOW, -90.0, Effect.CONDEMNS, budget_s=None, single_s=3_600),
    ),
    max_gap_s=900,
)
ULTRA_LOW_ALARM = "2023-04-17T17:06:00Z"

#: Minutes the Fridge-tag counted above −60 °C on each day.
DEVICE_MINUTES = {"2023-04-17": 474, "2023-04-18": 1_440, "2023-04-19": 1_440, "2023-04-20": 834}


def set_up(
    service: Service, logger_id: str, profile: Profile, window: tuple[str, str], lots: dict[str, tuple[str, str]]
) -> None:
    with connect(service.database_url, application="tests", actor=TESTER) as connection:
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
        with connect(service.database_url, application="tests", actor=TESTER) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM readings JOIN series ON series.id = series_id "
                "WHERE logger_id = %s) AS n, (SELECT count(*) FROM dirty) AS waiting",
                [logger_id],
            ).fetchone()
        return row == {"n": readings, "waiting": 0}

    eventually(done, 30, "readings stored and evaluated")


def told(service: Service, lot_id: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
    """What is said of a lot: limit by limit, and its temperatures."""
    lot = service.get(f"/v1/lots/{lot_id}")
    assert isinstance(lot, dict)
    return lot["status"]["limits"], lot["temperatures"]


def minutes_apart(one: str, other: str) -> float:
    """How far two instants are from one another."""
    return abs((datetime.fromisoformat(one) - datetime.fromisoformat(other)).total_seconds()) / 60


@pytest.mark.parametrize("way", ["replay", "import"])
def test_q_tag_is_judged_as_it_judged_itself(service: Service, way: str) -> None:
    """Seventy hours above 8 °C: 4,226 minutes by the device, whose first interval it does not count.

    Its alarm for a single event came after half an hour of that, the cumulative one after an hour; none for the cold.
    """
    starts, ends = "2023-04-17T15:23:00Z", "2023-04-20T13:59:00Z"
    set_up(service, "RCPJ00010", QTAG_PROFILE, (starts, ends), {"lot": (starts, ends)})
    if way == "replay":
        service.command("simulate", "--replay", str(QTAG), "--logger", "RCPJ00010", "--zone", ZONE)
    else:
        service.command("import", str(QTAG), "--zone", ZONE)
    evaluated(service, "RCPJ00010", 424)
    limits, temperatures = told(service, "lot")
    single, cumulative, cold = limits
    # Two intervals a day would allow four times as much over these days.
    assert cumulative["certain_s"] / 60 == pytest.approx(4_226, abs=2 * QTAG_INTERVAL)
    assert single["longest_certain_s"] == cumulative["certain_s"]
    assert cold["possible_s"] == 0
    for limit, alarm in zip(limits, QTAG_ALARMS, strict=True):
        assert (limit["exceeded_at"] is None) == (alarm is None)
        assert alarm is None or minutes_apart(limit["exceeded_at"], alarm) <= 2 * QTAG_INTERVAL
    assert minutes_apart(single["exceeded_at"], cumulative["exceeded_at"]) == 30
    assert (temperatures["minimum_c"], temperatures["maximum_c"]) == (9.7, 12.7)
    # The device cuts its figures to a tenth.
    assert floor(temperatures["mean_c"] * 10) / 10 == 10.4
    assert floor(temperatures["mean_kinetic_c"] * 10) / 10 == 10.4
    assert temperatures["mean_kinetic_c"] == pytest.approx(10.48, abs=0.01)
    assert service.all_of("/v1/rejected-messages") == []


@pytest.mark.parametrize("way", ["replay", "import"])
def test_fridge_tag_is_judged_as_it_judged_itself_on_each_day(service: Service, way: str) -> None:
    """Rows without a number prove nothing: certain ≤ what the device counted ≤ possible, and no day is far off.

    Its alarm came when a single event, the first, had lasted for an hour, and it was in alarm from then on.
    """
    window = ("2023-04-17T16:06:00Z", "2023-04-20T14:10:00Z")
    days = {
        "2023-04-17": (window[0], "2023-04-18T00:00:00Z"),
        "2023-04-18": ("2023-04-18T00:00:00Z", "2023-04-19T00:00:00Z"),
        "2023-04-19": ("2023-04-19T00:00:00Z", "2023-04-20T00:00:00Z"),
        "2023-04-20": ("2023-04-20T00:00:00Z", window[1]),
    }
    set_up(service, "100800001215", ULTRA_LOW_PROFILE, window, {**days, "whole": window})
    if way == "replay":
        service.command(
            "simulate", "--replay", str(ULTRA_LOW), "--logger", "100800001215", "--zone", ZONE, "--per-message", "50"
        )
    else:
        service.command("import", str(ULTRA_LOW), "--zone", ZONE)
    evaluated(service, "100800001215", 841)
    for day, minutes in DEVICE_MINUTES.items():
        (warm, cold), _ = told(service, day)
        assert warm["certain_s"] <= minutes * 60 <= warm["possible_s"]
        assert warm["certain_s"] / 60 == pytest.approx(minutes, abs=2 * ULTRA_LOW_INTERVAL)
        assert warm["possible_s"] - warm["certain_s"] <= 20 * 60
        assert cold["certain_s"] == 0
    (warm, cold), _ = told(service, "whole")
    assert minutes_apart(warm["exceeded_at"], ULTRA_LOW_ALARM) <= 2 * ULTRA_LOW_INTERVAL
    assert cold["exceeded_at"] is None
    assert warm["longest_certain_s"] / 60 == pytest.approx(sum(DEVICE_MINUTES.values()), abs=2 * ULTRA_LOW_INTERVAL)


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
