"""Whatever somebody unknown sends, or an admin, nothing is told and done that is not theirs, and nothing breaks."""

from collections.abc import Set

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from service.domain.identity.caller import Role
from service.domain.identity.permissions import PERMISSIONS
from service.store.pool import Connection
from tests.callers import called_by_nobody, calling
from tests.routes import address, answering

# The pool of the service, in its own thread, draws from Python's one source of random numbers whenever it connects.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning"
)

_PROMISES = [not_a_server_error, status_code_conformance, content_type_conformance]


@pytest.mark.long
def test_whatever_nobody_sends_is_refused_as_promised(api: httpx.Client, http_service: FastAPI) -> None:
    """Who tries addresses without a key finds no error that helps, and no lot."""
    public = {address(route) for route in answering(http_service) if PERMISSIONS[route.name].roles is None}
    with called_by_nobody(api):
        taken = _taken(api)
    assert taken <= public


@pytest.mark.long
def test_whatever_an_admin_sends_is_taken_or_refused_as_promised(
    api: httpx.Client, http_service: FastAPI, connection: Connection
) -> None:
    """Who gives others their roles cannot mend, move or release anything by that."""
    own = {
        address(route)
        for route in answering(http_service)
        if (roles := PERMISSIONS[route.name].roles) is None or not roles or Role.ADMIN in roles
    }
    with calling(api, connection, (Role.ADMIN, None)):
        taken = _taken(api)
    assert taken <= own
    assert "GET /v1/audit" in taken


def _taken(api: httpx.Client) -> Set[str]:
    """Whatever is asked, each route twice: where that was taken."""
    headers = {"Authorization": api.headers["Authorization"]} if "Authorization" in api.headers else {}
    taken: set[str] = set()
    schema = schemathesis.openapi.from_url(f"{api.base_url}/openapi.json").exclude(path="/v1/events")  # without end
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=2,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(base_url=str(api.base_url), headers=headers, checks=_PROMISES)
            if answer.status_code < 400:
                taken.add(f"{case.method} {case.operation.path}")

        ask()
    return taken
