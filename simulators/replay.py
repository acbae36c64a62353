"""Readings somebody else prepared, published with their own times: a file from a real logger, a test's own."""

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from time import monotonic, sleep

from simulators.link import Broker, Link, LinkLostError, LinkRefusedError
from simulators.publisher import encode, topic_of

_WINDOW = 16
_RETRY_S = 0.3


class ReplayError(Exception):
    """Not everything was acknowledged; the message says how much was."""


def replay(
    mqtt_url: str,
    site: str,
    logger_id: str,
    readings: Iterable[Mapping[str, object]],
    per_message: int = 1,
    *,
    timeout_s: float = 30.0,
) -> int:
    """Publish `readings` in the order given and return how many, once the broker has acknowledged them all.

    A lost connection is mended and the unacknowledged sent again, so each arrives at least once.

    Args:
        readings: each with `measured_at` and `temperature_c`, and what else the wire contract allows.
        per_message: 1 sends single objects, more sends `{"readings": [...]}` of at most so many.
        timeout_s: how long to go on without any progress.

    Raises:
        ReplayError: no progress for `timeout_s`, or the broker refuses.
        ValueError: `per_message` is below 1, or the address is none.
    """
    if per_message < 1:
        raise ValueError(f"per_message must be at least 1, not {per_message}")
    broker = Broker.from_url(mqtt_url)
    topic = topic_of(site, logger_id)
    batches = _batches(readings, per_message)
    unacknowledged: list[list[Mapping[str, object]]] = []
    acknowledged = 0
    progress_at = monotonic()
    while True:
        # A client id of its own: with the logger's, the broker would throw out the logger if it is connected.
        link = Link(broker, client_id=f"{logger_id}-replay-{uuid.uuid4().hex[:8]}", logger_id=logger_id)
        try:
            link.open()
            for batch in unacknowledged:
                link.send(topic, encode(batch))
            while True:
                for batch in islice(batches, _WINDOW - link.in_flight):
                    unacknowledged.append(batch)
                    link.send(topic, encode(batch))
                if not unacknowledged:
                    return acknowledged
                done = link.service(0.1)
                acknowledged += sum(len(batch) for batch in unacknowledged[:done])
                del unacknowledged[:done]
                if done:
                    progress_at = monotonic()
                elif monotonic() - progress_at > timeout_s:
                    raise LinkLostError(f"no acknowledgement for {timeout_s:g} s")
        except LinkLostError as problem:
            if isinstance(problem, LinkRefusedError) or monotonic() - progress_at > timeout_s:
                raise ReplayError(f"{logger_id}: {acknowledged} readings acknowledged, then {problem}") from problem
            sleep(_RETRY_S)
        finally:
            link.close()


def _batches(readings: Iterable[Mapping[str, object]], per_message: int) -> Iterator[list[Mapping[str, object]]]:
    remaining = iter(readings)
    while batch := list(islice(remaining, per_message)):
        # Encoded here once, so that a reading that is no JSON fails before the broker is troubled with it.
        json.dumps(batch, allow_nan=False)
        yield batch
