"""Pages while the database is away."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from service.settings import Settings
from tests.serving import served


@pytest.fixture
def away(http_service: FastAPI) -> Iterator[httpx.Client]:
    """A client of the HTTP service over a database that nobody answers for."""
    http_service.state.settings = Settings(database_url="postgresql://127.0.0.1:1/nothing")
    with served(http_service) as client:
        yield client


def test_without_a_database_there_is_no_answer(away: httpx.Client) -> None:
    """An old answer is worse than none: the page says that nobody knows, and what to do meanwhile."""
    answer = away.get("/", timeout=30)
    assert answer.status_code == 503
    assert "The database cannot be reached" in answer.text
    assert "keep it cold, set it apart, tell quality" in answer.text
    assert "May be used" not in answer.text
