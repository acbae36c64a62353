"""An application served for real, on a free port, and called by the key of the tests."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from service.api.app import LARGEST_HEAD_BYTES
from tests.keyed import HEADERS


@contextmanager
def served(application: FastAPI) -> Iterator[httpx.Client]:
    """Meanwhile, a client of the application."""
    server = _Server(
        application,
        uvicorn.Config(application, port=0, log_config=None, h11_max_incomplete_event_size=LARGEST_HEAD_BYTES),
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    server.ready.wait()
    assert server.started, "the HTTP service did not start"
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=30) as client:
            yield client
    finally:
        server.end()
        thread.join()


class _Server(uvicorn.Server):
    """Uvicorn's, which begins and ends at once; by itself it looks ten times a second whether it should end."""

    def __init__(self, application: FastAPI, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._application = application
        #: It answers, or will never.
        self.ready = threading.Event()
        self._ending = asyncio.Event()

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until `end`."""
        try:
            super().run(sockets)
        finally:
            self.ready.set()

    def end(self) -> None:
        """Answer what was asked, and no more."""
        self._loop.call_soon_threadsafe(self._ending.set)

    async def main_loop(self) -> None:
        """Wait for the end."""
        self._loop = asyncio.get_running_loop()
        await self.on_tick(0)
        self.ready.set()
        await self._ending.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let every answer be finished, then the application end."""
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        self._application.state.hints.end()
        while self.server_state.connections or self.server_state.tasks:
            await asyncio.sleep(0.002)
        await self.lifespan.shutdown()
