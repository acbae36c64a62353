"""What a caller of one site is told of another: nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from fastapi import FastAPI

from service.domain.identity.caller import Role
from service.store.pool import Connection
from tests.callers import calling
from tests.cold_store import get
from tests.routes import answering as routes_of
from tests.told import frozen, told
from tests.two_sites import GTIN, add_product, furnish_site, ids_at

#: Of whoever may do everything at one site.
ALL_AT_ZURICH = tuple((role, "zurich") for role in Role)

#: What answers nothing about what is kept, or nothing to whoever has no grant at all sites; and what never ends, of
#: which tests/integration/live/test_events.py asks the same.
_OF_THE_SERVICE = {"get_events", "get_liveness", "get_readiness", "show_documentation", "show_icon", "get_metrics"}

#: Numbers of alerts, silences and messages: those of the first site, those that the second gets, and none.
_NUMBERS = {
    "alert_id": 16,
    "silence_id": 3,
    "message_id": 3,
    "change_id": 40,
    "move_id": 3,
    "recall_id": 3,
    "kiosk_id": 3,
    "alias_id": 3,
    "handover_id": 3,
}


def asked(application: FastAPI) -> Iterator[str]:
    """Every address that can be read: of the first site, of the second, and of what there is at neither."""
    for route in routes_of(application):
        if "GET" not in route.methods or route.name in _OF_THE_SERVICE:
            continue
        path = route.path.replace(":path}", "}")
        numbered = next((name for name in _NUMBERS if name in path), None)
        for number in range(1, _NUMBERS[numbered] if numbered else 2):
            for site in ("zurich", "bern"):
                yield path.format(**ids_at(site), **dict.fromkeys(_NUMBERS, number), token=site)
        if "list" in route.name:
            yield f"{path.format(**ids_at('zurich'), **dict.fromkeys(_NUMBERS, 1))}?limit=1"
    for search in ("q=bern", "site_id=bern", "container_id=bern-freezer", "answer=not_proven", "verdict=nonviable"):
        yield f"/v1/lots?{search}"
    yield from ("/v1/lots/counts?site_id=bern", "/v1/containers?site_id=bern", "/v1/alerts?state=pending")
    yield from ("/v1/loggers?attached=true", "/v1/loggers?silent_for_s=0", "/v1/rejected-messages?topic=coldchain")
    yield from ("/v1/notifications?alert_id=9", "/v1/silences?state=in_force")
    yield from ("/?q=bern", "/?answer=not_proven", "/?answer=do_not_use", "/?container=bern-freezer")
    for code in ("BERN", "bern-lot", "bern-freezer", "bern-logger", f"(01){GTIN}(10)BERN", f"01{GTIN}10BERN"):
        yield from (f"/v1/scan?code={code}", f"/scan?code={code}")
    yield from ("/wall?site=bern", "/downtime?site=bern", "/downtime?container=bern-freezer")


@pytest.mark.long
def test_what_another_site_keeps_changes_no_byte(
    api: httpx.Client, http_service: FastAPI, connection: Connection
) -> None:
    """Two hospitals on one service learn nothing of each other, not even that the other is there."""
    add_product(api)
    furnish_site(api, connection, "zurich")
    paths, shown = sorted(set(asked(http_service))), ["/v1/lots", "/v1/alerts", "/v1/corrections", "/", "/alerts"]
    at = datetime.now(UTC) + timedelta(minutes=10)
    with frozen(http_service, at):
        everywhere = told(api, shown)
        with calling(api, connection, *ALL_AT_ZURICH):
            before = told(api, paths)
    numbers = furnish_site(api, connection, "bern")
    numbers["change_id"] = max((one["id"] for one in get(api, "/changes")["items"]), default=0)
    assert all(numbers[name] < most for name, most in _NUMBERS.items()), numbers
    with frozen(http_service, at):
        for path, answer in told(api, shown).items():
            assert answer != everywhere[path], f"{path} shows what another site keeps, to whoever may see it"
        with calling(api, connection, *ALL_AT_ZURICH):
            after = told(api, paths)
    differ = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
    assert not differ, "\n".join(f"{path}\n  {before.get(path)}\n  {after.get(path)}" for path in sorted(differ))
    assert sum(status == 200 for status, _, _ in before.values()) > 60
    assert not [path for path, (_, _, body) in after.items() if b"bern" in body and "bern" not in path]
