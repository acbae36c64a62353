"""The commands of docs/mending.md, as somebody pastes them into a shell."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.cold_store import all_of, attachment, put, register_container, register_logger, register_site
from tests.keyed import KEY

PAGE = Path(__file__).parents[3] / "docs/mending.md"


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
def test_every_command_of_the_page_works_at_the_first_try(api: httpx.Client) -> None:
    """Whoever puts something right has no time to guess which field is missing."""
    register_site(api)
    for container, logger in (("zrh-ult-1", "ml-4101"), ("zrh-ult-2", "ml-4102")):
        register_container(api, container)
        register_logger(api, logger)
        put(api, f"/containers/{container}/attachments", attachment(logger, f"{container}-{logger}"))
    lot = {"id": "mx-1043", "product_id": "exo-a", "lot_number": "MX-1043", "life_starts_at": "2026-01-01T00:00:00Z"}
    put(api, "/lots", lot)
    body = {"id": "mx-1043-zrh-ult-2", "container_id": "zrh-ult-2", "from": "2026-01-01T00:00:00Z"}
    put(api, "/lots/mx-1043/placements", body)
    text = PAGE.read_text(encoding="utf-8")
    [block] = re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"POST /v1/\S*?([a-z-]+)`", text)) == set(
        re.findall(r"^post \S*?([a-z-]+) <<END", block, re.M)
    )
    script = "set -e\n" + block.replace("localhost:8000", f"{api.base_url.host}:{api.base_url.port}")
    environment = {**os.environ, "UNBROKEN_API_KEY": KEY}
    done = subprocess.run(
        ["/bin/bash", "-c", script], capture_output=True, text=True, timeout=60, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [row["kind"] for row in all_of(api, "/corrections")] == ["absence", "placement"]
    assert all_of(api, "/loggers/ml-4102/clock-mends")[0]["offset_s"] == 30
