"""No single message stops ingest: whatever defeats the database, the readings of all other loggers are stored."""

import random
import string
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from ingest.set_aside import SetAsideFolder
from service.local.broker import Broker
from service.store.pool import Connection
from tests.eventually import eventually
from tests.ingest_process import Site, reading


@pytest.fixture
def site(broker: Broker, database_url: str, tmp_path: Path) -> Site:
    return Site(broker.url, database_url, tmp_path)


def stored(connection: Connection) -> list[float]:
    rows = connection.execute("SELECT temperature_c FROM readings ORDER BY measured_at").fetchall()
    return [row["temperature_c"] for row in rows]


def rejected(connection: Connection) -> list[dict[str, Any]]:
    return connection.execute("SELECT topic, code, payload, explanation FROM rejected_messages ORDER BY id").fetchall()


def long_level(letters: int) -> str:
    """No compression makes it short enough for an index."""
    return "".join(random.Random(letters).choices(string.ascii_letters + string.digits, k=letters))


@pytest.mark.parametrize(
    "topic", [f"f1/{long_level(3_000)}", f"{long_level(60_000)}/readings", "/".join([long_level(300)] * 190)]
)
def test_a_topic_too_long_for_an_index_stops_nobody(site: Site, connection: Connection, topic: str) -> None:
    """Every logger may write to topics as long as it likes; the freezers behind it are heard all the same."""
    with site.ingesting():
        site.publish(("f1/readings", reading(0)), (topic, reading(1)), ("f2/readings", reading(2)))
        eventually(lambda: len(stored(connection)) == 2, 30, "the others are stored")
        [message] = rejected(connection)
        assert message["code"] == "topic_unknown"
        assert len(message["topic"]) <= 1_000
        assert bytes(message["payload"]) == reading(1)


#: What a database may say of one value, without naming it: also what nobody ever heard.
_SAID = ["P0001", "UB042", "54000", "42501", "23505"]


def refusing(connection: Connection, table: str, when: str, state: str) -> None:
    """From now on the database refuses some rows of a table in its own words."""
    connection.execute(
        f"CREATE FUNCTION refuse_{table}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF {when} THEN "
        f"RAISE EXCEPTION 'not this one' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$"
    )
    connection.execute(f"CREATE TRIGGER refuse BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_{table}()")


@pytest.mark.parametrize("state", _SAID)
def test_what_the_database_refuses_in_any_words_stops_nobody(site: Site, connection: Connection, state: str) -> None:
    """A reading that is refused for itself is kept to be mended, whatever the refusal is called; the rest is stored."""
    refusing(connection, "readings", "NEW.temperature_c = 77", state)
    with site.ingesting():
        site.publish(*((f"f{n % 3}/readings", reading(n, 77 if n == 5 else -80)) for n in range(12)))
        eventually(lambda: len(stored(connection)) == 11 and rejected(connection), 60, "all others are stored")
        [message] = rejected(connection)
        assert (message["code"], bytes(message["payload"])) == ("cannot_store", reading(5, 77))
        assert "not this one" in message["explanation"]


@pytest.mark.parametrize("when", ["NEW.payload_size = 11", "true"])
def test_what_cannot_even_be_rejected_is_set_aside_in_a_file(site: Site, connection: Connection, when: str) -> None:
    """Its bytes, its topic and why are on the disk; the freezers behind it are heard, and it does not come again."""
    refusing(connection, "rejected_messages", when, "UB042")
    with site.ingesting():
        site.publish(("f1/readings", b"\xff no \n json"), *((f"f{n}/readings", reading(n)) for n in range(5)))
        eventually(lambda: len(stored(connection)) == 5, 30, "the others are stored")
    [kept] = SetAsideFolder(site.folder).messages()
    assert (kept.topic, kept.payload) == (f"coldchain/v1/{site.name}/f1/readings", b"\xff no \n json")
    assert "not_json" in kept.reason or "not this one" in kept.reason
    with site.ingesting():
        site.publish(("f1/readings", reading(9)))
        eventually(lambda: len(stored(connection)) == 6, 30, "it is not delivered again")
    assert len(SetAsideFolder(site.folder).messages()) == 1


def test_without_room_for_more_files_the_rest_goes_on(site: Site, connection: Connection) -> None:
    """The last resort is bounded: what is more than it holds is counted and told, and stops nobody."""
    refusing(connection, "rejected_messages", "true", "UB042")
    with site.ingesting(set_aside_cap_bytes="8192"):
        site.publish(*(("f1/readings", b"no json %d" % n) for n in range(6)), ("f2/readings", reading(0)))
        eventually(lambda: len(stored(connection)) == 1, 30, "the other is stored")
    assert len(SetAsideFolder(site.folder).messages()) == 2
    assert site.said("the folder is full") == 4


def test_without_a_folder_that_can_be_written_the_rest_goes_on(site: Site, connection: Connection) -> None:
    """A full disk beside one bad message is no reason to hear of no freezer any more; its bytes are in the log."""
    refusing(connection, "rejected_messages", "true", "UB042")
    site.folder.parent.mkdir(exist_ok=True)
    site.folder.write_text("where the folder was to be")
    with site.ingesting():
        site.publish(("f1/readings", b"no json"), ("f2/readings", reading(0)))
        eventually(lambda: len(stored(connection)) == 1, 30, "the other is stored")
    assert site.said("the folder cannot be written") == 1
    assert site.said(b64encode(b"no json").decode()) == 1


@pytest.mark.long
def test_a_logger_that_sends_what_is_refused_again_and_again_holds_up_nobody(
    site: Site, connection: Connection
) -> None:
    """The first such message may be the database's bad moment; ten more of them are the logger's."""
    refusing(connection, "readings", "NEW.temperature_c = 77", "57014")
    with site.ingesting():
        site.publish(*((f"f{n % 2}/readings", reading(n, 77 if n % 2 else -80)) for n in range(20)))
        eventually(lambda: (len(stored(connection)), len(rejected(connection))) == (10, 10), 60, "all have their place")


#: Whatever a logger may send that somebody thought of to break a database with.
_STRANGE = [
    b'{"measured_at": 1767225600000, "temperature_c": -80, "probe": "\\u0000"}',
    b'{"measured_at": 1767225600000, "temperature_c": -80, "probe": "\\ud800"}',
    b'{"measured_at": 1767225600000, "temperature_c": -80, "probe": "' + b"p" * 1_000_000 + b'"}',
    b'{"measured_at": ' + b"9" * 5_000 + b', "temperature_c": -80}',
    b'{"measured_at": "294277-01-01T00:00:00Z", "temperature_c": -80}',
    b'{"measured_at": 1767225600000, "temperature_c": -80, "humidity_pct": 1e300, "battery_v": -1e300}',
    b'{"measured_at": 1767225600000, "temperature_c": -80, "seq": 18446744073709551616}',
    b'{"measured_at": 1767225600000, "temperature_c": ' + b"9" * 5_000 + b"}",
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b"[" * 500_000 + b"]" * 500_000,
    b"\x00",
    b"\xed\xa0\x80",
]


def test_strange_content_stops_nobody(site: Site, connection: Connection) -> None:
    """Zero bytes, half characters, endless numbers and depths are kept with their reason; the rest is stored."""
    with site.ingesting():
        for number, payload in enumerate(_STRANGE):
            site.publish(("f1/readings", payload), ("f1/status", payload), (f"f2/{number}", payload))
            site.publish(("f2/readings", reading(number)))
        eventually(lambda: len(stored(connection)) == len(_STRANGE), 30, "the others are stored")
        assert len(rejected(connection)) == 3 * len(_STRANGE)
