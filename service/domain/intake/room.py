"""How much of what was refused is kept: bounded in all, and of each logger, so that one cannot use up all the room."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

#: Of all the messages that may be kept, one logger's share.
_SHARE = 10


@dataclass(frozen=True, slots=True)
class Room:
    """Messages, and bytes of all that is kept of them."""

    messages: int
    bytes: int


class Kept(IntEnum):
    """What is kept of a message: it is only counted, all but its payload, or all of it."""

    COUNTED = 0
    WITHOUT_PAYLOAD = 1
    WHOLE = 2


def keeping(messages: Sequence[tuple[str, int, int]], held: Room, held_of: Mapping[str, int], most: Room) -> list[Kept]:
    """What is to be kept of each of these messages, in their order.

    Args:
        messages: of each its logger, the bytes of its payload, and those of all beside it.
        held, held_of: what is kept already, in all and messages of each logger.
    """
    count, size = held.messages, held.bytes
    share = dict(held_of)
    kept = []
    for logger_id, payload_bytes, other_bytes in messages:
        of_logger = share.get(logger_id, 0)
        if count >= most.messages or of_logger >= max(1, most.messages // _SHARE):
            kept.append(Kept.COUNTED)
            continue
        whole = size + payload_bytes + other_bytes <= most.bytes
        count, share[logger_id] = count + 1, of_logger + 1
        size += other_bytes + (payload_bytes if whole else 0)
        kept.append(Kept.WHOLE if whole else Kept.WITHOUT_PAYLOAD)
    return kept
