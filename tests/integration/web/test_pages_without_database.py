"""Pages while the database is away."""

import httpx
import pytest


@pytest.fixture
def database_url() -> str:
    """An address nobody answers at."""
    return "postgresql://127.0.0.1:1/nothing"


def test_without_a_database_there_is_no_answer(api: httpx.Client) -> None:
    """An old answer is worse than none: the page says that nobody knows, and what to do meanwhile."""
    answer = api.get("/", timeout=30)
    assert answer.status_code == 503
    assert "The database cannot be reached" in answer.text
    assert "keep it cold, set it apart, tell quality" in answer.text
    assert "May be used" not in answer.text
