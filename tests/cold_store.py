"""A cold store registered over HTTP, as a client does it, and what a refusal must look like."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from service.domain.clocks import AsOf
from service.domain.instant import from_datetime
from service.evaluator.run import evaluate_once
from service.store.pool import Connection

#: Words of the database, of Python and of libraries: none of a caller's business.
INTERNAL_WORDS = (
    "psycopg",
    "constraint",
    "relation",
    "Key (",
    "fkey",
    "SELECT",
    "Traceback",
    "Value error",
    "Input should",
    "unable to parse",
    "validation",
    "valid integer",
    "valid number",
    "valid string",
    "UploadFile",
    "Expected `",
    " --",
)


class _Now:
    """The moment the store was furnished: equal minutes before it are equal instants."""

    at = datetime.now(UTC)


def ago(minutes: float) -> str:
    """The instant this many minutes before now, as a caller sends it; negative: after."""
    return (_Now.at - timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def put(api: httpx.Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """POST what must be accepted as new."""
    answer = api.post(f"/v1{path}", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def get(api: httpx.Client, path: str, **parameters: Any) -> Any:
    """GET what must be there."""
    answer = api.get(f"/v1{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


def all_of(api: httpx.Client, path: str, **parameters: Any) -> list[Any]:
    """GET a list that is one page."""
    page = get(api, path, **parameters)
    assert page["next"] is None
    items: list[Any] = page["items"]
    return items


def refusal(answer: httpx.Response, status: int, field: str | None = None) -> str:
    """The words of a problem document: of this status, about this field, and without internals."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document.keys() >= {"type", "title", "status", "detail"}
    assert document["status"] == status
    assert not [word for word in INTERNAL_WORDS if word in answer.text], answer.text
    if field is not None:
        assert field in [error["field"] for error in document["errors"]], answer.text
    detail: str = document["detail"]
    assert len(detail) > 10
    return detail


def register_site(api: httpx.Client) -> None:
    """The site, and a product kept at −80 °C; ``ago`` counts from this moment."""
    _Now.at = datetime.now(UTC)
    put(api, "/sites", {"id": "zurich", "name": "Zürich", "time_zone": "Europe/Zurich"})
    put(api, "/products", {"id": "exo-a", "name": "Exosomes A", "profile_id": "cryo-80"})


def register_container(api: httpx.Client, container_id: str, profile_id: str = "cryo-80") -> None:
    """A container at the site."""
    body = {"id": container_id, "site_id": "zurich", "name": container_id, "kind": "freezer", "profile_id": profile_id}
    put(api, "/containers", body)


def register_logger(api: httpx.Client, logger_id: str, range_c: tuple[float | None, float | None] = (-100, 50)) -> None:
    """A logger at the site."""
    body = {"id": logger_id, "site_id": "zurich", "range_min_c": range_c[0], "range_max_c": range_c[1]}
    put(api, "/loggers", body)


def attachment(logger_id: str, attachment_id: str = "attached", /, **more: Any) -> dict[str, Any]:
    """The body that attaches a logger's only probe, settled at once, ten days ago."""
    body = {"id": attachment_id, "logger_id": logger_id, "place": "air", "from": ago(14_400)}
    return {**body, "commissioned_at": ago(14_400), **more}


def furnish(api: httpx.Client, *container_ids: str) -> None:
    """A site, a product, and containers each watched by the logger ``{container}-logger``."""
    register_site(api)
    for container_id in container_ids:
        register_container(api, container_id)
        register_logger(api, f"{container_id}-logger")
        body = attachment(f"{container_id}-logger", f"{container_id}-attached")
        put(api, f"/containers/{container_id}/attachments", body)


def register_lot(
    api: httpx.Client, lot_id: str, container_id: str | None = None, minutes_ago: float = 60
) -> dict[str, Any]:
    """A lot whose life began then, in a container from then on."""
    body = {"id": lot_id, "product_id": "exo-a", "lot_number": lot_id.upper(), "life_starts_at": ago(minutes_ago)}
    created = put(api, "/lots", body)
    if container_id is not None:
        body = {"id": f"{lot_id}-{container_id}", "container_id": container_id, "from": ago(minutes_ago)}
        put(api, f"/lots/{lot_id}/placements", body)
    return created


def send(api: httpx.Client, logger_id: str, temperatures: list[Any], minutes_ago: float = 60, every: float = 5) -> None:
    """Readings at equal intervals, the first of them so long ago."""
    body = [{"measured_at": ago(minutes_ago - i * every), "temperature_c": t} for i, t in enumerate(temperatures)]
    answer = api.post("/v1/readings", params={"logger_id": logger_id}, json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rejected"] is None


def evaluate(connection: Connection) -> None:
    """Evaluate until nothing waits, now."""
    while evaluate_once(connection, AsOf(from_datetime(datetime.now(UTC)))).marks:
        pass
