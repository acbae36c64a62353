"""Whose a logger's id is: that of a foreign device begins with its dialect, and nobody else may bear such a one."""

import re
import unicodedata
from functools import lru_cache
from urllib.parse import unquote

from service.formats.reading import Rejection
from service.formats.wording import shown

#: The dialects whose loggers' ids begin with their name and a colon.
FOREIGN = ("thingsboard", "chirpstack", "ttn", "tasmota", "zigbee2mqtt", "shelly")

_KEPT = 1 << 16
#: What looks like a letter of such a name, or like a colon, and is none for Unicode's own folding either.
_LOOKS_LIKE = str.maketrans(
    "аԁегһіӏкморԛгѕтуɑɡıοαικρτυ∶꞉ː˸։׃",  # Cyrillic, Latin and Greek letters, and colons of six scripts
    "aderhilkmopqrstyagioaikptu::::::",
)
_ONLY_DIALECT = re.compile(r"\w+:")


@lru_cache(maxsize=_KEPT)
def refuse_foreign(logger_id: str) -> None:
    """Refuse the id of a foreign device, or what a person would take for one, to whoever does not come in its dialect.

    Raises:
        Rejection: ``reserved_name``.
    """
    dialect, colon, _ = _folded(logger_id).partition(":")
    if colon and dialect.strip() in FOREIGN:
        raise Rejection(
            "reserved_name",
            f"{shown(logger_id)} is, or looks like, the id of a device heard in the dialect {dialect.strip()}, which "
            "comes from that device's own topic alone; give the logger a name of its own",
        )


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", unquote(text)).casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).translate(_LOOKS_LIKE)


def names_no_device(logger_id: str) -> bool:
    """Whether a foreign id is a dialect and nothing after it: the topic had an empty level where a device belongs."""
    return _ONLY_DIALECT.fullmatch(logger_id) is not None
