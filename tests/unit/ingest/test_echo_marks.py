"""When a message may be taken for news."""

from ingest.echo_marks import ECHO, LIVE_WITHIN_S, MARK_EVERY_S, EchoMarks


def test_nothing_is_live_before_a_mark_has_come_back() -> None:
    """After a restart the broker first hands out what had waited."""
    liveness = EchoMarks("ingest")
    mark = liveness.mark(100.0)
    assert mark is not None
    assert not liveness.is_live(100.1)
    liveness.hear(mark)
    assert liveness.is_live(100.2)


def test_a_mark_that_had_waited_makes_nothing_live() -> None:
    """While our window was full, the mark waited with all that came after it."""
    liveness = EchoMarks("ingest")
    mark = liveness.mark(100.0)
    assert mark is not None
    liveness.hear(mark)
    assert liveness.is_live(100.0 + LIVE_WITHIN_S)
    assert not liveness.is_live(100.1 + LIVE_WITHIN_S)
    liveness.hear(mark)
    assert not liveness.is_live(100.1 + LIVE_WITHIN_S)


def test_marks_are_sent_at_even_steps() -> None:
    """Often enough that one may be lost or late."""
    liveness = EchoMarks("ingest")
    sent = [liveness.mark(second / 10) is not None for second in range(100)]
    assert sent.count(True) == 10 / MARK_EVERY_S
    assert LIVE_WITHIN_S > 3 * MARK_EVERY_S


def test_another_process_s_mark_says_nothing() -> None:
    """One of an earlier process may still wait at the broker; its clock was another."""
    earlier, liveness = EchoMarks("ingest"), EchoMarks("ingest")
    mark = earlier.mark(100.0)
    assert mark is not None
    for heard in (mark, b"", b"\xff", b"100.0"):
        liveness.hear(heard)
    assert not liveness.is_live(100.0)


def test_a_client_id_may_hold_anything() -> None:
    """A wildcard in a topic would hear other processes' marks."""
    assert EchoMarks("a/+/#").topic == f"{ECHO}a%2F%2B%2F%23"
