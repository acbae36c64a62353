"""Code of others that browsers get from us."""

import re
from hashlib import sha256
from pathlib import Path

VENDOR = Path("service/web/static/vendor")


def test_what_others_wrote_is_what_they_published() -> None:
    """Each file has the sum that is written down beside it, and its licence; nothing else lies there."""
    told = dict(re.findall(r"^\| `([^`]+)` \| .* \| `([0-9a-f]{64})` \|$", (VENDOR / "README.md").read_text(), re.M))
    files = {path.name for path in VENDOR.iterdir()} - {"README.md", "uPlot.d.mts"}  # ours, for tsc
    assert files == {*told, "uPlot.LICENSE"}
    assert {name: sha256((VENDOR / name).read_bytes()).hexdigest() for name in told} == told
    assert "MIT" in (VENDOR / "uPlot.LICENSE").read_text()
