"""Listeners to the stream of hints."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx

Hint = dict[str, Any]


class Listening:
    """What one listener has heard so far."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.heard: queue.Queue[Hint] = queue.Queue()
        self.ended = threading.Event()

    def read(self) -> None:
        """Until the stream ends."""
        event: dict[str, str] = {}
        try:
            for line in self.answer.iter_lines():
                name, _, value = line.partition(": ")
                if line:
                    event[name] = value
                elif "data" in event:
                    told = json.loads(event["data"])
                    assert event["id"] == str(told["number"])
                    assert event["event"] == ("ping" if told["kind"] == "ping" else "hint")
                    self.heard.put(told)
                    event = {}
        except httpx.HTTPError:
            pass
        self.ended.set()

    def next(self, within_s: float = 15) -> Hint:
        """What comes next."""
        return self.heard.get(timeout=within_s)

    def until(self, kind: str, of: str | None, within_s: float = 15) -> list[Hint]:
        """All that comes before a hint, and it."""
        told = [self.next(within_s)]
        while (told[-1]["kind"], told[-1]["id"]) != (kind, of):
            told.append(self.next(within_s))
        return told


@contextmanager
def listening(api: httpx.Client, **headers: str) -> Iterator[Listening]:
    """Meanwhile one listens, and has heard that the stream is there."""
    with (
        httpx.Client(base_url=api.base_url, headers={**api.headers, **headers}, timeout=30) as client,
        client.stream("GET", "/v1/events") as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        listener = Listening(answer)
        reader = threading.Thread(target=listener.read, daemon=True)
        reader.start()
        try:
            assert listener.next()["kind"] == "ping"
            yield listener
        finally:
            # What is read in another thread is closed from under it, unless it has ended.
            with suppress(OSError):
                answer.extensions["network_stream"].get_extra_info("socket").shutdown(2)
            reader.join(10)
