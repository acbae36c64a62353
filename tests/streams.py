"""Listeners to the stream of hints."""

import json
import queue
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx

from service.store.acting import acting
from service.store.pool import Connection
from tests.acting import TESTER
from tests.scenario import Scenario

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


def touch(connection: Connection, table: str, *ids: str, column: str = "units") -> None:
    """Somebody writes these rows again, each in an act of its own."""
    for one in ids:
        with acting(connection, TESTER):
            connection.execute(f"UPDATE {table} SET {column} = {column} WHERE id = %s", [one])  # noqa: S608  ours


def all_end_at_the_last_state(api: httpx.Client, connection: Connection, listeners: int, changes: int) -> None:
    """So many listen while there are so many changes of five lots; each has heard of the last change of each lot."""
    scenario = Scenario(connection)
    lots = [f"lot-{number}" for number in range(5)]
    for name in (*lots, "last", "end"):
        scenario.lot(name)
    with ExitStack() as stack:
        all_listening = [stack.enter_context(listening(api)) for _ in range(listeners)]
        for _ in range(changes // len(lots)):
            touch(connection, "lots", *lots)
        touch(connection, "lots", "last")
        first = [listener.until("lot", "last", within_s=60) for listener in all_listening]
        # What is told together is in no order.
        touch(connection, "lots", "end")
        heard = [
            hints + listener.until("lot", "end", within_s=60)[:-1]
            for hints, listener in zip(first, all_listening, strict=True)
        ]
    ends = [{hint["id"]: hint["number"] for hint in hints if hint["kind"] == "lot"} for hints in heard]
    assert all(one == ends[0] for one in ends)
    assert ends[0].keys() == {"last", *lots}
