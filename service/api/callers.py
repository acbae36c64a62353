"""Who calls the API."""

from typing import Annotated

from fastapi import Depends

from service.domain.identity.actor import Actor, part
from service.domain.identity.caller import Caller, Grant, Role

#: Until there are accounts, whoever reaches the API may do everything, and it acts as the API itself.
_ANYBODY = Caller(part("api"), tuple(Grant(role, None) for role in Role))


async def _caller() -> Caller:
    return _ANYBODY


TheCaller = Annotated[Caller, Depends(_caller)]


async def _actor(caller: TheCaller) -> Actor:
    return caller.actor


#: In whose name a route records what it records.
TheActor = Annotated[Actor, Depends(_actor)]
