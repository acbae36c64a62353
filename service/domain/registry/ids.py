"""Ids that people give: fit for addresses, labels and topics."""

import re
import unicodedata

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")

#: As a JSON schema says it.
PATTERN = f"^{_ID.pattern}$"

_LONGEST = 64


def why_no_id(text: str) -> str | None:
    """Why a text cannot be an id; None: it can."""
    if _ID.fullmatch(text):
        return None
    return "use 1 to 64 of A–Z, a–z, 0–9, '.', '_' and '-', the first a letter or digit"


def id_from(name: str) -> str:
    """An id that people recognise the name in: ``'zurich-clinic'`` of 'Zürich clinic'; empty: there is none in it."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-._")[:_LONGEST].strip("-._")
