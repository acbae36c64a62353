"""How often somebody who does not answer is tried."""

from alerts.delivery.backoff import BackOff


def test_a_webhook_that_is_away_is_tried_ever_more_rarely_and_at_least_once_a_minute() -> None:
    """A freezer keeps warming while a webhook is away: a minute is the longest it is left alone."""
    pause, pauses = BackOff(), []
    for _ in range(9):
        pause.failed()
        pauses.append(pause.pause_s)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_a_webhook_that_came_back_is_trusted_at_once() -> None:
    """The next warm freezer is told without delay."""
    pause = BackOff()
    pause.failed()
    pause.succeeded()
    assert pause.pause_s == 0
    pause.failed()
    assert pause.pause_s == 1
