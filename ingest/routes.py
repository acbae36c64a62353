"""Which dialect a topic is spoken in: the operator's table of topic filters."""

from collections.abc import Mapping
from functools import lru_cache

from paho.mqtt.client import topic_matches_sub

from ingest.echo_marks import ECHO
from service.errors import SettingError
from service.formats.dialect import Dialect
from service.formats.dialects import DEFAULT_TABLE, DIALECTS, WITH_THEIR_OWN_TIME
from service.formats.senders import sender

_KEPT_TOPICS = 1 << 16
#: Letters of a topic. MQTT allows 65,535 bytes; no dialect has a site and a device that fill this.
LONGEST_TOPIC = 1_000


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
        for written, name in table.items():
            _refuse_unknown(written, name)
        self._names = [(_filter(written), name) for written, name in table.items()]
        self._name_of = lru_cache(maxsize=_KEPT_TOPICS)(self._first_that_fits)
        self._sender_of = lru_cache(maxsize=_KEPT_TOPICS)(self._named_by)

    def of(self, topic: str) -> Dialect | None:
        """The decoder of a topic; None if no filter fits it, or it is longer than any topic of ours."""
        name = self._name_of(topic) if len(topic) <= LONGEST_TOPIC else None
        return None if name is None else DIALECTS[name]

    def sender_of(self, topic: str) -> str | None:
        """The logger that a topic names; None: it names none."""
        return self._sender_of(topic) if len(topic) <= LONGEST_TOPIC else None

    def _first_that_fits(self, topic: str) -> str | None:
        return next((name for wanted, name in self._names if topic_matches_sub(wanted, topic)), None)

    def _named_by(self, topic: str) -> str | None:
        name = self._name_of(topic)
        return None if name is None else sender(name, topic)


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


def _refuse_unknown(written: str, name: str) -> None:
    if name not in DIALECTS:
        raise SettingError(f"UNBROKEN_DIALECTS has {name!r} for {written!r}; the dialects are {', '.join(DIALECTS)}")


#: Our own topics alone.
OURS = Routes(DEFAULT_TABLE)
