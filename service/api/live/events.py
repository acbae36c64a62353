"""The stream of hints: server-sent events (WHATWG HTML, 9.2)."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from service.api.callers import identified
from service.api.live.hearing import Hearing, Listener
from service.api.permitted import TheAccess
from service.auth.access import Access, access_to
from service.domain.hints import ALL
from service.errors import ForbiddenError, NotIdentifiedError
from service.store.pool import DatabaseAwayError

router = APIRouter(tags=["live"])

#: So often at least something is said, so that a silent network is told from a quiet day.
PING_S = 10.0
#: So often it is asked whether the listener is still who they were.
_WHO_S = 30.0
#: What comes within this time is told together.
_TOGETHER_S = 0.1
#: A browser whose stream was cut comes again so soon.
_AGAIN_MS = 2_000
#: Whoever reads nothing for so long is not there.
_READS_WITHIN_S = 30.0

_NUMBER = re.compile("[0-9]{1,16}")
_AFTER = Query(ge=0, le=2**53, description="The number of the last hint that was heard.")


@router.get(
    "/v1/events",
    response_class=EventSourceResponse,
    responses={
        200: {"description": "Hints, without end.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    },
)
async def get_events(
    request: Request,
    access: TheAccess,
    after: Annotated[int | None, _AFTER] = None,
    last_event_id: Annotated[str, Header()] = "",
) -> Response:
    """Be told what has changed, as it changes: the kind and id of a thing, and a number that grows; not what is so now.

    The data of each event is a JSON object: `{"kind": "lot", "id": "mx-1041", "number": 1733011200123}`.
    `event: hint` tells of a change of a `lot`, `container`, `alert`, `change` to sign or `move`, or of a morning
    `check`, whose id is that of its site; without an id, of any of that kind; of kind `all`, of anything.
    `event: ping` says every ten seconds that the stream is there. Whoever comes back with the number of the last event
    they heard (`Last-Event-ID`, or `after`), and may have missed something, is told `all`. Nothing rests on a hint: ask
    now and then in any case.
    """
    if request.scope.get("asked_by_head"):
        return Response(media_type="text/event-stream")
    hearing: Hearing = request.app.state.hints
    heard = int(last_event_id) if _NUMBER.fullmatch(last_event_id) else after
    return EventSourceResponse(_events(request, hearing, access, heard), ping=0, send_timeout=_READS_WITHIN_S)


async def _events(
    request: Request, hearing: Hearing, access: Access, heard: int | None
) -> AsyncIterator[ServerSentEvent]:
    listener = await hearing.join(access.acts)
    try:
        number = hearing.number(listener.sites)
        if heard is not None and heard != number:
            listener.waiting.add([ALL], number)
        yield _event("ping", "ping", None, number, retry=_AGAIN_MS)
        asked_s = time.monotonic()
        while not hearing.over:
            for hint, number in listener.waiting.take():
                yield _event("hint", hint.kind, hint.id, number)
            await asyncio.sleep(_TOGETHER_S)
            if not await _woken(listener):
                yield _event("ping", "ping", None, hearing.number(listener.sites))
            if time.monotonic() - asked_s >= _WHO_S:
                asked_s = time.monotonic()
                now = await run_in_threadpool(_access_now, request, access)
                if now is None:
                    return
                hearing.move(listener, now.acts)
    finally:
        hearing.leave(listener)


async def _woken(listener: Listener) -> bool:
    try:
        await asyncio.wait_for(listener.woken.wait(), PING_S)
    except TimeoutError:
        return False
    listener.woken.clear()
    return True


def _access_now(request: Request, access: Access) -> Access | None:
    """What they may hear of from now on; None: nothing, for they are logged out, or their key counts no more."""
    try:
        caller = identified(request, None)
        return None if caller is None else access_to(caller, access.permission)
    except (NotIdentifiedError, ForbiddenError):
        return None
    except DatabaseAwayError:
        # Then nothing is told, either.
        return access


def _event(name: str, kind: str, of: str | None, number: int, retry: int | None = None) -> ServerSentEvent:
    told = json.dumps({"kind": kind, "id": of, "number": number})
    return ServerSentEvent(told, event=name, id=str(number), retry=retry, sep="\n")
