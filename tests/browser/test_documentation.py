"""The API's documentation, as a developer in a hospital opens it."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_accessible import hindrances

pytestmark = pytest.mark.browser


def test_documentation_needs_no_other_machine(api: httpx.Client, page: Page) -> None:
    """Behind a firewall the documentation is there all the same."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{api.base_url}/docs")
    assert answer is not None
    assert "unsafe" not in answer.headers["content-security-policy"]
    expect(page.get_by_text("/v1/lots/{lot_id}/status")).to_be_visible()
    # What is left is Swagger UI's own: a list without a name, and buttons within buttons.
    assert [one for one in hindrances(page, "docs") if not re.search("select-name|nested-interactive", one)] == []
    page.get_by_text("/v1/lots/{lot_id}/status").click()
    expect(page.get_by_text("Responses", exact=True).first).to_be_visible()
    assert all(url.startswith((str(api.base_url), "data:")) for url in asked), asked
