"""What is written about the product names all that is in it."""

import re
from pathlib import Path

from service.domain.verdict import REASON_CODES

ROOT = Path(__file__).parents[2]


def test_every_reason_code_is_documented_in_the_same_words() -> None:
    """A reason is told in the words it is documented in."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \|$", (ROOT / "docs/verdicts.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == REASON_CODES


def test_every_rejection_of_a_message_is_documented() -> None:
    """Whoever finds a rejected message finds what its code means."""
    code = "".join(
        (ROOT / name).read_text(encoding="utf-8")
        for name in ("service/formats/coldchain_v1.py", "ingest/messages.py", "ingest/writer.py")
    )
    raised = set(re.findall(r'Reject(?:ion|ed)\(\s*(?:messages\[0\], )?"(\w+)"', code))
    documented = set(
        re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/payloads.md").read_text(encoding="utf-8"), re.MULTILINE)
    )
    assert raised
    assert raised <= documented
