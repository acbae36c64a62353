"""A house full of open screens."""

import httpx
import pytest

from service.store.pool import Connection
from tests.streams import all_end_at_the_last_state


@pytest.mark.acceptance
@pytest.mark.long
def test_two_hundred_screens_end_at_the_last_state(api: httpx.Client, connection: Connection) -> None:
    """A thousand changes, one after the other: none of them is left with what was so before the last."""
    all_end_at_the_last_state(api, connection, listeners=200, changes=1_000)
