"""Messages that could not be taken: to be read, mended and driven again."""

from base64 import b64encode
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from service.acts.redrive import DialectOf, Mend, redrive, redrive_many
from service.api.callers import TheActor
from service.api.database import Database, TheSettings
from service.api.paging import Page, Paging, page
from service.api.permitted import TheSites
from service.api.schemas.fields import LARGEST_ID, Text
from service.api.schemas.intake import rejected as schemas
from service.store.intake.rejected import Redrive, redrive_of, rejected_message, rejected_messages
from service.store.paging import NEWEST_FIRST

router = APIRouter(prefix="/v1/rejected-messages", tags=["rejected messages"])

MessageId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def _dialect_of(request: Request) -> DialectOf:
    found: DialectOf = request.app.state.dialect_of
    return found


TheDialectOf = Annotated[DialectOf, Depends(_dialect_of)]


@router.get("")
def list_rejected_messages(
    connection: Database,
    asked: Paging,
    seen_at: TheSites,
    code: Annotated[Text | None, Query(description="Only those rejected for this reason.")] = None,
    topic: Annotated[schemas.Topic | None, Query(description="Only those whose topic begins so.")] = None,
    state: Annotated[schemas.State | None, Query(description="Only those redriven since, or not.")] = None,
) -> Page[schemas.RejectedMessage]:
    """Messages that could not be taken, the newest first."""
    found = rejected_messages(
        connection, code=code, topic=topic, state=state, part=asked.part(NEWEST_FIRST), seen_at=seen_at
    )
    return page(asked, NEWEST_FIRST, found, schemas.RejectedMessage.model_validate)


@router.get("/{message_id}")
def get_rejected_message(message_id: MessageId, connection: Database) -> schemas.RejectedMessageWithPayload:
    """One rejected message with its payload, and how it was redriven if it was."""
    message = rejected_message(connection, message_id)
    redriven = redrive_of(connection, message_id)
    text, other = _text_or_base64(message.payload)
    return schemas.RejectedMessageWithPayload(
        **schemas.RejectedMessage.model_validate(message).model_dump(),
        payload=text,
        payload_base64=other,
        redrive=None if redriven is None else _redrive(redriven),
    )


@router.post("/redrive")
def redrive_messages(
    chosen: schemas.RedriveManyIn,
    connection: Database,
    actor: TheActor,
    settings: TheSettings,
    dialect_of: TheDialectOf,
) -> schemas.RedrivenMany:
    """Take many messages once more as they stand, the oldest first, up to 500 at a time: after a setting was mended."""
    done = redrive_many(
        connection,
        actor,
        dialect_of,
        settings.clock(),
        code=chosen.code,
        topic=chosen.topic,
        reason=chosen.reason,
        after_id=chosen.after_id,
        room_bytes=settings.documents_cap_bytes,
    )
    return schemas.RedrivenMany(
        redriven=done.redriven,
        readings=done.readings,
        rejected=dict(done.rejected),
        not_kept=done.not_kept,
        next_after_id=done.next_after_id,
    )


@router.post("/{message_id}/redrive")
def redrive_message(
    message_id: MessageId,
    mend: schemas.RedriveIn,
    connection: Database,
    actor: TheActor,
    settings: TheSettings,
    dialect_of: TheDialectOf,
) -> schemas.Redriven:
    """Take a message once more, mended or as it stands: all of it or nothing, judged as of its first arrival."""
    payload = None if mend.payload is None else mend.payload.encode()
    whole = Mend(payload, mend.topic, mend.reason, settings.documents_cap_bytes)
    stored = redrive(connection, actor, message_id, whole, dialect_of, settings.clock())
    return schemas.Redriven(stored=stored.new, known=stored.known, conflicting=stored.conflicting)


def _text_or_base64(payload: bytes | None) -> tuple[str | None, str | None]:
    if payload is None:
        return None, None
    try:
        return payload.decode(), None
    except UnicodeDecodeError:
        return None, b64encode(payload).decode()


def _redrive(redriven: Redrive) -> schemas.Redrive:
    return schemas.Redrive(
        redriven_at=redriven.redriven_at,
        reason=redriven.reason,
        recorded_by=redriven.recorded_by,
        topic=redriven.topic,
        # Whoever mends, over HTTP or from a file, may have used another encoding than UTF-8.
        payload=None if redriven.payload is None else redriven.payload.decode(errors="backslashreplace"),
        stored=redriven.stored,
        known=redriven.known,
        conflicting=redriven.conflicting,
    )
