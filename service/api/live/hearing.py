"""From the database's notifications to everybody who listens: one connection, one thread, one set a listener."""

import asyncio
import threading
import time
from collections import defaultdict
from collections.abc import Collection, Mapping

import structlog

from service.domain.hints import ALL, Hint, Waiting, hints_in
from service.domain.identity.caller import Sites
from service.store.hints import heard, listen, seen_of
from service.store.pool import Connection, DatabaseAwayError, OtherSchemaError, Pool, connect, cut

log = structlog.get_logger()

#: What comes within this time is told together.
_TOGETHER_S = 0.03
#: Those who left so long ago are forgotten.
_AWAY_S = 300.0
#: The connection is asked for again so long after it was lost.
_AGAIN_S = 1.0
#: Whoever comes first waits so long at most until the database is listened to.
_BEGUN_WITHIN_S = 5.0


class Listener:
    """One who is told. Only the event loop touches it.

    Attributes:
        sites: where they may see what is told; None: everywhere.
        waiting: what is to be told.
        woken: set when there is something, or when it is over.
    """

    def __init__(self, sites: Sites) -> None:
        self.sites = sites
        self.waiting = Waiting()
        self.woken = asyncio.Event()


class _Audience:
    """All who may see the same. What others see changes nothing for them, not even a number.

    Attributes:
        number: of the latest hint. It grows, also over a restart: it begins at the time, in milliseconds.
        left_s: when the last of them left.
    """

    def __init__(self) -> None:
        self.number = time.time_ns() // 1_000_000
        self.listeners: set[Listener] = set()
        self.left_s = time.monotonic()

    def tell(self, hints: Collection[Hint]) -> None:
        self.number += 1
        for listener in self.listeners:
            listener.waiting.add(hints, self.number)
            listener.woken.set()


class Hearing:
    """Hears of changes from the first listener on, and tells each listener of what they may see.

    Attributes:
        over: no more is told.
    """

    def __init__(self, database_url: str, pool: Pool) -> None:
        self.over = False
        self._database_url = database_url
        self._pool = pool
        self._audiences: dict[Sites, _Audience] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._connection: Connection | None = None
        self._begun = asyncio.Event()
        self._closed = threading.Event()

    def number(self, sites: Sites) -> int:
        """Of the latest hint that was told to those who see these sites; 0: nobody listens for them."""
        audience = self._audiences.get(sites)
        return 0 if audience is None else audience.number

    async def join(self, sites: Sites) -> Listener:
        """Be told from now on."""
        self._audiences.setdefault(sites, _Audience())
        if self._thread is None:
            self._loop = asyncio.get_running_loop()
            self._thread = threading.Thread(target=self._hear, name="hints", daemon=True)
            self._thread.start()
        if not self._begun.is_set():
            try:
                await asyncio.wait_for(self._begun.wait(), _BEGUN_WITHIN_S)
            except TimeoutError:
                log.warning("the database is not listened to yet; what changes is told as soon as it is")
        listener = Listener(sites)
        self._audiences.setdefault(sites, _Audience()).listeners.add(listener)
        return listener

    def move(self, listener: Listener, sites: Sites) -> None:
        """Be told of what may be seen at these sites from now on."""
        if listener.sites != sites:
            self.leave(listener)
            listener.sites = sites
            audience = self._audiences.setdefault(sites, _Audience())
            audience.listeners.add(listener)
            listener.waiting.add([ALL], audience.number)

    def leave(self, listener: Listener) -> None:
        """Be told no more."""
        audience = self._audiences[listener.sites]
        audience.listeners.discard(listener)
        audience.left_s = time.monotonic()

    def end(self) -> None:
        """Every listener's stream ends: the service stops. In the event loop."""
        self.over = True
        for audience in self._audiences.values():
            for listener in audience.listeners:
                listener.woken.set()

    def close(self) -> None:
        """Hear no more."""
        self._closed.set()
        if self._thread is not None:
            if self._connection is not None:
                cut(self._connection)
            self._thread.join()

    def _hear(self) -> None:
        while not self._closed.is_set():
            try:
                with connect(self._database_url, application="api hints") as connection:
                    self._connection = connection
                    listen(connection)
                    # Nobody knows what changed while nobody listened.
                    self._tell_all()
                    while not self._closed.is_set():
                        self._tell(heard(connection, within_s=60))
                        self._closed.wait(_TOGETHER_S)
            except (*DatabaseAwayError, *OtherSchemaError) as error:
                if not self._closed.is_set():
                    log.warning("no hints of changes", error=str(error).strip())
            except Exception:
                log.exception("hints of changes could not be told")
            self._connection = None
            self._closed.wait(_AGAIN_S)

    def _tell_all(self) -> None:
        self._deliver({})

    def _tell(self, told: Collection[str]) -> None:
        hints = {hint for words in told for hint in hints_in(words)}
        if hints:
            self._deliver({sites: self._heard_at(hints, sites) for sites in tuple(self._audiences)})

    def _heard_at(self, hints: Collection[Hint], sites: Sites) -> Collection[Hint]:
        """Those of things that may be seen at these sites, and those that name none."""
        if sites is None:
            return hints
        by_kind: defaultdict[str, set[str]] = defaultdict(set)
        for hint in hints:
            if hint.id is not None:
                by_kind[hint.kind].add(hint.id)
        with self._pool.connection() as connection:
            seen = {kind: seen_of(connection, kind, ids, sites) for kind, ids in by_kind.items()}
        return [hint for hint in hints if hint.id is None or hint.id in seen[hint.kind]]

    def _deliver(self, by_sites: Mapping[Sites, Collection[Hint]]) -> None:
        assert self._loop is not None  # noqa: S101  set before the thread began
        try:
            self._loop.call_soon_threadsafe(self._deliver_here, by_sites)
        except RuntimeError:
            # The loop has ended, and with it all listeners.
            self._closed.set()

    def _deliver_here(self, by_sites: Mapping[Sites, Collection[Hint]]) -> None:
        self._begun.set()
        for sites, audience in tuple(self._audiences.items()):
            # Of those who came meanwhile it was not asked what they may see.
            if hints := by_sites.get(sites, [ALL]):
                audience.tell(hints)
            # Whoever goes from page to page is away for a moment.
            if not audience.listeners and time.monotonic() - audience.left_s > _AWAY_S:
                del self._audiences[sites]
