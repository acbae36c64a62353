"""How often somebody who does not answer is tried."""

from alerts.backoff import BackOff


def test_a_webhook_that_is_away_is_tried_ever_more_rarely_and_at_least_once_a_minute() -> None:
    """A freezer keeps warming while a webhook is away: a minute is the longest it is left alone."""
    pause, pauses, now_s = BackOff(), [], 100.0
    for _ in range(9):
        assert pause.over(now_s)
        pause.failed(now_s)
        assert not pause.over(now_s + pause.pause_s - 0.001)
        pauses.append(pause.pause_s)
        now_s += pause.pause_s
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_webhook_that_came_back_is_trusted_at_once() -> None:
    """The next warm freezer is told without delay."""
    pause = BackOff()
    pause.failed(100.0)
    pause.succeeded()
    assert pause.over(100.0)
    pause.failed(100.0)
    assert pause.pause_s == 1
