"""Who calls the API."""

from typing import Annotated

from fastapi import Depends

from service.domain.identity.actor import Actor, part
from service.domain.identity.caller import Caller, Grant, Role
from service.errors import NotIdentifiedError

#: Until there are accounts, whoever reaches the API may do everything, and it acts as the API itself.
_ANYBODY = Caller(part("api"), tuple(Grant(role, None) for role in Role))


async def identified() -> Caller | None:
    """Whoever a request comes from; None: nobody we know."""
    return _ANYBODY


#: For what anybody may use.
AnyCaller = Annotated[Caller | None, Depends(identified)]


async def _caller(caller: AnyCaller) -> Caller:
    if caller is None:
        raise NotIdentifiedError("nobody knows who asks: send an API key as `Authorization: Bearer …`, or log in")
    return caller


TheCaller = Annotated[Caller, Depends(_caller)]


async def _actor(caller: TheCaller) -> Actor:
    return caller.actor


#: In whose name a route records what it records.
TheActor = Annotated[Actor, Depends(_actor)]
