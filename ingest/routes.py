"""Which dialect a topic is spoken in: the operator's table of topic filters."""

from collections.abc import Mapping
from functools import lru_cache

from paho.mqtt.client import topic_matches_sub

from ingest.liveness import ECHO
from service.errors import SettingError
from service.formats.dialect import Dialect
from service.formats.dialects import DEFAULT_TABLE, DIALECTS, WITH_THEIR_OWN_TIME

_KEPT_TOPICS = 1 << 16


class Routes:
    """The table of UNBROKEN_DIALECTS. Where two filters fit a topic, the one written first counts.

    Attributes:
        filters: what to subscribe to, as written.
        lacks_times: some of these dialects may not say when they measured.
    """

    def __init__(self, table: Mapping[str, str]) -> None:
        """Check and take the table.

        Raises:
            SettingError: a filter is none, or a dialect is not known.
        """
        self.filters = list(table)
        self.lacks_times = not WITH_THEIR_OWN_TIME.issuperset(table.values())
        self._dialects = [(_filter(written), _dialect(written, name)) for written, name in table.items()]
        #: The decoder of a topic; None if no filter fits it.
        self.of = lru_cache(maxsize=_KEPT_TOPICS)(self._of)

    def _of(self, topic: str) -> Dialect | None:
        return next((dialect for wanted, dialect in self._dialects if topic_matches_sub(wanted, topic)), None)


def is_echo(topic: str) -> bool:
    """Whether a message is a mark of our own."""
    return topic.startswith(ECHO)


def _filter(written: str) -> str:
    """The filter itself, without `$share/{group}/` before it."""
    levels = written.split("/")
    if levels[0] == "$share":
        levels = levels[2:]
    whole = all(level in {"+", "#"} or not {"+", "#"} & set(level) for level in levels)
    if not whole or "#" in levels[:-1] or not any(levels) or "\x00" in written:
        raise SettingError(f"UNBROKEN_DIALECTS has the topic filter {written!r}; write one such as coldchain/v1/#")
    return "/".join(levels)


def _dialect(written: str, name: str) -> Dialect:
    if name not in DIALECTS:
        raise SettingError(f"UNBROKEN_DIALECTS has {name!r} for {written!r}; the dialects are {', '.join(DIALECTS)}")
    return DIALECTS[name]


#: Our own topics alone.
OURS = Routes(DEFAULT_TABLE)
