"""The marks ingest sends itself: what others write there ends nothing and makes no old reading a new one."""

import json
from pathlib import Path

from ingest.echo_marks import LIVE_WITHIN_S, EchoMarks
from service.local.broker import Broker
from service.store.pool import Connection
from tests.eventually import eventually
from tests.ingest_process import Site


def test_nothing_written_to_the_marks_topic_ends_the_loop(
    broker: Broker, database_url: str, connection: Connection, tmp_path: Path
) -> None:
    """Who reads our marks and writes crippled ones costs no freezer a reading: the loop goes on, they are counted."""
    site = Site(broker.url, database_url, tmp_path)
    topic, heard = f"unbroken/echo/{site.name}", []
    device = f"{site.name}-zigbee/fridge"
    dialects = json.dumps({f"{site.name}-zigbee/#": "zigbee2mqtt"})
    with site.client(heard.append, topic), site.ingesting(dialects=dialects):
        eventually(lambda: heard, 30, "a mark is heard")
        mark = heard[0]
        crippled = [
            mark,
            b"",
            b"\xff",
            mark[:17],
            mark[:17] + b"x",
            mark + b"0",
            mark[:17] + b"1e999",
            b"x" * 1_000_000,
        ]
        site.publish_anywhere(*((topic, payload) for payload in crippled))
        site.publish_anywhere((topic, mark[:17] + b"nan"), retain=True)
        count = len(heard)
        eventually(lambda: len(heard) > count + 1, 30, "marks go on")
        site.publish_anywhere((device, b'{"temperature": 5}'))
        eventually(lambda: connection.execute("SELECT FROM readings").rowcount == 1, 30, "a live reading is taken")
        assert site.said("the network loop failed") == 0
        assert site.said("connected to the broker") == 1
        eventually(lambda: _foreign(connection) >= len(crippled), 30, "they are counted")
    site.publish_anywhere((topic, b""), retain=True)


def _foreign(connection: Connection) -> int:
    rows = connection.execute(
        "SELECT (counters->'passed_over'->>'foreign_mark')::int AS n FROM ingest_tallies"
    ).fetchall()
    return sum(row["n"] for row in rows)


def test_a_mark_that_somebody_made_makes_nothing_live() -> None:
    """A forged mark of tomorrow must not make yesterday's temperature today's."""
    liveness = EchoMarks("ingest")
    mark = liveness.mark(100.0)
    assert mark is not None
    for forged in (mark[:-1], mark + b" 1e18", mark.upper(), mark[:17] + b"1000000.0", b"1000000.0", b"nan", b"inf"):
        liveness.hear(forged)
        assert not liveness.is_live(100.0)
    assert liveness.not_ours == 7 - (mark.upper() == mark)


def test_a_mark_that_overtook_what_waits_makes_nothing_live() -> None:
    """One that is retained, or came without a promise of order, says nothing of what comes after it."""
    liveness = EchoMarks("ingest")
    mark = liveness.mark(100.0)
    assert mark is not None
    liveness.hear(mark, as_sent=False)
    assert not liveness.is_live(100.1)
    liveness.hear(mark)
    assert liveness.is_live(100.1)


def test_a_mark_counts_once_and_by_our_own_clock() -> None:
    """Who repeats our marks for ever does not keep old temperatures young."""
    liveness = EchoMarks("ingest")
    mark = liveness.mark(100.0)
    assert mark is not None
    liveness.hear(mark)
    for later in (105.0, 110.1, 200.0):
        liveness.hear(mark)
        assert liveness.is_live(later) == (later <= 100.0 + LIVE_WITHIN_S)


def test_a_mark_of_the_last_connection_counts_no_more() -> None:
    """After a reconnection what had waited may come in another order."""
    liveness = EchoMarks("ingest")
    mark = liveness.mark(100.0)
    assert mark is not None
    liveness.connected()
    liveness.hear(mark)
    assert not liveness.is_live(100.1)


def test_marks_that_never_come_back_are_forgotten() -> None:
    """A broker that swallows them for weeks costs no memory, and one that comes back after them counts."""
    liveness = EchoMarks("ingest")
    marks = [liveness.mark(2.0 * n) for n in range(10_000)]
    first, last = marks[0], marks[-1]
    assert first is not None
    assert last is not None
    liveness.hear(first)
    assert liveness.not_ours == 1
    liveness.hear(last)
    assert liveness.is_live(2.0 * 9_999)
