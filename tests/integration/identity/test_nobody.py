"""Whatever somebody unknown sends, nothing is told and nothing breaks."""

import httpx
import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from service.domain.identity.permissions import PERMISSIONS
from tests.callers import called_by_nobody
from tests.routes import answering

_PROMISES = [not_a_server_error, status_code_conformance, content_type_conformance]


@pytest.mark.long
# The pool of the service, in its own thread, draws from Python's one source of random numbers whenever it connects.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
def test_whatever_nobody_sends_is_refused_as_promised(api: httpx.Client, http_service: FastAPI) -> None:
    """Who tries addresses without a key finds no error that helps, and no lot."""
    public = {route.path for route in answering(http_service) if PERMISSIONS[route.name].roles is None}
    taken: list[str] = []

    with called_by_nobody(api):
        for found in schemathesis.openapi.from_url(f"{api.base_url}/openapi.json").get_all_operations():
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
                answer = case.call_and_validate(base_url=str(api.base_url), checks=_PROMISES)
                if answer.status_code < 400 and case.operation.path not in public:
                    taken.append(f"{case.method} {case.operation.path}: {answer.status_code}")

            ask()
    assert not taken, "\n".join(taken)
