"""Which courses are played, and the page that a soak run leaves."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog

from tests.differential.report import PAGE, RESULTS, page
from tests.seeds import drawn

#: Batches of 25 courses, and how many of them are nights too.
_SOAK_BATCHES, _SOAK_NIGHTS = 40, 10


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """CI plays the same courses every time, a soak run others; COURSES=7.3 plays course 3 of batch 7 alone."""
    if "batch" in metafunc.fixturenames:
        given = os.environ.get("COURSES")
        count = _SOAK_NIGHTS if "night" in metafunc.module.__name__ else _SOAK_BATCHES
        many = drawn(metafunc, count) if metafunc.config.getoption("--soak") else ["0"]
        metafunc.parametrize("batch", given.split(",") if given else many)


def pytest_terminal_summary(config: pytest.Config) -> None:
    """A whole soak run leaves docs/differential.md."""
    if config.getoption("--soak") and RESULTS and not config.getoption("keyword"):
        PAGE.write_text(page(RESULTS, datetime.now(UTC)), encoding="utf-8")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Without a line for every verdict that changes: there are thousands."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    yield
    structlog.configure(**before)
