"""A network that can be stalled, slowed, cut and mended."""

import contextlib
import socket
import threading
import time

from tests.ports import free_port

HOST = "127.0.0.1"


class Proxy:
    """The network between a client and one port of this machine."""

    def __init__(self, port: int) -> None:
        self.to = port
        self._flowing = _flow()
        self._stalled: list[threading.Event] = []
        self._reachable = True
        self._pause_s = 0.0
        self._sockets: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener = socket.create_server((HOST, free_port()))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def stall(self) -> None:
        """The connections there are swallow everything from now on, and look alive on both sides; new ones work."""
        self._flowing.clear()
        self._stalled.append(self._flowing)
        self._flowing = _flow()

    def slow(self, pause_s: float) -> None:
        """Everything goes through, each piece so much later."""
        self._pause_s = pause_s

    def cut(self) -> None:
        """Every connection is reset, and no new one comes about."""
        self._reachable = False
        self.reset()

    def reset(self) -> None:
        """Every connection is reset; new ones come about."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        for one in sockets:
            _reset(one)
        for flowing in self._stalled:
            flowing.set()
        self._stalled.clear()

    def mend(self) -> None:
        """New connections come about, and nothing is slow."""
        self._pause_s = 0.0
        self._reachable = True

    def close(self) -> None:
        """End it."""
        self._reachable = False
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.reset()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection((HOST, self.to)) if self._reachable else None
            except OSError:
                far = None
            if far is None:
                _reset(near)
                continue
            for one in (near, far):
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # From here on a reset may close them at any moment.
            with self._lock:
                self._sockets |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=[source, target, self._flowing], daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, flowing: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := source.recv(1 << 16):
                flowing.wait()
                if self._pause_s:
                    time.sleep(self._pause_s)
                target.sendall(piece)
        # An orderly end on one side is one on the other; the rest of the pair follows by itself.
        with contextlib.suppress(OSError):
            flowing.wait()
            target.shutdown(socket.SHUT_RDWR)


def _flow() -> threading.Event:
    flowing = threading.Event()
    flowing.set()
    return flowing


def _reset(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        # Wakes a thread that waits in recv; closing alone does not.
        one.shutdown(socket.SHUT_RD)
    one.close()
